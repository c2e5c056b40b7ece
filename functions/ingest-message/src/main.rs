//! Wires the function `ingest-message`.

use std::sync::Arc;

use ingest_message::{IngestMessage, router};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, MessagesTable, RuntimeTable, client},
        sqs::{self, SqsQueue},
    },
    config::{Environment, Reader},
    crypto::system::System,
    lambda::telemetry,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    let reader = Reader::new(&Environment);
    let apps = reader.required("APPS_TABLE");
    let messages = reader.required("MESSAGES_TABLE");
    let runtime = reader.required("RUNTIME_TABLE");
    let queue = reader.required("DISPATCH_QUEUE_URL");
    reader.finish()?;
    let sdk = Sdk::from_vars(&Environment)?;
    let dynamo = client(&sdk);
    let system = Arc::new(System::default());
    lambda_http::run(router(IngestMessage {
        configs: AppConfigs::new(Arc::new(AppsTable::new(&dynamo, apps)), system.clone()),
        messages: Arc::new(MessagesTable::new(&dynamo, messages)),
        queue: Arc::new(SqsQueue::new(&sqs::client(&sdk), queue)),
        claims: Arc::new(RuntimeTable::new(&dynamo, runtime)),
        clock: system.clone(),
        entropy: system,
    }))
    .await
}
