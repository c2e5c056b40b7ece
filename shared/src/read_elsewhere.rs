//! After an acknowledgement: asks that the read messages lose their notifications on the user's other devices.
//!
//! Only for apps with the setting `clear_when_read`, and only for messages that were pushed to a device whose vendor
//! revokes. Without the setting nothing is read. A failure is logged: the acknowledgement counts, and the notification
//! stays.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use tokio::time::timeout;

use crate::{
    app_configs::AppConfigs,
    domain::{
        decision::Decision,
        id::{AppKey, DeviceId, MessageId, UserId},
        notifier::NotifierState,
        outcome::{DeviceOutcome, PushStatus},
    },
    name_ports,
    ports::{
        apps::AppConfig,
        clock::Clock,
        error::StoreError,
        queue::{PushedMessage, PushedTo, RequestRevocation, RevokeRequest},
        traces::{MAX_TRACES, MessageTrace, ReadTraces},
    },
};

/// Maximum group messages of one acknowledgement whose traces are read, the newest first. Each is a query of its own.
pub const MAX_GROUP_TRACES: usize = 20;
/// Queries of group messages at the same time.
const PARALLEL_READS: usize = 10;
/// Maximum time that an acknowledgement waits for this.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks check-presence to revoke notifications of messages that were read.
#[derive(Clone)]
pub struct ReadElsewhere {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// where messages were pushed
    pub traces: Arc<dyn ReadTraces>,
    /// the queue of check-presence
    pub queue: Arc<dyn RequestRevocation>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { ReadElsewhere { configs, traces, queue, clock } }

impl ReadElsewhere {
    /// Asks for the messages that the user acknowledged, on the device `read_on` if it is known. That device keeps its
    /// notifications.
    pub async fn after_ack(&self, app: &AppKey, user: &UserId, ids: &[MessageId], read_on: Option<&DeviceId>) {
        if ids.is_empty() {
            return;
        }
        let error = match timeout(PATIENCE, self.ask(app, user, ids, read_on)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.chain(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(app = %app, error, "notifications of read messages are not revoked");
    }

    async fn ask(
        &self,
        app: &AppKey,
        user: &UserId,
        ids: &[MessageId],
        read_on: Option<&DeviceId>,
    ) -> Result<(), StoreError> {
        let Some(config) = self.configs.get(app).await?.filter(|config| wants(config)) else {
            return Ok(());
        };
        let traces = self.read_traces(app, user, ids).await?;
        let shows = |outcome: &DeviceOutcome| may_show(&config, outcome) && Some(&outcome.device_id) != read_on;
        let messages: Vec<PushedMessage> = traces
            .into_iter()
            .map(|(msg_id, trace)| {
                let task = trace.decision.as_ref().and_then(Decision::task);
                let shown = trace.outcomes.into_iter().filter(shows);
                let to = |one: DeviceOutcome| PushedTo { device_id: one.device_id, notifier: one.notifier };
                PushedMessage { msg_id, task, devices: shown.map(to).collect() }
            })
            .filter(|message| !message.devices.is_empty())
            .collect();
        if messages.is_empty() {
            return Ok(());
        }
        let read_at = self.clock.now();
        let request = RevokeRequest { app: app.clone(), user: user.clone(), messages, read_at, attempts: 0 };
        self.queue.request_revocation(&request, Duration::ZERO).await
    }

    /// Reads where the newest of these messages were pushed.
    async fn read_traces(
        &self,
        app: &AppKey,
        user: &UserId,
        ids: &[MessageId],
    ) -> Result<BTreeMap<MessageId, MessageTrace>, StoreError> {
        let (mut of_groups, mut single): (Vec<MessageId>, Vec<MessageId>) =
            ids.iter().copied().partition(|id| id.is_of_group());
        for (newest, most) in [(&mut of_groups, MAX_GROUP_TRACES), (&mut single, MAX_TRACES)] {
            newest.sort_unstable_by(|one, other| other.cmp(one));
            newest.dedup();
            newest.truncate(most);
        }
        let traces = self.traces.traces(app, user, &single).await?;
        let mut found: BTreeMap<_, _> = single.into_iter().zip(traces).collect();
        let mut groups = stream::iter(of_groups)
            .map(|id| async move { (id, self.traces.group_trace(app, user, id).await) })
            .buffer_unordered(PARALLEL_READS);
        while let Some((id, trace)) = groups.next().await {
            found.insert(id, trace?);
        }
        Ok(found)
    }
}

/// Returns whether the app clears notifications, and has a notifier that can.
fn wants(config: &AppConfig) -> bool {
    let mut notifiers = config.notifiers.values();
    config.app.settings.clear_when_read
        && notifiers.any(|one| one.state == NotifierState::Enabled && one.vendor.revokes())
}

/// Returns whether the vendor accepted the push, and can revoke it.
fn may_show(config: &AppConfig, outcome: &DeviceOutcome) -> bool {
    outcome.status == PushStatus::Success
        && config.notifiers.get(&outcome.notifier).is_some_and(|notifier| notifier.vendor.revokes())
}
