//! Makes vendor calls and nothing else, so that `make bench` can measure what one costs.

use std::{sync::Arc, time::Duration};

use clap::Parser;
use curlew_tests::simulators::{configured, device_token};
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
    tls::ExtraCas,
};
use vendors::{
    Deps, client,
    transport::{BaseUrl, Transport},
};

/// How long the vendor may try to deliver.
const TTL: Duration = Duration::from_secs(86_400);

/// Sends a notification to `tokens` device tokens, `times` times, in as few calls as the vendor allows.
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
    /// the certificate authority of the simulators, for an https address
    #[arg(long, default_value = "")]
    ca_pem: String,
    /// whether each token gets a notification of its own
    #[arg(long)]
    different: bool,
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
        transport: Transport::Network,
        extra_cas: ExtraCas::parse(&arguments.ca_pem)?,
    };
    let client = client(vendor, &deps);
    let record = configured()[vendor.name()].clone();
    let (credential, options) = (Credential::new(record, "bench".to_owned()), Map::new());
    let owner = TokenOwner { app: AppKey::new("acme", "chat")?, notifier: NotifierName::parse("bench")? };
    let tokens = (0..arguments.tokens)
        .map(|_| DeviceToken::parse(&device_token(vendor.name()).unwrap_or_default()))
        .collect::<Result<Vec<_>, _>>()?;
    let merging = client.merging().filter(|_| arguments.different);
    let (notifications, most) = if arguments.different { (tokens.len(), 1) } else { (1, client.max_tokens()) };
    for time in 0..arguments.times {
        let notifications: Vec<Notification> =
            (0..notifications).map(|number| notification(time * notifications + number)).collect();
        let calls = tokens.chunks(most).zip(notifications.iter().cycle()).map(|(tokens, notification)| VendorCall {
            owner: &owner,
            credential: &credential,
            options: &options,
            notification,
            ttl: TTL,
            receipt_url: None,
            tokens,
        });
        let calls: Vec<VendorCall<'_>> = calls.collect();
        match merging {
            Some(merging) => {
                for calls in calls.chunks(merging.max_merged(&credential)) {
                    accepted(&merging.send_merged(calls).await?)?;
                }
            }
            None => {
                for call in calls {
                    accepted(&client.send(call).await.outcomes?)?;
                }
            }
        }
    }
    Ok(())
}

fn notification(number: usize) -> Notification {
    let id = format!("{number:026}");
    let custom = json!({"f": "alice", "t": "bob", "m": id, "e": {"room": 7}});
    Notification {
        title: "爱丽丝".to_owned(),
        body: "Are you coming tonight? 我们在老地方等你。".to_owned(),
        custom: custom.as_object().cloned().unwrap_or_default(),
        class: SemanticClass::Im,
        replace_id: id,
        badge: true,
        options: Map::new(),
    }
}

fn accepted(outcomes: &[Outcome]) -> Result<(), &'static str> {
    let all = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. }));
    if all { Ok(()) } else { Err("the vendor did not accept everything") }
}
