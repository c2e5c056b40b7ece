mod client;
mod fields;
mod rules;
mod table;
mod vectors;

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use shared::domain::{outcome::Outcome, vendor::Vendor};

use crate::testing::{Say, Seen, TestedVendor};

static MEIZU: TestedVendor = TestedVendor {
    vendor: Vendor::Meizu,
    record,
    token_endpoint: None,
    token: |number| format!("t{number}"),
    targets,
    taken: |_| taken(),
    accepted: |_| accepted(),
};

/// An app's record.
fn record() -> Value {
    json!({"app_id": "100999", "app_secret": "0123456789abcdef0123456789abcdef"})
}

/// Meizu's answer: a code, and the tokens that failed.
fn answer(code: &str, value: Value) -> Say {
    Say::json(200, json!({"code": code, "message": "", "value": value, "msgId": "m1", "redirect": ""}))
}

fn taken() -> Say {
    answer("200", json!({}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("m1".into()) }
}

/// The fields of a form as its receiver reads them.
fn form_fields(seen: &Seen) -> BTreeMap<String, String> {
    let pairs = seen.text().split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.into(), percent_decode_str(value).decode_utf8().unwrap().into())).collect()
}

fn targets(seen: &Seen) -> Vec<String> {
    form_fields(seen)["pushIds"].split(',').map(str::to_owned).collect()
}
