mod client;
mod rules;
mod table;
mod trouble;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use shared::{
    domain::{outcome::Outcome, vendor::Vendor},
    ports::vendor::CallReport,
    testing::sample,
};

use crate::{
    client,
    testing::{Call, Say, Seen, Server, deps},
};

const TOKEN_PATH: &str = "/honor/auth/token";

/// An app's record, with the secret of the vector for its token request.
fn record() -> Value {
    json!({
        "app_id": "104400001",
        "client_id": "6c5e1d0b7a1f4c0f9d3e2b1a00000001",
        "client_secret": "Ab+9/xYz==",
    })
}

/// An app whose token endpoint issues `token-1`, `token-2`, ... and whose messages `send` answers.
fn honor(send: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Server {
    let issued = AtomicUsize::new(0);
    Server::start(move |seen| match seen.path.as_str() {
        TOKEN_PATH => {
            let token = format!("token-{}", issued.fetch_add(1, Ordering::SeqCst) + 1);
            Say::json(200, json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}))
        }
        _ => send(seen),
    })
}

async fn push(server: &Server, call: &Call) -> CallReport {
    client(Vendor::Honor, &deps(server)).send(call.as_call()).await
}

fn call(tokens: &[&str]) -> Call {
    Call::new(record(), tokens)
}

fn call_of(count: usize) -> Call {
    let mut call = call(&[]);
    call.tokens = (0..count).map(|number| sample::token(&format!("t{number}"))).collect();
    call
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

fn sends(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.path != TOKEN_PATH).collect()
}

async fn sent(call: &Call) -> Value {
    let server = honor(|_| taken());
    push(&server, call).await.outcomes.unwrap();
    sends(&server)[0].json()
}
