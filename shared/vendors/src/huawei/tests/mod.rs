mod client;
mod revoke;
mod rules;
mod table;

use serde_json::{Value, json};

/// An app's record.
fn record() -> Value {
    json!({
        "app_id": "101234567",
        "client_id": "101234567",
        "client_secret": "a+b/c=0123456789abcdef",
    })
}
