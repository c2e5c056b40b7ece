mod batches;
mod client;
mod revoke;
mod rules;
mod table;
mod trouble;

use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Call, Say, Seen, TestedVendor, TokenEndpoint};

const TOKEN_PATH: &str = "/huawei/oauth2/v3/token";

static HUAWEI: TestedVendor = TestedVendor {
    vendor: Vendor::Huawei,
    record,
    token_endpoint: Some(TokenEndpoint::oauth(TOKEN_PATH)),
    token: |number| format!("t{number}"),
    targets,
    taken: |_| answer("80000000"),
    accepted: |_| accepted(),
};

/// An app's record.
fn record() -> Value {
    json!({
        "app_id": "101234567",
        "client_id": "101234567",
        "client_secret": "a+b/c=0123456789abcdef",
    })
}

fn answer(code: &str) -> Say {
    answer_with(code, "told")
}

fn answer_with(code: &str, msg: &str) -> Say {
    Say::json(200, json!({"code": code, "msg": msg, "requestId": "r1"}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("r1".into()) }
}

fn suspect() -> Outcome {
    Outcome::Unregistered { code: "80300007".into(), certain: false }
}

fn targets(seen: &Seen) -> Vec<String> {
    serde_json::from_value(seen.json()["message"]["token"].clone()).unwrap()
}

async fn sent(call: &Call) -> Value {
    let server = HUAWEI.server(|_| answer("80000000"));
    HUAWEI.push(&server, call).await.outcomes.unwrap();
    HUAWEI.sends(&server)[0].json()["message"].clone()
}
