//! Wires the function `push-vendor` for the vendor that `VENDOR` names.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use push_vendor::{Deliver, Notifiers, Ports, handle};
use shared::{
    app_configs::AppConfigs,
    aws::{
        Sdk,
        dynamo::{AppsTable, MessagesTable, RuntimeTable, UsersTable, client},
        kms::CredentialKey,
        sqs::{self, PushQueues, SqsQueue},
    },
    config::{Environment, Reader},
    crypto::system::System,
    domain::vendor::Vendor,
    lambda::telemetry,
    vendors::{
        self,
        http::{BaseUrl, VENDOR_BASE_URL},
    },
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init(&Environment);
    let reader = Reader::new(&Environment);
    let vendor = reader.parsed("VENDOR", Vendor::parse).unwrap_or(Vendor::Fcm);
    let apps = reader.required("APPS_TABLE");
    let users = reader.required("USERS_TABLE");
    let messages = reader.required("MESSAGES_TABLE");
    let runtime = reader.required("RUNTIME_TABLE");
    let key_id = reader.required("CREDENTIAL_KEY_ID");
    let queue = reader.required("PUSH_QUEUE_URL");
    let dead_letters = reader.required("PUSH_DEAD_LETTER_QUEUE_URL");
    let base_url = reader.parsed_optional(VENDOR_BASE_URL, BaseUrl::parse);
    reader.finish()?;
    let sdk = Sdk::from_vars(&Environment)?;
    let (dynamo, sqs) = (client(&sdk), sqs::client(&sdk));
    let system = Arc::new(System::default());
    let apps = Arc::new(AppsTable::new(&dynamo, apps));
    let runtime = Arc::new(RuntimeTable::new(&dynamo, runtime));
    let configs = AppConfigs::new(apps.clone(), system.clone());
    let deps =
        vendors::Deps { access_tokens: runtime.clone(), clock: system.clone(), entropy: system.clone(), base_url };
    let deliver = Deliver {
        vendor,
        client: vendors::client(vendor, &deps),
        notifiers: Notifiers::new(configs, Arc::new(CredentialKey::new(&sdk, key_id)), apps, runtime),
        ports: Ports {
            outcomes: Arc::new(MessagesTable::new(&dynamo, messages)),
            tokens: Arc::new(UsersTable::new(&dynamo, users)),
            queue: Arc::new(PushQueues::new(&sqs, [(vendor, queue)])),
            clock: system.clone(),
            entropy: system,
        },
    };
    let park = SqsQueue::new(&sqs, dead_letters);
    let (deliver, park) = (&deliver, &park);
    lambda_runtime::run(service_fn(|event: LambdaEvent<_>| async move {
        Ok::<_, lambda_runtime::Error>(handle(event.payload, deliver, park).await)
    }))
    .await
}
