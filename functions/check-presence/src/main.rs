//! Wires the function `check-presence`.

use std::sync::Arc;

use check_presence::{Dispatch, Ports, handle};
use lambda_runtime::{LambdaEvent, service_fn};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, MessagesTable, UsersTable, client},
        sqs::{self, PushQueues, SqsQueue},
    },
    config::{Environment, Reader},
    crypto::system::System,
    domain::vendor::Vendor,
    lambda::telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let reader = Reader::new(&Environment);
    let apps = reader.required("APPS_TABLE");
    let users = reader.required("USERS_TABLE");
    let messages = reader.required("MESSAGES_TABLE");
    let dispatch = reader.required("DISPATCH_QUEUE_URL");
    let dead_letters = reader.required("DISPATCH_DEAD_LETTER_QUEUE_URL");
    let push = Vendor::ALL.map(|vendor| (vendor, reader.required(&format!("PUSH_QUEUE_URL_{}", vendor.upper_name()))));
    reader.finish()?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let park = Arc::new(SqsQueue::new(&sqs, dead_letters));
    let dispatch = Dispatch {
        configs: AppConfigs::new(Arc::new(AppsTable::new(&dynamo, apps)), system.clone()),
        ports: Ports {
            facts: Arc::new(UsersTable::new(&dynamo, users)),
            decisions: Arc::new(MessagesTable::new(&dynamo, messages)),
            push: Arc::new(PushQueues::new(&sqs, push)),
            dispatch: Arc::new(SqsQueue::new(&sqs, dispatch)),
            park: park.clone(),
            clock: system.clone(),
            entropy: system,
        },
    };
    let (dispatch, park) = (&dispatch, &*park);
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| async move {
        Ok::<_, lambda_runtime::Error>(handle(event.payload, dispatch, park).await)
    }))
    .await
}
