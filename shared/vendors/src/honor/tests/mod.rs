mod batches;
mod client;
mod rules;
mod table;
mod trouble;

use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Call, Say, Seen, TestedVendor, TokenEndpoint};

const TOKEN_PATH: &str = "/honor/auth/token";

static HONOR: TestedVendor = TestedVendor {
    vendor: Vendor::Honor,
    record,
    token_endpoint: Some(TokenEndpoint::oauth(TOKEN_PATH)),
    token: |number| format!("t{number}"),
    targets,
    taken: |_| taken(),
    accepted: |_| accepted(),
};

/// An app's record, with the secret of the vector for its token request.
fn record() -> Value {
    json!({
        "app_id": "104400001",
        "client_id": "6c5e1d0b7a1f4c0f9d3e2b1a00000001",
        "client_secret": "Ab+9/xYz==",
    })
}

/// An answer that takes all tokens but these.
fn taken_but(failed: &[&str], expired: &[&str]) -> Say {
    let data = json!({"sendResult": true, "requestId": "r1", "failTokens": failed, "expireTokens": expired});
    Say::json(200, json!({"code": 200, "message": "success", "data": data}))
}

fn taken() -> Say {
    taken_but(&[], &[])
}

fn refusing(http: u16, code: impl Into<Value>) -> Say {
    Say::json(http, json!({"code": code.into(), "message": "no"}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("r1".into()) }
}

fn dead(certain: bool) -> Outcome {
    Outcome::Unregistered { code: "expireTokens".into(), certain }
}

fn failed() -> Outcome {
    Outcome::Refused { code: "failTokens".into() }
}

fn targets(seen: &Seen) -> Vec<String> {
    serde_json::from_value(seen.json()["token"].clone()).unwrap()
}

async fn sent(call: &Call) -> Value {
    let server = HONOR.server(|_| taken());
    HONOR.push(&server, call).await.outcomes.unwrap();
    HONOR.sends(&server)[0].json()
}
