use serde_json::json;

use super::super::{NAME, SEND, auth::sign};
use super::{TOKEN, body, caller, chat, send, signed};
use crate::simulators::engine::NewCredential;
use crate::simulators::meizu::account::{self, APP, SECRET};

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The example of <https://github.com/MEIZUPUSH/PushAPI>. Its secret is these twelve characters.
#[test]
fn the_signature_is_that_of_meizus_own_example() {
    let message = r#"{"title":"title","content":"content","pushTimeInfo":{"offLine":1,"validTime":24}}"#;
    let fields = pairs(&[("pushIds", TOKEN), ("appId", "10000"), ("messageJson", message), ("sign", "not signed")]);
    assert_eq!(sign(&fields, "<APP_SECRET>"), "ac076ff25d9900015a681cb5172aa53b");
}

#[test]
fn every_field_but_the_signature_is_needed_and_signed() {
    let caller = caller();
    let message = chat().to_string();
    let whole = [("appId", APP), ("pushIds", TOKEN), ("messageJson", &message)];
    assert_eq!(caller.form(SEND, &signed(&whole, SECRET)).1["code"], "200");
    for missing in 0..whole.len() {
        let mut fields = whole.to_vec();
        fields.remove(missing);
        assert_eq!(caller.form(SEND, &signed(&fields, SECRET)).1["code"], "110004");
        fields.push((whole[missing].0, ""));
        assert_eq!(caller.form(SEND, &signed(&fields, SECRET)).1["code"], "110004");
    }
    assert_eq!(caller.form(SEND, &body(&pairs(&whole))).1["code"], "110004", "no signature");
    let late = signed(&whole, SECRET) + "&restrictedPackageNames=com.example.im";
    assert_eq!(caller.form(SEND, &late).1["code"], "1006", "a field that was not signed");
    assert_eq!(caller.form(SEND, &(signed(&whole, SECRET) + "&appId=1")).1["code"], "1005", "a field twice");
}

#[test]
fn a_wrong_secret_an_unknown_app_and_a_blacklisted_one_have_codes() {
    let caller = caller();
    let message = chat().to_string();
    let of = |app: &str, secret: &str| {
        let fields = [("appId", app), ("pushIds", TOKEN), ("messageJson", message.as_str())];
        let (status, answer) = caller.form(SEND, &signed(&fields, secret));
        assert_eq!((status, &answer["value"]), (200, &json!("")));
        answer["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(of(APP, "wrong"), "1006");
    assert_eq!(of("1", SECRET), "110000");
    let mut known = account::known();
    known.blacklisted = true;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    assert_eq!(of(APP, SECRET), "110009");
    assert!(caller.last_refusal().unwrap().contains("blacklist"));
}

#[test]
fn only_forms_posted_to_the_path_are_read() {
    let caller = caller();
    assert_eq!(caller.form("/garcia/api/server/push/unvarnished/pushByPushId", "").0, 404);
    assert_eq!(caller.call("GET", SEND, &[], "").0, 405);
    assert_eq!(caller.post(SEND, &[("content-type", "application/json")], chat().to_string()).0, 400);
    assert_eq!(send(&caller, &[TOKEN], &chat()).0, 200);
}

#[test]
fn requests_are_limited_by_the_second() {
    let caller = caller();
    let mut known = account::known();
    known.requests_per_second = 2;
    caller.control.add_credential(NewCredential::new(NAME, serde_json::to_value(known).unwrap())).unwrap();
    let codes = [(); 3].map(|()| send(&caller, &[TOKEN], &chat()).1["code"].clone());
    assert_eq!(codes, ["200", "200", "110010"]);
}
