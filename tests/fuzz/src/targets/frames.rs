//! Frames of connections: a byte says whether it is a handshake's token or an open connection's frame.

use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::{
    input::Input,
    promises,
    world::{Product, wait},
};

const ID: &str = "connection-1=";

/// The product with a connection that is open.
static PRODUCT: LazyLock<Mutex<Product>> = LazyLock::new(|| {
    Mutex::new(wait(async {
        let product = Product::start().await;
        let answer =
            product.stack.hold(handshake(&product, ID, &json!({"token": product.user_token, "device_id": "d"}))).await;
        assert_eq!(answer["statusCode"], 200, "{answer}");
        product
    }))
});

/// Sends a frame or a handshake. The function answers with a short frame or a status, and never fails.
pub(super) fn check(bytes: &[u8]) {
    let product = PRODUCT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut input = Input::new(bytes);
    let is_handshake = input.byte().is_multiple_of(4);
    let Some(text) = input.text() else { return };
    // Frames of one second are limited.
    product.stack.clock.advance(std::time::Duration::from_secs(2));
    let event = match is_handshake {
        true => {
            handshake(&product, "connection-2=", &serde_json::from_str(text).unwrap_or_else(|_| json!({"token": text})))
        }
        false => frame(text),
    };
    let answer = wait(product.stack.hold(event));
    let status = answer["statusCode"].as_u64().unwrap_or_default();
    assert!((200..500).contains(&status), "{answer}");
    let body = answer["body"].as_str().unwrap_or_default();
    promises::is_short(body);
    promises::hides(body, [&*product.user_token, &*product.app.token]);
}

fn handshake(product: &Product, id: &str, query: &Value) -> Value {
    let query: Value = match query {
        Value::Object(_) => query.clone(),
        other => json!({"token": other.to_string()}),
    };
    let texts =
        query.as_object().into_iter().flatten().map(|(name, value)| {
            (name.clone(), json!(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        });
    let app = [("org".to_owned(), json!("acme")), ("app".to_owned(), json!("chat"))];
    json!({
        "requestContext": {
            "routeKey": "$connect", "eventType": "CONNECT", "connectionId": id, "stage": "live",
            "connectedAt": shared::ports::clock::Clock::now(&product.stack.clock),
        },
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": app.into_iter().chain(texts).collect::<serde_json::Map<_, _>>(),
        "isBase64Encoded": false,
    })
}

fn frame(text: &str) -> Value {
    json!({
        "requestContext": {"routeKey": "$default", "eventType": "MESSAGE", "connectionId": ID, "stage": "live"},
        "body": text,
        "isBase64Encoded": false,
    })
}
