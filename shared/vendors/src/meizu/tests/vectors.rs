use shared::testing::sample;

use crate::{
    meizu::{
        auth::sign,
        payload::{Payload, notify_key},
        rules::Account,
    },
    record::Configured,
    testing::{Call, object},
    transport::form::form,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TOKENS: [&str; 2] =
    ["RA50c6348036344485d01776773577c64740465480a6b", "J0476035d625e6c64567f71487e040e7d017f0558675b"];

/// The example of <https://github.com/MEIZUPUSH/PushAPI>, without the blanks that its text, but not its hash, has. The
/// secret really is these twelve characters.
#[test]
fn the_signature_is_that_of_meizus_own_example() {
    let message = r#"{"title":"title","content":"content","pushTimeInfo":{"offLine":1,"validTime":24}}"#;
    let fields = [("appId", "10000"), ("pushIds", TOKENS[0]), ("messageJson", message)];
    assert_eq!(sign(&fields, "<APP_SECRET>"), "ac076ff25d9900015a681cb5172aa53b");
}

#[test]
fn values_are_signed_as_they_are_and_sent_escaped() {
    let message = r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"张三","content":"你好 a&b=c"},"clickTypeInfo":{"clickType":0}}"#;
    let mut fields = vec![("appId", "100999"), ("pushIds", ""), ("messageJson", message)];
    let push_ids = TOKENS.join(",");
    fields[1].1 = &push_ids;
    let signature = sign(&fields, SECRET);
    assert_eq!(signature, "cae69a2cc27b3f918b2e824d9671331d");
    fields.push(("sign", &signature));
    let body = "appId=100999&pushIds=RA50c6348036344485d01776773577c64740465480a6b%2CJ0476035d625e6c64567f71487e040e7d017f0558675b\
        &messageJson=%7B%22noticeBarInfo%22%3A%7B%22noticeMsgType%22%3A1%2C%22noticeBarType%22%3A0%2C%22title%22%3A%22%E5%BC%A0\
        %E4%B8%89%22%2C%22content%22%3A%22%E4%BD%A0%E5%A5%BD+a%26b%3Dc%22%7D%2C%22clickTypeInfo%22%3A%7B%22clickType%22%3A0%7D%7D\
        &sign=cae69a2cc27b3f918b2e824d9671331d";
    assert_eq!(form(&fields), body.replace('+', "%20"), "a blank may be written in two ways");
}

#[test]
fn every_field_is_signed_whatever_its_place() {
    let packages = ("restrictedPackageNames", "com.a,com.b");
    let fields = [packages, ("pushIds", "abc"), ("messageJson", "{}"), ("appId", "100999")];
    assert_eq!(sign(&fields, SECRET), "95783a408b1d12ec62651986cdcf8ea5");
    assert_eq!(sign(&fields[1..], SECRET), "9d620ddff5f7ba9f89e953f0073353f9");
}

/// Signature and key were computed by another implementation, Python's `hashlib`.
#[test]
fn a_push_is_written_to_the_byte() {
    let call = Call::new(super::record(), &TOKENS);
    let record = object(super::record());
    let account = Account::read(&record).unwrap();
    let payload = Payload::new(&call.as_call(), &account).unwrap();
    let tokens = TOKENS.map(sample::token);
    let body = payload.to(&tokens.iter().collect::<Vec<_>>());
    let message = concat!(
        r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"Alice","content":"Are you coming tonight?"},"#,
        r#""clickTypeInfo":{"clickType":0,"parameters":{"e":"{\"room\":7}","f":"alice","m":"01K0000000000000000000000M","t":"bob"}},"#,
        r#""pushTimeInfo":{"offLine":1,"validTime":24},"#,
        r#""advanceInfo":{"suspend":1,"clearNoticeBar":1,"notificationType":{"vibrate":1,"lights":1,"sound":1},"notifyKey":"6MQo6624"}}"#
    );
    let push_ids = TOKENS.join(",");
    let fields = [
        ("appId", "100999"),
        ("pushIds", &push_ids),
        ("messageJson", message),
        ("sign", "9cb0b85149f09d4379cb4e6f2816c251"),
    ];
    assert_eq!(body, form(&fields));
}

/// The first 48 bits of SHA-256 in base64url, by Python's `hashlib` and `base64`.
#[test]
fn the_key_to_replace_by_follows_from_the_replace_id() {
    assert_eq!(notify_key("m1"), "yg3yyVqh");
}
