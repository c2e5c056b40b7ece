//! Every vendor's reader of receipts.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use shared::domain::{receipt::Event, time::Timestamp, vendor::Vendor};

use super::{Receipt, ReceiptError, ReceiptReader, Report};
use crate::{receipt_reader, testing};

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_123);
const SECRET: &str = "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8=";

fn reader(vendor: Vendor) -> &'static ReceiptReader {
    receipt_reader(vendor).unwrap()
}

fn read(vendor: Vendor, body: &str) -> Vec<Receipt> {
    let report = Report { headers: &HeaderMap::new(), body: body.as_bytes(), signing: None, now: NOW };
    (reader(vendor).read)(&report).unwrap()
}

fn signed(vendor: Vendor, header: &str, body: &str, signing: &Value, now: Timestamp) -> Result<usize, ReceiptError> {
    let mut headers = HeaderMap::new();
    headers.insert("x-huawei-callback-id", header.parse().unwrap());
    let report = Report { headers: &headers, body: body.as_bytes(), signing: Some(signing), now };
    (reader(vendor).read)(&report).map(|receipts| receipts.len())
}

fn receipt(token: &str, message: &str, event: Event, code: &str, at: Option<i64>) -> Receipt {
    Receipt {
        token: token.into(),
        param: Some("m9".into()),
        vendor_message_id: Some(message.into()),
        event,
        code: code.into(),
        at: at.map(Timestamp::from_millis),
    }
}

#[test]
fn huawei_reports_in_two_shapes() {
    let body = json!({"statuses": [
        {"token": "t1", "status": 0, "timestamp": 7, "appid": "1", "biTag": "m9", "requestId": "r"},
        {"token": "t2", "status": "2", "timestamp": "8", "biTag": "m9", "requestId": "r"},
        {"token": "t3", "biTag": "m9", "requestId": "r", "deliveryStatus": {"result": 6, "timestamp": 9}},
        {"token": "t4", "biTag": "m9", "requestId": "r", "status": 999},
        {"token": 7, "formStatus": {}}, null, {"status": 0},
    ]});
    let expected = [
        receipt("t1", "r", Event::Delivered, "0", Some(7)),
        receipt("t2", "r", Event::Unregistered, "2", Some(8)),
        receipt("t3", "r", Event::Refused, "6", Some(9)),
        receipt("t4", "r", Event::Other, "999", None),
    ];
    assert_eq!(read(Vendor::Huawei, &body.to_string()), expected);
}

#[test]
fn a_signature_of_huawei_holds_with_its_key_in_its_window_and_no_other() {
    let values = [
        ("base64", "tuqMMEmAFyIjSZ4Efzv7XGe3dJpREMKEi/6H/HyCodU="),
        ("utf8", "eZ1zXHRixrTm/YzJYaGnq8Cxy8MF7BRaG8bN5EoQxzc="),
    ];
    let body = r#"{"statuses":[{"token":"t","status":0}]}"#;
    for (mode, value) in values {
        let signing = json!({"user_name": "imcallback", "secret": SECRET, "key_mode": mode});
        let header = format!("timestamp=1767225600123;nonce=8a51c5b3-0e0e-4d1d-9c5f-3f7d1e2a9b10 ; value={value}");
        let check = |header: &str, now| signed(Vendor::Huawei, header, body, &signing, now);
        assert_eq!(check(&header, NOW), Ok(1), "{mode}");
        for seconds in [-301, 301] {
            let now = Timestamp::from_millis(NOW.as_millis() + seconds * 1000);
            assert_eq!(check(&header, now), Err(ReceiptError::Unsigned), "{seconds}");
        }
        for other in [header.replace("8a51", "8a52"), header.replace("123;", "124;"), "".into(), "value=".into()] {
            assert_eq!(check(&other, NOW), Err(ReceiptError::Unsigned), "{other}");
        }
    }
}

#[test]
fn honor_reports_deliveries_and_nothing_that_unregisters() {
    let body = json!({"statuses": [
        {"token": "t1", "biTag": "m9", "status": 40_000_002, "timestamp": 7, "requestId": "r"},
        {"token": "t2", "biTag": "m9", "status": 2, "requestId": "r"},
    ]});
    let expected =
        [receipt("t1", "r", Event::Delivered, "40000002", Some(7)), receipt("t2", "r", Event::Other, "2", None)];
    assert_eq!(read(Vendor::Honor, &body.to_string()), expected);
}

#[test]
fn xiaomi_reports_in_a_form_or_bare() {
    let map = r#"{"a":{"param":"m9","type":1,"targets":"t1,t2","timestamp":7},"b":{"param":"m9","type":16,"targets":"t3"},"c":7}"#;
    let expected = [
        receipt("t1", "a", Event::Delivered, "1", Some(7)),
        receipt("t2", "a", Event::Delivered, "1", Some(7)),
        receipt("t3", "b", Event::Unregistered, "16", None),
    ];
    assert_eq!(read(Vendor::Xiaomi, map), expected);
    assert_eq!(read(Vendor::Xiaomi, &crate::transport::form::form(&[("data", map)])), expected);
}

#[test]
fn oppo_reports_a_list() {
    let body = json!([
        {"messageId": "a", "registrationIds": "t1,t2", "eventTime": "7", "param": "m9", "eventType": "push_arrive"},
        {"messageId": "b", "registrationIds": "t3", "eventTime": 8, "param": "m9", "eventType": "regid_invalid"},
        {"messageId": "c", "registrationIds": "t4", "param": "m9", "eventType": "news"}, 7,
    ]);
    let expected = [
        receipt("t1", "a", Event::Delivered, "push_arrive", Some(7)),
        receipt("t2", "a", Event::Delivered, "push_arrive", Some(7)),
        receipt("t3", "b", Event::Unregistered, "regid_invalid", Some(8)),
        receipt("t4", "c", Event::Other, "news", None),
    ];
    assert_eq!(read(Vendor::Oppo, &body.to_string()), expected);
}

#[test]
fn vivo_reports_in_both_of_its_schemes() {
    let body = json!({
        "a": {"param": "m9", "targets": "t1"},
        "b": {"param": "m9", "targets": ["t2"], "ackTime": 7, "ackType": "0"},
        "c": {"param": "m9", "targets": "t3", "ackType": "5"},
    });
    let expected = [
        receipt("t1", "a", Event::Delivered, "0", None),
        receipt("t2", "b", Event::Delivered, "0", Some(7)),
        receipt("t3", "c", Event::Other, "5", None),
    ];
    assert_eq!(read(Vendor::Vivo, &body.to_string()), expected);
}

#[test]
fn meizu_reports_with_its_access_token() {
    let map = r#"{"a-1":{"param":"m9","type":1,"targets":["t1","t2"]},"a-2":{"param":"m9","type":2,"targets":["t1"]}}"#;
    let expected = [
        receipt("t1", "a", Event::Delivered, "1", None),
        receipt("t2", "a", Event::Delivered, "1", None),
        receipt("t1", "a", Event::Clicked, "2", None),
    ];
    assert_eq!(read(Vendor::Meizu, &crate::transport::form::form(&[("access_token", "x"), ("cb", map)])), expected);
    assert_eq!(read(Vendor::Meizu, map), expected);
    let signing = json!({"access_token": "right"});
    let check = |body: &str| signed(Vendor::Meizu, "", body, &signing, NOW);
    assert_eq!(check(&crate::transport::form::form(&[("access_token", "right"), ("cb", map)])), Ok(3));
    for given in ["wrong", "", "righ", "rightt"] {
        let body = crate::transport::form::form(&[("access_token", given), ("cb", map)]);
        assert_eq!(check(&body), Err(ReceiptError::Unsigned), "{given}");
    }
    assert_eq!(check(map), Err(ReceiptError::Unsigned));
}

#[test]
fn what_reports_are_signed_with_is_kept_apart_from_what_pushes() {
    let mut huawei = json!({"client_secret": "c", "receipt": {"secret": "s", "user_name": "u", "receipt_id": "R"}});
    let signing = (reader(Vendor::Huawei).take_signing)(&mut huawei);
    assert_eq!(signing, Some(json!({"secret": "s", "user_name": "u", "key_mode": null})));
    assert_eq!(huawei, json!({"client_secret": "c", "receipt": {"receipt_id": "R"}}));
    let mut meizu = json!({"app_secret": "c", "receipt_access_token": "s"});
    assert_eq!((reader(Vendor::Meizu).take_signing)(&mut meizu), Some(json!({"access_token": "s"})));
    assert_eq!(meizu, json!({"app_secret": "c"}));
    assert_eq!((reader(Vendor::Xiaomi).take_signing)(&mut json!({"app_secret": "c"})), None);
}

#[test]
fn nonsense_is_refused_or_says_nothing() {
    for vendor in Vendor::ALL {
        let Some(reader) = receipt_reader(vendor) else {
            continue;
        };
        for body in testing::nonsense() {
            let report = Report { headers: &HeaderMap::new(), body: &body, signing: None, now: NOW };
            if let Ok(receipts) = (reader.read)(&report) {
                assert_eq!(receipts, [], "{vendor}: {}", String::from_utf8_lossy(&body));
            }
        }
    }
}

#[test]
fn every_row_has_the_address_of_its_source() {
    for row in Vendor::ALL.into_iter().filter_map(receipt_reader).flat_map(|reader| reader.codes) {
        assert!(row.source.starts_with("https://"), "{row:?}");
    }
}
