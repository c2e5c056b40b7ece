mod access;
mod batches;
mod client;
mod content;
mod rules;
mod table;
mod texts;
mod trouble;
mod vectors;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use shared::{
    domain::{outcome::Outcome, vendor::Vendor},
    ports::vendor::CallReport,
    testing::sample,
};

use crate::{
    client as client_of,
    testing::{Call, Say, Seen, Server, deps},
};

const AUTH: &str = "/vivo/message/auth";
const SEND: &str = "/vivo/message/send";
const SAVE: &str = "/vivo/message/saveListPayload";
const LIST: &str = "/vivo/message/pushToList";

/// An app's record.
fn record() -> Value {
    json!({
        "app_id": 105_999_001,
        "app_key": "b1f2c3d4-e5f6-4711-8899-aabbccddeeff",
        "app_secret": "3c6e0b8a-9c15-4a24-a3f1-5d7b8e9f0a1b",
    })
}

/// An app that is issued `token-1`, `token-2`, ..., and whose messages `send` answers.
fn vivo(send: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Server {
    let issued = AtomicUsize::new(0);
    Server::start(move |seen| match seen.path.as_str() {
        AUTH => {
            let token = format!("token-{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
            Say::json(200, json!({"result": 0, "desc": "请求成功", "authToken": token}))
        }
        _ => send(seen),
    })
}

async fn push(server: &Server, call: &Call) -> CallReport {
    client_of(Vendor::Vivo, &deps(server)).send(call.as_call()).await
}

fn call(tokens: &[&str]) -> Call {
    Call::new(record(), tokens)
}

fn call_of(count: usize) -> Call {
    let mut call = call(&[]);
    call.tokens = (0..count).map(|number| sample::token(&format!("t{number}"))).collect();
    call
}

fn answer(result: u64) -> Say {
    Say::json(200, json!({"result": result, "desc": "told", "taskId": "7"}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("7".into()) }
}

fn sends(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path != AUTH).collect()
}

fn paths(server: &Server) -> Vec<String> {
    sends(server).into_iter().map(|seen| seen.path).collect()
}

/// The first message that a call leads to.
async fn sent(call: &Call) -> Value {
    let server = vivo(|_| answer(0));
    push(&server, call).await.outcomes.unwrap();
    sends(&server)[0].json()
}
