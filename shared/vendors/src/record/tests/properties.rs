//! Whatever is uploaded, a refusal is one of a few sentences that are known beforehand: so none can repeat a value.

use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value};

use super::{Hosts, Kind, Pair, Sample};
use crate::record::{Digits, Form, JavaName, Line, PrivateKey, Required, Secret, Visible, names, read, stored};

const JAVA_NAME: &str = "a Java name of at most 256 characters";

/// Every sentence that a refusal of a [`Sample`] can be, without the place.
fn sentences() -> Vec<String> {
    let mut all = Vec::new();
    for name in ["secret", "id", "label", "kind", "pair", "url"] {
        all.push(format!("{name} must be a string"));
    }
    let rules = [
        ("secret", Secret::<8>::RULE),
        ("id", Digits::RULE),
        ("label", Line::<8>::RULE),
        ("kind", Kind::RULE),
        ("url", Hosts::RULE),
        ("x_click.action", JavaName::RULE),
        ("x_click.inner.kind", Kind::RULE),
        ("by_class.action", Kind::RULE),
        ("by_class.inner", Kind::RULE),
        ("by_class.kind", Kind::RULE),
        ("by_class.chat", Kind::RULE),
        ("steps.action", JavaName::RULE),
        ("steps.inner.kind", Kind::RULE),
    ];
    for (name, rule) in rules {
        all.extend([format!("{name} must be {}", rule.words()), format!("{name} {}", rule.required())]);
        all.push(format!("{name} must be a string"));
    }
    for name in ["x_click", "x_click.inner", "by_class", "steps", "steps.inner"] {
        all.extend([format!("{name} must be an object"), format!("{name} is required: an object")]);
    }
    all.extend(
        ["pair must hold an =", "count must be a number from 0 to 9", "quiet must be true or false"].map(str::to_owned),
    );
    all.push(format!("names must be a list of at most 2, each {JAVA_NAME}"));
    all.push("steps must be a sequence".to_owned());
    all
}

/// Any JSON, its objects with the names of the sample's fields. Every second text is one that some field takes.
fn json() -> impl Strategy<Value = Value> {
    let text =
        prop_oneof![any::<String>(), prop::sample::select(vec!["", "1", "fast", "a.B", "a=b"]).prop_map(str::to_owned)];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0i64..12).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let keys = prop::sample::select(vec!["action", "inner", "kind", "chat"]);
        let fields = vec((keys, inner.clone()), 0..4);
        prop_oneof![vec(inner, 0..4).prop_map(Value::from), fields.prop_map(|fields| fields.into_iter().collect())]
    })
}

/// A record that is as it should be, but for any value under one or two of its names: a fault of each field gets its turn.
fn record() -> impl Strategy<Value = Map<String, Value>> {
    vec((prop::sample::select(names::<Sample>()), json()), 1..3).prop_map(|given| {
        let right = [("secret", "hush"), ("id", "1")].into_iter().map(|(name, text)| (name, Value::from(text)));
        right.chain(given).map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

proptest! {
    #[test]
    fn a_record_is_read_as_itself_or_refused_in_a_sentence_that_is_known(record in record()) {
        match read::<Sample>("options", &record) {
            Ok(sample) => {
                let once = stored(&sample);
                let again: Sample = read("options", once.as_object().unwrap()).unwrap();
                prop_assert_eq!(stored(&again), once);
            }
            Err(refused) => {
                let text = refused.to_string();
                prop_assert!(sentences().iter().any(|known| text == format!("options.{known}")), "{}", text);
            }
        }
    }

    #[test]
    fn a_rule_says_the_same_of_every_text_that_breaks_it(text: String) {
        let rules =
            [Visible::RULE, Digits::RULE, JavaName::RULE, Line::<8>::RULE, Secret::<8>::RULE, Kind::RULE, Hosts::RULE];
        for rule in rules {
            if let Some(said) = rule.broken(&text) {
                prop_assert_eq!(said, format!("must be {}", rule.words()));
            }
        }
        prop_assert!(Pair::RULE.broken(&text).is_none_or(|said| said == "must hold an ="));
    }

    #[test]
    fn an_address_that_is_taken_is_one_of_the_vendor(path in "[ -~]{0,12}", at in 0usize..2) {
        let text = format!("https://{}{path}", ["push.example.com", "eu.example.com"][at]);
        if Hosts::RULE.broken(&text).is_none() {
            let url = reqwest::Url::parse(&text).unwrap();
            prop_assert!(matches!(url.host_str(), Some("push.example.com" | "eu.example.com")));
            prop_assert_eq!((url.port(), url.username(), url.query(), url.fragment()), (None, "", None, None));
        }
    }

    #[test]
    fn no_text_is_a_private_key_or_shows_in_its_refusal(text in "[ -~\n]{0,64}") {
        let record = Map::from_iter([("private_key".to_owned(), Value::from(text))]);
        let refused = PrivateKey::<64>::read(&record).and_then(|key| key.check()).unwrap_err().to_string();
        let known = ["is required", "must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form"];
        prop_assert!(known.iter().any(|rule| refused == format!("credential.private_key {rule}")), "{}", refused);
    }

    #[test]
    fn what_debug_shows_does_not_depend_on_the_text(text in "[0-9]{1,64}") {
        let record = Map::from_iter([("id".to_owned(), Value::from(text))]);
        let id: Required<Digits> = crate::record::field("credential", &record, "id").unwrap();
        prop_assert_eq!(format!("{id:?}"), "Required");
    }
}
