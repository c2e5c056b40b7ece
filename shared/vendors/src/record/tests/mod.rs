//! Tests of reading records: forms, refusals, what is stored, and that no input gets around them.

mod forms;
mod properties;
mod refusals;
mod stored;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::{
    Address, Configured, Digits, Flag, JavaName, Line, List, NoFacts, Number, Optional, Required, Rule, Secret, forms,
};

forms! {
    /// One of two words.
    Kind = Rule::OneOf(&["fast", "slow"]);
    /// An address on one of two hosts.
    Hosts = Rule::Hosts(&["push.example.com", "eu.example.com"]), "https://push.example.com/v1";
    /// A text with an equals sign.
    Pair = Rule::Other(|text| (!text.contains('=')).then(|| "must hold an =".to_owned()), "a pair");
}

/// A record with a field of every type. The order of its fields is not that of the alphabet.
#[derive(Deserialize, Serialize)]
struct Sample {
    secret: Required<Secret<8>>,
    id: Required<Digits>,
    label: Optional<Line<8>>,
    kind: Optional<Kind>,
    pair: Optional<Pair>,
    url: Address<Hosts>,
    count: Option<Number<0, 9>>,
    quiet: Flag<false>,
    names: List<JavaName, 2>,
    #[serde(rename = "x_click")]
    click: Option<Click>,
    by_class: Option<BTreeMap<String, Optional<Kind>>>,
    steps: Option<Vec<Click>>,
}

impl Configured for Sample {
    type Options = NoFacts;
    type MessageOptions = MessageOptions;
    type Facts = NoFacts;

    const PREFIX: &'static str = "acme_";

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        super::read("credential", record)
    }

    fn stored(&self, _: &Map<String, Value>) -> Result<Value, Invalid> {
        Ok(super::stored(self))
    }

    fn preflight(_: &NoFacts, _: &NoFacts, _: SemanticClass) -> Vec<Invalid> {
        Vec::new()
    }
}

/// What a message may set.
#[derive(Debug, Deserialize)]
struct MessageOptions {
    kind: Optional<Kind>,
}

/// An object in the record, with one more in it.
#[derive(Deserialize, Serialize)]
struct Click {
    action: Required<JavaName>,
    inner: Option<Inner>,
}

#[derive(Deserialize, Serialize)]
struct Inner {
    kind: Required<Kind>,
}

/// Reads what `value` holds at the place `options`, or the text of the refusal.
fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Result<T, String> {
    super::read("options", value.as_object().unwrap()).map_err(|invalid: Invalid| invalid.to_string())
}

/// Returns the text of a refusal.
fn refusal<T>(result: Result<T, String>) -> String {
    result.err().unwrap()
}
