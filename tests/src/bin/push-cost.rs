//! Makes vendor calls and nothing else, so that what one costs can be counted: `make bench`.

use std::{sync::Arc, time::Duration};

use clap::Parser;
use curlew_tests::simulators::{device_token, test_credentials};
use serde_json::{Map, json};
use shared::{
    crypto::system::System,
    domain::{
        binding::DeviceToken,
        id::{AppKey, NotifierName},
        outcome::Outcome,
        push::{Notification, SemanticClass},
        vendor::Vendor,
    },
    ports::{
        access_tokens::TokenOwner,
        vendor::{Credential, VendorCall},
    },
    testing::memory::MemoryRuntime,
    vendors::{Deps, client, http::BaseUrl},
};

/// How long the vendor may try to deliver.
const TTL: Duration = Duration::from_secs(86_400);

/// Sends the same notification to so many device tokens, so many times, in as few calls as the vendor allows.
#[derive(Parser)]
struct Arguments {
    /// the vendor
    vendor: String,
    /// how many device tokens
    tokens: usize,
    /// how many times
    times: usize,
    /// where the simulators are
    simulators: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let vendor = Vendor::parse(&arguments.vendor)?;
    let system = Arc::new(System::default());
    let deps = Deps {
        access_tokens: Arc::new(MemoryRuntime::default()),
        clock: system.clone(),
        entropy: system,
        base_url: Some(BaseUrl::parse(&arguments.simulators)?),
    };
    let client = client(vendor, &deps);
    let record = test_credentials::configured()[vendor.name()].clone();
    let (credential, options) = (Credential::new(record, "bench".to_owned()), Map::new());
    let owner = TokenOwner { app: AppKey::new("acme", "chat")?, notifier: NotifierName::parse("bench")? };
    let tokens = (0..arguments.tokens)
        .map(|_| DeviceToken::parse(&device_token(vendor.name()).unwrap_or_default()))
        .collect::<Result<Vec<_>, _>>()?;
    for time in 0..arguments.times {
        let id = format!("{time:026}");
        let custom = json!({"f": "alice", "t": "bob", "m": id, "e": {"room": 7}});
        let notification = Notification {
            title: "爱丽丝".to_owned(),
            body: "Are you coming tonight? 我们在老地方等你。".to_owned(),
            custom: custom.as_object().cloned().unwrap_or_default(),
            class: SemanticClass::Im,
            replace_id: id,
            options: Map::new(),
        };
        for tokens in tokens.chunks(client.most_tokens()) {
            let call = VendorCall {
                owner: &owner,
                credential: &credential,
                options: &options,
                notification: &notification,
                ttl: TTL,
                tokens,
            };
            let outcomes = client.send(call).await.outcomes?;
            if !outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. })) {
                return Err(format!("{vendor} did not accept everything").into());
            }
        }
    }
    Ok(())
}
