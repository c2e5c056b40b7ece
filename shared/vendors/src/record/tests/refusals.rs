//! Which field a refusal names, which rule, and which of several faults comes first.

use serde_json::{Map, Value, json};
use shared::{domain::outcome::CallError, ports::vendor::Credential};

use super::{Kind, Sample, read, refusal};
use crate::{
    record::{self, NoFacts, Optional, PrivateKey, account_of, field, names, rejected, settings_of},
    testing::{Call, object, test_key},
};

/// A field, a value that it refuses, a value that it takes, and what the refusal says. In the order of declaration.
fn faults() -> Vec<(&'static str, Value, Value, &'static str)> {
    vec![
        ("secret", json!("123456789"), json!("hush"), "secret must be at most 8 bytes long"),
        ("id", json!("x"), json!("1"), "id must be a string of 1 to 64 digits"),
        ("label", json!("a\nb"), json!("news"), "label must be at most 8 bytes without control characters"),
        ("kind", json!("soon"), json!("fast"), "kind must be one of: fast, slow"),
        ("pair", json!("ab"), json!("a=b"), "pair must hold an ="),
        (
            "url",
            json!("https://evil.org"),
            json!("https://eu.example.com"),
            "url must be an https address on push.example.com or eu.example.com",
        ),
        ("count", json!(10), json!(9), "count must be a number from 0 to 9"),
        ("quiet", json!("yes"), json!(true), "quiet must be true or false"),
        (
            "names",
            json!(["a-b"]),
            json!(["a.B"]),
            "names must be a list of at most 2, each a Java name of at most 256 characters",
        ),
        (
            "x_click",
            json!({"action": "a.B", "inner": {"kind": "soon"}}),
            json!({"action": "a.B", "inner": {"kind": "slow"}}),
            "x_click.inner.kind must be one of: fast, slow",
        ),
        ("by_class", json!({"chat": "soon"}), json!({"chat": "fast"}), "by_class.chat must be one of: fast, slow"),
        (
            "steps",
            json!([{"action": "a.B"}, {}]),
            json!([{"action": "a.B"}]),
            "steps.action is required: a Java name of at most 256 characters",
        ),
    ]
}

#[test]
fn the_first_fault_in_the_order_of_declaration_is_told() {
    let faults = faults();
    let mut record: Map<String, Value> =
        faults.iter().map(|(name, wrong, ..)| ((*name).to_owned(), wrong.clone())).collect();
    for (name, _, right, said) in faults {
        assert_eq!(refusal(read::<Sample>(&Value::Object(record.clone()))), format!("options.{said}"));
        record.insert(name.to_owned(), right);
    }
    assert!(read::<Sample>(&Value::Object(record)).is_ok());
}

#[test]
fn a_value_of_another_type_is_told_the_type_or_the_rule() {
    let with = |name: &str, value: Value| {
        let mut record = json!({"secret": "hush", "id": "1"});
        record[name] = value;
        refusal(read::<Sample>(&record))
    };
    for name in ["secret", "id", "label", "kind", "pair", "url"] {
        for value in [json!(1), json!(true), json!(["a"]), json!({"a": "b"})] {
            assert_eq!(with(name, value), format!("options.{name} must be a string"));
        }
    }
    for value in [json!("1"), json!(-1), json!(0.5), json!(u64::MAX), json!(1e300), json!([1]), json!({})] {
        assert_eq!(with("count", value), "options.count must be a number from 0 to 9");
    }
    for value in [json!(1), json!("true"), json!([true])] {
        assert_eq!(with("quiet", value), "options.quiet must be true or false");
    }
    let names = "options.names must be a list of at most 2, each a Java name of at most 256 characters";
    for value in [json!("a"), json!(["a", "b", "c"]), json!([1]), json!([""]), json!([null]), json!({"a": "b"})] {
        assert_eq!(with("names", value), names);
    }
    for value in [json!("a"), json!(1), json!([])] {
        assert_eq!(with("x_click", value.clone()), "options.x_click must be an object");
        assert_eq!(
            with("x_click", json!({"action": "a.B", "inner": value})),
            "options.x_click.inner must be an object"
        );
    }
    assert_eq!(with("steps", json!([1])), "options.steps must be an object");
}

#[test]
fn null_and_the_empty_text_count_as_absent_and_unknown_fields_are_ignored() {
    for absent in
        [json!({"secret": "hush"}), json!({"secret": "hush", "id": null}), json!({"secret": "hush", "id": ""})]
    {
        assert_eq!(refusal(read::<Sample>(&absent)), "options.id is required: a string of 1 to 64 digits");
    }
    assert_eq!(refusal(read::<Sample>(&json!({"id": "1"}))), "options.secret is required");
    let nulls: Map<String, Value> = names::<Sample>().iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let mut record = Value::Object(nulls);
    record["secret"] = json!("hush");
    record["id"] = json!("1");
    record["unknown"] = json!({"id": 1});
    let sample: Sample = read(&record).unwrap();
    assert_eq!((sample.label.get(), sample.kind.get(), sample.count), (None, None, None));
    assert!(!sample.quiet.get() && sample.names.is_empty() && sample.click.is_none());
}

#[test]
fn a_field_by_itself_is_refused_under_its_own_name() {
    let kind = |record: &Map<String, Value>| {
        field::<Optional<Kind>>("credential", record, "kind").map(|kind| kind.get().map(str::to_owned))
    };
    assert_eq!(kind(&object(json!({"kind": "fast"}))).unwrap().as_deref(), Some("fast"));
    assert_eq!(kind(&object(json!({"kind": null}))).unwrap(), None);
    assert_eq!(kind(&Map::new()).unwrap(), None);
    let refused = kind(&object(json!({"kind": "hush"}))).unwrap_err();
    assert_eq!(
        (refused.field(), refused.to_string()),
        ("credential.kind", "credential.kind must be one of: fast, slow".to_owned())
    );
}

#[test]
fn a_stored_credential_that_breaks_a_rule_is_a_credential_that_does_not_serve() {
    let read = |record: Value| {
        let credential = Credential::new(record, "fingerprint".to_owned());
        account_of::<Sample>(&credential).err()
    };
    let unusable = |code: &str| Some(CallError::Credential { code: code.to_owned() });
    assert_eq!(read(json!({"secret": "hush", "id": "1"})), None);
    assert_eq!(read(json!({"secret": "hush"})), unusable("credential.id is required: a string of 1 to 64 digits"));
    assert_eq!(read(json!("hush")), unusable("credential must be an object"));
}

#[test]
fn options_of_a_message_have_the_vendors_prefix_and_a_refusal_names_it() {
    let read = |options: Value| {
        let mut call = Call::new(json!({}), &["t1"]);
        call.notification.options = object(options);
        settings_of::<Sample>(&call.as_call()).map(|settings| settings.own.kind.get().map(str::to_owned))
    };
    assert_eq!(read(json!({"acme_kind": "fast", "kind": "slow"})), Ok(Some("fast".to_owned())));
    assert_eq!(read(json!({"kind": "soon", "other_kind": "soon"})), Ok(None));
    let code = "em_android_push_ext.acme_kind must be one of: fast, slow".to_owned();
    assert_eq!(read(json!({"acme_kind": "soon"})), Err(CallError::Rejected { code }));
}

#[test]
fn options_that_break_a_rule_reject_the_push() {
    let refused = record::read::<Sample>("options", &Map::new()).err().unwrap();
    assert_eq!(rejected(refused), CallError::Rejected { code: "options.secret is required".to_owned() });
}

#[test]
fn a_private_key_is_refused_under_the_name_that_it_has_in_the_record() {
    let check = |record: Value| {
        PrivateKey::<16_384>::read(&object(record)).and_then(|key| key.check()).map_err(|refused| refused.to_string())
    };
    let rule = "must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form";
    assert_eq!(check(json!({"private_key": test_key::pem()})), Ok(()));
    assert_eq!(check(json!({"private_key_pem": test_key::pem(), "private_key": "hush"})), Ok(()));
    assert_eq!(check(json!({"private_key": "hush"})), Err(format!("credential.private_key {rule}")));
    assert_eq!(check(json!({"private_key_pem": "hush"})), Err(format!("credential.private_key_pem {rule}")));
    assert_eq!(check(json!({"private_key_pem": null})), Err("credential.private_key is required".to_owned()));
    assert_eq!(check(json!({"private_key": 1})), Err("credential.private_key must be a string".to_owned()));
    let long = "a".repeat(16_385);
    assert_eq!(
        check(json!({"private_key": long})),
        Err("credential.private_key must be at most 16384 bytes long".to_owned())
    );
}

#[test]
fn the_names_of_options_are_those_of_the_fields_in_their_order() {
    let declared: Vec<_> = faults().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names::<Sample>(), declared);
    assert!(names::<NoFacts>().is_empty());
    assert!(names::<String>().is_empty());
}
