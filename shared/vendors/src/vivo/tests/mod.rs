mod access;
mod batches;
mod client;
mod content;
mod rules;
mod table;
mod texts;
mod trouble;
mod vectors;

use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Call, Say, Seen, Server, TestedVendor, TokenEndpoint};

const AUTH: &str = "/vivo/message/auth";
const SEND: &str = "/vivo/message/send";
const SAVE: &str = "/vivo/message/saveListPayload";
const LIST: &str = "/vivo/message/pushToList";

static VIVO: TestedVendor = TestedVendor {
    vendor: Vendor::Vivo,
    record,
    token_endpoint: Some(TokenEndpoint {
        path: AUTH,
        issue: |token| json!({"result": 0, "desc": "请求成功", "authToken": token}),
        used: |seen| seen.header("authtoken").map(str::to_owned),
    }),
    token: |number| format!("t{number}"),
    targets,
    taken: |_| answer(0),
    accepted: |_| accepted(),
};

/// An app's record.
fn record() -> Value {
    json!({
        "app_id": 105_999_001,
        "app_key": "b1f2c3d4-e5f6-4711-8899-aabbccddeeff",
        "app_secret": "3c6e0b8a-9c15-4a24-a3f1-5d7b8e9f0a1b",
    })
}

fn answer(result: u64) -> Say {
    Say::json(200, json!({"result": result, "desc": "told", "taskId": "7"}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("7".into()) }
}

/// The device tokens that a request pushes to. A message that is only saved has none.
fn targets(seen: &Seen) -> Vec<String> {
    match seen.path.as_str() {
        SEND => vec![seen.json()["regId"].as_str().unwrap().to_owned()],
        LIST => serde_json::from_value(seen.json()["regIds"].clone()).unwrap(),
        _ => Vec::new(),
    }
}

fn paths(server: &Server) -> Vec<String> {
    VIVO.sends(server).into_iter().map(|seen| seen.path).collect()
}

/// The first message that a call leads to.
async fn sent(call: &Call) -> Value {
    let server = VIVO.server(|_| answer(0));
    VIVO.push(&server, call).await.outcomes.unwrap();
    VIVO.sends(&server)[0].json()
}
