//! Credentials and options of notifiers: a byte names the vendor, the rest is the JSON that an operator sends.

use serde_json::{Map, Value};
use shared::{crypto::jwt::RsaKey, domain::vendor::Vendor};
use vendors::{
    notifier::{options, preflight},
    receipt_reader, rules,
};

use crate::{input::Input, promises};

/// Checks the same object as a credential and as options.
pub(super) fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let vendor = input.choose(&Vendor::ALL);
    if let Some(text) = input.text() {
        drop(RsaKey::from_pem(text));
    }
    let Ok(record) = serde_json::from_slice::<Map<String, Value>>(input.rest()) else { return };
    credential(vendor, &record);
    match options::check(vendor, &record) {
        Ok(()) => drop(preflight::preflight_of_stored(vendor, None, &record)),
        Err(refusal) => promises::is_short(&refusal.to_string()),
    }
}

/// What is stored of a credential is accepted again as it is. A refusal shows no value.
fn credential(vendor: Vendor, record: &Map<String, Value>) {
    let stored = match rules(vendor).credential(record) {
        Ok(stored) => stored,
        Err(refusal) => {
            let text = refusal.to_string();
            let named: Vec<&String> = record.keys().collect();
            let values = record.values().flat_map(promises::texts);
            promises::is_short(&text);
            return promises::hides(
                &text,
                values.filter(|value| !named.iter().any(|name| name == value)).filter(|value| !is_word(value)),
            );
        }
    };
    let object = stored.as_object().expect("a record is an object");
    assert_eq!(rules(vendor).credential(object), Ok(stored.clone()), "{vendor}");
    if let Some(facts) = preflight::facts(vendor, &stored) {
        drop(preflight::preflight_of_stored(vendor, Some(&facts), &Map::new()));
    }
    let mut push = stored;
    drop(receipt_reader(vendor).and_then(|reader| (reader.take_signing)(&mut push)));
}

/// A rule names the words that it takes, so such a word is no secret.
fn is_word(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
