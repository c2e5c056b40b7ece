//! Wires the function `check-presence`.

use std::sync::Arc;

use check_presence::{Config, Dispatch, Ports, WalkPorts, handle};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, Erasures, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable, client},
        sqs::{self, PushQueues, SqsQueue},
    },
    callbacks::Callbacks,
    config::Environment,
    crypto::system::System,
    decider::Decider,
    gateway_leases::GatewayLeases,
    lambda::{serve::serve_events, telemetry},
    statistics::Statistics,
    task_counter::TaskCounter,
    visible_since::VisibleSinceReader,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let config = Config::from_vars(&Environment)?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let queue = Arc::new(SqsQueue::new(&sqs, config.dispatch_queue_url));
    let users = Arc::new(UsersTable::new(&dynamo, config.users_table));
    let table = MessagesTable::new(&dynamo, config.messages_table);
    let group_messages = Arc::new(MessageReader::new(table.clone(), System::default()));
    let messages = Arc::new(table);
    let push = Arc::new(PushQueues::new(&sqs, config.push_queue_urls));
    let runtime = RuntimeTable::new(&dynamo, config.runtime_table);
    let erasures = Arc::new(Erasures::new(runtime.clone(), System::default()));
    let runtime = Arc::new(runtime);
    let groups = Arc::new(GroupsTable::new(&dynamo, config.groups_table));
    let apps = Arc::new(AppsTable::new(&dynamo, config.apps_table));
    let configs = AppConfigs::serving_stale(apps, system.clone());
    let dispatch = Dispatch {
        decider: Decider {
            configs: configs.clone(),
            facts: users.clone(),
            gateways: GatewayLeases::new(runtime.clone(), system.clone()),
            nicknames: users.clone(),
            clock: system.clone(),
        },
        ports: Ports {
            decisions: messages.clone(),
            outcomes: messages.clone(),
            pages: messages.clone(),
            groups: messages.clone(),
            recorded: messages.clone(),
            acks: messages.clone(),
            contents: messages.clone(),
            group_messages,
            timelines: messages.clone(),
            traces: messages.clone(),
            records: messages.clone(),
            recalls: messages.clone(),
            visible_since: Arc::new(VisibleSinceReader::new(configs, erasures)),
            members: groups.clone(),
            push: push.clone(),
            revocations: push,
            direct: Arc::new(SqsQueue::new(&sqs, config.direct_queue_url)),
            dispatch: queue.clone(),
            requests: queue.clone(),
            recalls_queue: queue.clone(),
            returns: queue.clone(),
            dead_letters: Arc::new(SqsQueue::new(&sqs, config.dead_letter_queue_url)),
            task_counts: TaskCounter::new(runtime.clone()),
            walk: WalkPorts {
                tasks: runtime.clone(),
                contents: runtime.clone(),
                directory: users,
                labels: groups,
                store: messages.clone(),
                stored: messages,
                rate: runtime.clone(),
                queue,
            },
            statistics: Statistics::new(runtime, system.clone(), system.clone(), config.statistics_flush),
            callbacks: Callbacks::new(Arc::new(SqsQueue::new(&sqs, config.callback_queue_url))),
            clock: system.clone(),
            entropy: system,
        },
    };
    serve_events(&config.metric_namespace, &*dispatch.ports.clock, async |event, deadline, metrics: &_| {
        handle(event, &dispatch, deadline, metrics).await
    })
    .await
}
