//! What each form takes, and what it says of the rest.

use serde_json::json;

use super::{Hosts, Kind, Pair, read, refusal};
use crate::record::{Address, Digits, Form, JavaName, Line, Optional, Required, Rule, Secret, Visible};

/// Checks which texts a form takes, and that it says the same of all others.
fn check<F: Form>(takes: &[&str], refuses: &[&str], rule: &str) {
    for text in takes {
        assert_eq!(F::RULE.broken(text), None, "{text:?}");
    }
    for text in refuses {
        assert_eq!(F::RULE.broken(text).as_deref(), Some(rule), "{text:?}");
    }
}

#[test]
fn visible_characters_exclude_spaces_control_characters_and_all_beyond_ascii() {
    let (longest, longer) = ("a".repeat(256), "a".repeat(257));
    let refuses = ["a b", "a\n", "\u{7f}", "é", longer.as_str()];
    check::<Visible>(&["!", "~", longest.as_str()], &refuses, "must be 1 to 256 visible ASCII characters");
}

#[test]
fn digits_may_be_more_than_a_number_holds() {
    let (longest, longer) = ("9".repeat(64), "9".repeat(65));
    let refuses = ["-1", "1.5", " 1", "٣", longer.as_str()];
    check::<Digits>(&["0", "007", longest.as_str()], &refuses, "must be a string of 1 to 64 digits");
}

#[test]
fn a_java_name_has_letters_digits_dots_underscores_and_dollars() {
    let (longest, longer) = ("a".repeat(256), "a".repeat(257));
    let refuses = ["a-b", "a b", "a/b", "ü", longer.as_str()];
    check::<JavaName>(&["com.a_b.C$1", longest.as_str()], &refuses, "must be a Java name of at most 256 characters");
}

#[test]
fn a_line_counts_bytes_and_takes_no_control_characters() {
    let refuses = ["abcde", "ééé", "a\nb", "a\u{0}", "\u{85}"];
    check::<Line<4>>(&["abcd", "éé", "a b"], &refuses, "must be at most 4 bytes without control characters");
}

#[test]
fn a_secret_is_taken_as_it_is_up_to_its_length() {
    check::<Secret<4>>(&["a\nb\n", "éé"], &["abcde", "ééé"], "must be at most 4 bytes long");
}

#[test]
fn one_of_some_words_is_spelled_as_they_are() {
    check::<Kind>(&["fast", "slow"], &["Fast", "fast ", "fas", "fast, slow"], "must be one of: fast, slow");
}

#[test]
fn a_rule_of_its_own_says_itself_what_is_wrong() {
    check::<Pair>(&["a=b", "="], &["ab"], "must hold an =");
}

#[test]
fn an_address_is_https_on_a_host_of_the_vendor_and_nothing_else() {
    let takes = [
        "https://push.example.com",
        "https://push.example.com/",
        "https://push.example.com/a/v3/token",
        "https://eu.example.com/a.b-c_d~e:f",
    ];
    let refuses = [
        "http://push.example.com/token",
        "https://push.example.com.evil.org/token",
        "https://push.example.com@evil.org/token",
        "https://user@push.example.com/token",
        "https://push.example.com:8443/token",
        "https://push.example.com:443",
        "https://push.example.com/token?next=evil",
        "https://push.example.com/token#evil",
        "https://push.example.com\\@evil.org/",
        "https://push.example.com/a b",
        "https://push.example.com/%2e%2e",
        "https://PUSH.example.com/",
        "HTTPS://push.example.com/",
        " https://push.example.com/",
        "https://169.254.169.254/latest",
        "https://",
        "//push.example.com/token",
        "push.example.com",
    ];
    check::<Hosts>(&takes, &refuses, "must be an https address on push.example.com or eu.example.com");
}

#[test]
fn a_missing_text_is_told_its_rule_and_a_missing_secret_nothing_of_it() {
    assert_eq!(Digits::RULE.required(), "is required: a string of 1 to 64 digits");
    assert_eq!(Kind::RULE.required(), "is required: one of: fast, slow");
    assert_eq!(Pair::RULE.required(), "is required: a pair");
    assert_eq!(Rule::Line(4).required(), "is required: at most 4 bytes without control characters");
    assert_eq!(Rule::Secret(4).required(), "is required");
}

#[test]
fn an_address_is_the_usual_one_where_none_is_given_and_has_no_slash_at_its_end() {
    #[derive(serde::Deserialize)]
    struct At {
        url: Address<Hosts>,
    }
    let url = |value| read::<At>(&value).map(|at| at.url.to_string());
    for absent in [json!({}), json!({"url": null}), json!({"url": ""})] {
        assert_eq!(url(absent).unwrap(), "https://push.example.com/v1");
    }
    assert_eq!(Address::<Hosts>::default().to_string(), "https://push.example.com/v1");
    assert_eq!(url(json!({"url": "https://eu.example.com/a//"})).unwrap(), "https://eu.example.com/a");
    let elsewhere = refusal(url(json!({"url": "https://evil.org"})));
    assert_eq!(elsewhere, "options.url must be an https address on push.example.com or eu.example.com");
}

#[test]
fn debug_shows_no_text() {
    #[derive(Debug, serde::Deserialize)]
    struct Shown {
        #[expect(dead_code, reason = "shown by Debug alone")]
        secret: Required<Secret<8>>,
        #[expect(dead_code, reason = "shown by Debug alone")]
        label: Optional<Line<8>>,
    }
    let shown: Shown = read(&json!({"secret": "hush", "label": "hush"})).unwrap();
    assert_eq!(format!("{shown:?}"), "Shown { secret: Required, label: Some }");
}
