use serde_json::{Value, json};

use super::super::NAME;
use super::{KEY_ID, SEND, caller_with_token, claims, grant, header, signed};
use crate::simulators::engine::NewCredential;
use crate::simulators::engine::jwt::{Jwt, PublicKey};
use crate::simulators::engine::time::now_ms;
use crate::simulators::fcm::account;
use crate::simulators::testing::Caller;

/// Returns the refusal of a grant with changed header and claims.
fn refused(change: impl Fn(&mut Value, &mut Value)) -> String {
    let (mut header, mut claims) = (header(), claims());
    change(&mut header, &mut claims);
    let caller = Caller::of(NAME);
    let (status, body) = caller.form("/token", &grant(&signed(&header, &claims)));
    assert_eq!(status, 400, "{body}");
    assert!(caller.last_refusal().is_some());
    format!("{}: {}", body["error"].as_str().unwrap(), body["error_description"].as_str().unwrap())
}

#[test]
fn a_signed_assertion_is_worth_an_access_token() {
    let caller = Caller::of(NAME);
    let (status, body) = caller.form("/token", &grant(&signed(&header(), &claims())));
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(3599), &json!("Bearer")));
    assert!(body["access_token"].as_str().unwrap().starts_with("ya29."));
    assert_eq!(caller.last_refusal(), None);
}

#[test]
fn an_assertion_is_refused_for_every_part_that_is_wrong() {
    let now = now_ms() / 1000;
    let time = |iat: u64, exp: u64| {
        move |_: &mut Value, claims: &mut Value| (claims["iat"], claims["exp"]) = (json!(iat), json!(exp))
    };
    let lifetime = "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes)";
    let cases: [(String, &str); 14] = [
        (refused(|header, _| header["alg"] = json!("RS512")), "invalid_grant: Invalid JWT"),
        (refused(|header, _| header["typ"] = json!("JOSE")), "invalid_grant: Invalid JWT"),
        (refused(|header, _| header["kid"] = json!("another")), "invalid_grant: Invalid JWT Signature."),
        (
            refused(|header, _| drop(header.as_object_mut().unwrap().remove("kid"))),
            "invalid_grant: Invalid JWT Signature.",
        ),
        (refused(|_, claims| claims["iss"] = json!("x@y")), "invalid_grant: Invalid grant: account not found"),
        (
            refused(|_, claims| claims["aud"] = json!("http://127.0.0.1:4700/fcm/token")),
            "invalid_grant: Invalid JWT: Failed audience",
        ),
        (refused(|_, claims| claims["scope"] = json!("")), "invalid_scope"),
        (refused(|_, claims| claims["scope"] = json!("https://www.googleapis.com/auth/drive")), "invalid_scope"),
        (refused(time(now, now + 3601)), lifetime),
        (refused(time(now + 400, now + 500)), lifetime),
        (refused(time(now - 4000, now - 400)), lifetime),
        (refused(time(now, now)), lifetime),
        (refused(|_, claims| claims["iat"] = json!(now.to_string())), lifetime),
        (refused(|_, claims| drop(claims.as_object_mut().unwrap().remove("exp"))), lifetime),
    ];
    for (got, expected) in cases {
        assert!(got.starts_with(expected), "{got} instead of {expected}");
    }
}

#[test]
fn a_clock_a_little_ahead_is_forgiven() {
    let (mut ahead, now) = (claims(), now_ms() / 1000);
    (ahead["iat"], ahead["exp"]) = (json!(now + 200), json!(now + 3800));
    assert_eq!(Caller::of(NAME).form("/token", &grant(&signed(&header(), &ahead))).0, 200);
}

#[test]
fn a_signature_of_other_bytes_is_refused() {
    let whole = signed(&header(), &claims());
    let (_, signature) = whole.rsplit_once('.').unwrap();
    let mut other = claims();
    other["exp"] = json!(other["exp"].as_u64().unwrap() - 1);
    let input = signed(&header(), &other);
    let forged = format!("{}.{signature}", input.rsplit_once('.').unwrap().0);
    let (status, body) = Caller::of(NAME).form("/token", &grant(&forged));
    assert_eq!((status, &body["error_description"]), (400, &json!("Invalid JWT Signature.")));
}

#[test]
fn a_grant_request_that_is_malformed_is_refused() {
    let assertion = signed(&header(), &claims());
    let cases = [
        (String::new(), "invalid_request"),
        ("grant_type=client_credentials".to_owned(), "unsupported_grant_type"),
        (grant(""), "invalid_request"),
        (grant("a.b"), "invalid_grant"),
        (grant(&format!("{assertion}&assertion={assertion}")), "invalid_request"),
    ];
    for (body, expected) in cases {
        let (status, answer) = Caller::of(NAME).form("/token", &body);
        assert_eq!((status, answer["error"].as_str().unwrap()), (400, expected), "{body}");
    }
    let (_, as_json) = Caller::of(NAME).post("/token", &[("content-type", "application/json")], grant(&assertion));
    assert_eq!(as_json["error"], "invalid_request");
    assert_eq!(Caller::of(NAME).call("GET", "/token", &[], "").0, 404);
}

#[test]
fn a_published_signature_verifies() {
    let jwt = concat!(
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1NjcifQ.",
        "eyJpc3MiOiJwdXNoLXNlbmRlckBpbS1kZW1vLTEyMzQuaWFtLmdzZXJ2aWNlYWNjb3VudC5jb20iLCJzY29wZSI6Imh0dHBzOi8vd3d3Lmdv",
        "b2dsZWFwaXMuY29tL2F1dGgvZmlyZWJhc2UubWVzc2FnaW5nIiwiYXVkIjoiaHR0cHM6Ly9vYXV0aDIuZ29vZ2xlYXBpcy5jb20vdG9rZW4i",
        "LCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyOTIwMH0.",
        "R87a7GDK8uQM59-kCfY53Mh0ypnR1zho4wMGbdUzMkvAc2Q_WPQ46fmCCybeRZ78HK_B-GrxQjVBqIUw3MiS83-MV93eoJM9F4t80AKNlvoD",
        "XgitpYj5DIP4YF1umR_w-0LMAW5afrhm2mS9Le15BfVivF04Eg-y42YKBQ6XQ30qIjqlZUcTDi31tVpcEbnat9Dv8eAr8ix1kSInPnkGD94A",
        "YYNeY-9NKSMoCttEFIU0eZyKwFyzpoVxes8ymebMiN7vs0GUjEoOCgCn29VaMBdXwVmElgFYDt0k2CM5qLTVGOFmjogAmuivsdQtMM4r7RjV",
        "k5gBelSj91PyPUt7Vw",
    );
    let key = PublicKey::from_base64(&account::known("p").public_key).unwrap();
    let jwt = Jwt::parse(jwt).unwrap();
    assert!(jwt.is_rs256_of(&key));
    assert_eq!(jwt.header["kid"], KEY_ID);
}

#[test]
fn access_tokens_end_in_their_time_or_on_demand() {
    let (caller, token) = caller_with_token();
    let send = |token: &str| caller.json(SEND, token, "{}").0;
    assert_eq!(send(&token), 400, "a good token comes as far as the body");
    assert_eq!(caller.control.expire_tokens(Some(NAME)), 1);
    assert_eq!(send(&token), 401);

    let short = NewCredential { token_lifetime_seconds: Some(0), ..account::account().credential(NAME) };
    caller.control.add_credential(short).unwrap();
    let (_, body) = caller.form("/token", &grant(&signed(&header(), &claims())));
    assert_eq!(body["expires_in"], 0);
    assert_eq!(send(body["access_token"].as_str().unwrap()), 401);
}

#[test]
fn an_account_is_registered_only_with_a_key_and_known_fields() {
    let caller = Caller::of(NAME);
    let add = |change: fn(&mut Value)| {
        let mut credential = account::account().credential(NAME);
        change(&mut credential.record);
        caller.control.add_credential(credential)
    };
    assert!(add(|_| ()).is_ok());
    assert!(add(|record| record["public_key"] = json!("AAAA")).is_err());
    assert!(add(|record| record["extra"] = json!(1)).is_err());
    assert!(caller.control.add_credential(NewCredential::new("nobody", json!({}))).is_err());
    assert!(caller.control.remove_credential(NAME, "push-sender@im-demo-1234.iam.gserviceaccount.com"));
    let (_, body) = caller.form("/token", &grant(&signed(&header(), &claims())));
    assert_eq!(body["error_description"], "Invalid grant: account not found");
}
