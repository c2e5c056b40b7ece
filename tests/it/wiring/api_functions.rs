//! A process of each function behind the HTTP API.

use std::sync::Arc;

use axum::Router;
use shared::{domain::url_guard::UrlGuard, ports::push_now::PushNow, task_counter::TaskCounter};

use super::{PUBLIC_BASE_URL, STATISTICS_FLUSH, Services};

impl Services {
    /// Returns a new process of `manage-app`.
    pub fn manage_app(&self) -> Router {
        let state = manage_app::ManageApp {
            configs: self.configs(),
            app_directory: self.apps.clone(),
            counts: self.runtime.clone(),
            apps: self.apps.clone(),
            facts: self.users.clone(),
            directory: self.users.clone(),
            listed: self.users.clone(),
            listing: self.users.clone(),
            new_users: self.users.clone(),
            groups: self.groups.clone(),
            group_profiles: self.groups.clone(),
            roles: self.groups.clone(),
            memberships: self.groups.clone(),
            group_rows: self.groups.clone(),
            group_directory: self.groups.clone(),
            labels: self.labels.clone(),
            label_users: self.labels.clone(),
            join_orders: manage_app::JoinOrders::default(),
            user_erasures: self.erasures.clone(),
            erasures: self.erase_queue.clone(),
            health: self.runtime.clone(),
            claims: self.runtime.clone(),
            cipher: self.cipher.clone(),
            url_guard: UrlGuard { allow_local: true },
            callbacks: self.tell(),
            callback_queue: self.callback_queue.clone(),
            stored_callbacks: self.runtime.clone(),
            callback_removals: self.runtime.clone(),
            endpoints: self.runtime.clone(),
            tester: self.tester.clone(),
            operator_key: self.operator_key.clone(),
            signing_secret: self.signing_secret.clone(),
            public_base_url: None,
            clock: self.clock(),
            entropy: self.entropy.clone(),
        };
        manage_app::router(self.gate(&state.configs), state)
    }

    /// Returns a new process of `handle-receipt`.
    pub fn handle_receipt(&self) -> Router {
        let state = handle_receipt::HandleReceipt {
            configs: self.configs(),
            owners: self.apps.clone(),
            cipher: self.cipher.clone(),
            opened: handle_receipt::OpenedSecrets::default(),
            tokens: self.users.clone(),
            unregistered_tokens: self.users.clone(),
            suspects: self.runtime.clone(),
            health: self.runtime.clone(),
            erasures: self.erasures.clone(),
            visible_since: self.visible_since(),
            traces: self.messages.clone(),
            messages: self.messages.clone(),
            statistics: self.statistics(),
            task_counts: TaskCounter::flushed_every(STATISTICS_FLUSH, self.runtime.clone()),
            callbacks: self.tell(),
            metric_namespace: "Curlew/tests".to_owned(),
            clock: self.clock(),
        };
        handle_receipt::router(self.gate(&state.configs), state)
    }

    /// Returns a new process of `register-token`.
    pub fn register_token(&self) -> Router {
        let state = register_token::RegisterToken {
            bindings: self.users.clone(),
            presence: self.users.clone(),
            direct: self.direct_queue.clone(),
            visible_since: self.visible_since(),
            clock: self.clock(),
        };
        register_token::router(self.gate(&self.configs()), state)
    }

    /// Returns a new process of `configure-user`.
    pub fn configure_user(&self) -> Router {
        let state = configure_user::ConfigureUser {
            configs: self.configs(),
            profiles: self.users.clone(),
            facts: self.users.clone(),
            new_users: self.users.clone(),
            directory: self.users.clone(),
            claims: self.runtime.clone(),
            users: self.users.clone(),
            visible_since: self.visible_since(),
            erasures: self.erasures.clone(),
            messages: self.messages.clone(),
            memberships: self.groups.clone(),
            erase_queue: self.erase_queue.clone(),
            direct: self.direct_queue.clone(),
            clock: self.clock(),
            entropy: self.entropy.clone(),
        };
        configure_user::router(self.gate(&state.configs), state)
    }

    /// Returns a new process of `report-presence`.
    pub fn report_presence(&self) -> Router {
        let state = report_presence::ReportPresence {
            bans: self.users.clone(),
            presence: self.users.clone(),
            connections: self.users.clone(),
            direct: self.direct_queue.clone(),
            callbacks: self.tell(),
            offline: self.offline_store(),
            read_elsewhere: self.read_elsewhere(),
            leases: self.gateway_leases(),
            gateways: self.runtime.clone(),
            clock: self.clock(),
        };
        report_presence::router(self.gate(&self.configs()), state)
    }

    /// Returns a new process of `ingest-message`, which calls push functions through `pushes`.
    pub fn ingest_message(&self, pushes: Arc<dyn PushNow>) -> Router {
        let state = ingest_message::IngestMessage {
            messages: self.messages.clone(),
            group_messages: self.messages.clone(),
            stored: self.messages.clone(),
            heads: self.groups.clone(),
            queue: self.dispatch_queue.clone(),
            recalls: self.messages.clone(),
            recalls_queue: self.dispatch_queue.clone(),
            claims: self.runtime.clone(),
            decider: self.decider(self.configs()),
            pushes,
            push_queues: self.push_queues.clone(),
            tasks: ingest_message::TaskPorts {
                creation: self.runtime.clone(),
                changes: self.runtime.clone(),
                list: self.runtime.clone(),
                counts: self.runtime.clone(),
                pushes: self.runtime.clone(),
                labels: self.labels.clone(),
                queue: self.dispatch_queue.clone(),
            },
            clock: self.clock(),
            entropy: self.entropy.clone(),
        };
        ingest_message::router(self.gate(&self.configs()), state)
    }

    /// Returns a new process of `explain-push`.
    pub fn explain_push(&self) -> Router {
        let state = explain_push::ExplainPush {
            decider: self.decider(self.configs()),
            messages: self.messages.clone(),
            group_messages: self.messages.clone(),
            recalls: self.messages.clone(),
            recent: explain_push::RecentMessages {
                timelines: self.messages.clone(),
                memberships: self.groups.clone(),
                traces: self.messages.clone(),
                bounds: explain_push::RECENT_BOUNDS,
                clock: self.clock(),
            },
            directory: self.users.clone(),
            erasures: self.erasures.clone(),
            members: self.groups.clone(),
            counts: self.runtime.clone(),
            public_base_url: Some(PUBLIC_BASE_URL.to_owned()),
            entropy: self.entropy.clone(),
        };
        explain_push::router(self.gate(&state.decider.configs), state)
    }
}
