use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Outcome},
        vendor::Vendor,
    },
    ports::vendor::{CallReport, Credential},
    testing::sample,
};

use super::{field, fields, record, targets};
use crate::{
    client,
    message::replace_id,
    testing::{Call, Say, Server, deps, failure, nonsense, object, of_each_class, warnings},
};

async fn push(server: &Server, call: &Call) -> CallReport {
    client(Vendor::Xiaomi, &deps(server)).send(call.as_call()).await
}

fn call(tokens: &[&str]) -> Call {
    Call::new(record(), tokens)
}

fn call_of(count: usize) -> Call {
    let mut call = call(&[]);
    call.tokens = (0..count).map(|number| sample::token(&format!("t+/{number}=="))).collect();
    call
}

fn taken() -> Say {
    taken_but("")
}

fn taken_but(bad: &str) -> Say {
    let mut data = json!({"id": "slm1", "day_quota": "500000", "day_acked": "1203"});
    if !bad.is_empty() {
        data["bad_regids"] = json!(bad);
    }
    Say::json(200, json!({"result": "ok", "trace_id": "Xcm1", "code": 0, "data": data, "description": "成功"}))
}

fn error(code: i64) -> Say {
    Say::json(200, json!({"result": "error", "reason": "no", "trace_id": "Xlm1", "code": code}))
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("slm1".into()) }
}

fn dead() -> Outcome {
    Outcome::Unregistered { code: "bad_regids".into(), certain: true }
}

fn suspect(code: &str) -> Outcome {
    Outcome::Unregistered { code: code.into(), certain: false }
}

async fn sent(call: &Call) -> HashMap<String, String> {
    let server = Server::start(|_| taken());
    push(&server, call).await.outcomes.unwrap();
    fields(server.seen()[0].text()).into_iter().collect()
}

// ----- what is sent -----

#[tokio::test]
async fn a_push_is_one_form_with_the_secret_as_its_key() {
    let server = Server::start(|_| taken());
    let report = push(&server, &call(&["wM5Vf0+9oQ7rK1y/b2Zk8g==", "t2"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), accepted()]));
    assert_eq!((&report.answer["code"], &report.answer["data"]["id"]), (&json!(0), &json!("slm1")));

    let seen = server.seen();
    assert_eq!(seen.len(), 1, "nothing to exchange first");
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/xiaomi/v3/message/regid"));
    assert_eq!(seen[0].header("authorization"), Some("key=3kq9v7bTq0m1uY2w5x8z0A=="));
    assert_eq!(seen[0].header("content-type"), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    let id = replace_id::number("01K0000000000000000000000M").to_string();
    let expected = [
        ("registration_id", "wM5Vf0+9oQ7rK1y/b2Zk8g==,t2"),
        ("restricted_package_name", "com.example.im"),
        ("pass_through", "0"),
        ("title", "Alice"),
        ("description", "Are you coming tonight?"),
        ("payload", r#"{"e":{"room":7},"f":"alice","m":"01K0000000000000000000000M","t":"bob"}"#),
        ("notify_type", "-1"),
        ("notify_id", &id),
        ("time_to_live", "86400000"),
        ("extra.notify_effect", "1"),
    ];
    assert_eq!(fields(seen[0].text()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn options_of_the_message_beat_those_of_the_notifier_and_these_the_records() {
    let mut record = record();
    record["default_channel_id"] = json!("107000");
    let mut call = Call::new(record.clone(), &["t1"]);
    assert_eq!(sent(&call).await["extra.channel_id"], "107000");
    record["channels"] = json!({"im": "107001", "call": "107009"});
    call.credential = Credential::new(record, "fingerprint".into());
    assert_eq!(sent(&call).await["extra.channel_id"], "107001");
    call.options = object(json!({
        "channel_id": "107002", "click_action": "https://example.com/chat", "notify_type": 1,
        "notify_foreground": true, "sound_uri": "android.resource://com.example.im/raw/ring"
    }));
    let form = sent(&call).await;
    assert_eq!((form["extra.channel_id"].as_str(), form["notify_type"].as_str()), ("107002", "1"));
    assert_eq!(
        (form["extra.notify_effect"].as_str(), form["extra.web_uri"].as_str()),
        ("3", "https://example.com/chat")
    );
    assert_eq!(form["extra.notify_foreground"], "1");
    assert_eq!(form["extra.sound_uri"], "android.resource://com.example.im/raw/ring");

    call.notification.options =
        object(json!({"xiaomi_channel_id": "107003", "xiaomi_click_action": "com.example.im.OPEN_CHAT"}));
    let form = sent(&call).await;
    assert_eq!(form["extra.channel_id"], "107003");
    assert_eq!(form["extra.notify_effect"], "2");
    assert_eq!(form["extra.intent_uri"], "intent:#Intent;action=com.example.im.OPEN_CHAT;end");
    assert!(!form.contains_key("extra.web_uri"));
}

#[tokio::test]
async fn a_template_gets_title_and_body_as_it_can_show_them() {
    let mut record = record();
    record["templates"] = json!({"im": {"id": "P1", "params": ["text"]}});
    let mut call = Call::new(record, &["t1"]);
    call.notification.body = "好的👍".into();
    let form = sent(&call).await;
    assert_eq!(form["description"], "好的👍");
    assert_eq!(form["extra.template_id"], "P1");
    assert_eq!(form["extra.template_param"], r#"{"text":"好的[表情]"}"#);

    call.notification.options = object(json!({"xiaomi_channel_id": "107003"}));
    assert!(!sent(&call).await.contains_key("extra.template_id"), "the template is for the notifier's channel");
}

#[tokio::test]
async fn receipts_are_asked_for_where_an_address_is_configured() {
    let mut record = record();
    record["callback_url"] = json!("https://push.example.com/cb");
    let mut call = Call::new(record, &["t1"]);
    call.notification.custom = object(json!({"m": "é".repeat(40)}));
    let form = sent(&call).await;
    assert_eq!(
        (form["extra.callback"].as_str(), form["extra.callback.type"].as_str()),
        ("https://push.example.com/cb", "51")
    );
    assert_eq!(form["extra.callback.param"], "é".repeat(32));
    call.options = object(json!({"callback_type": 17}));
    assert_eq!(sent(&call).await["extra.callback.type"], "17");
}

#[tokio::test]
async fn long_texts_are_cut_a_long_life_is_shortened_and_blanks_become_words() {
    let mut call = call(&["t1"]);
    call.notification.title = "题".repeat(50);
    call.notification.body = "文".repeat(128);
    call.notification.custom.clear();
    call.ttl = Duration::MAX;
    let form = sent(&call).await;
    assert_eq!(form["title"], "题".repeat(48) + "…");
    assert_eq!(form["description"], "文".repeat(126) + "…");
    assert_eq!(form["time_to_live"], "864000000");
    assert!(!form.contains_key("payload"));

    call.notification.title = " \t".into();
    call.notification.body = "\u{3000}".into();
    let form = sent(&call).await;
    assert_eq!((form["title"].as_str(), form["description"].as_str()), ("您有一条新消息", "请点击查看"));
}

#[tokio::test]
async fn what_xiaomi_would_refuse_is_not_sent() {
    let server = Server::start(|_| taken());
    let mut large = call(&["t1"]);
    large.notification.custom = object(json!({"e": "x".repeat(4096)}));
    assert_eq!(push(&server, &large).await.outcomes, Err(CallError::Rejected { code: "65009".into() }));

    let mut wrong = call(&["t1"]);
    wrong.notification.options = object(json!({"xiaomi_channel_id": 7}));
    let code = "em_android_push_ext.xiaomi_channel_id must be a string".to_owned();
    assert_eq!(push(&server, &wrong).await.outcomes, Err(CallError::Rejected { code }));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_token_cannot_smuggle_in_another() {
    let server = Server::start(|_| taken());
    let report = push(&server, &call(&["t1", "t2,t9", "t3"])).await;
    let refused = Outcome::Refused { code: "a comma in the token".into() };
    assert_eq!(report.outcomes, Ok(vec![accepted(), refused, accepted()]));
    assert_eq!(server.seen().iter().flat_map(targets).collect::<Vec<_>>(), ["t1", "t3"]);
    let report = push(&server, &call(&["t1&title=x%26"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted()]));
    assert_eq!(field(&server.seen()[2], "registration_id").as_deref(), Some("t1&title=x%26"));
}

// ----- batches -----

#[tokio::test]
async fn named_tokens_are_unregistered_and_the_others_accepted() {
    let server = Server::start(|_| taken_but("t2"));
    let report = push(&server, &call(&["t1", "t2", "t3"])).await;
    assert_eq!(report.outcomes, Ok(vec![accepted(), dead(), accepted()]));
}

#[tokio::test]
async fn a_failed_request_of_a_few_tokens_is_repeated_token_by_token() {
    let server = Server::start(|seen| match targets(seen).len() {
        1 if targets(seen)[0].contains('3') => error(20301),
        1 => taken(),
        _ => error(20301),
    });
    assert_eq!(push(&server, &call(&["t3"])).await.outcomes, Ok(vec![suspect("20301")]));
    assert_eq!(server.seen().len(), 1);
    let outcomes = push(&server, &call(&["t1", "t2", "t3", "t4"])).await.outcomes;
    assert_eq!(outcomes, Ok(vec![accepted(), accepted(), suspect("20301"), accepted()]));
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn a_failed_request_of_many_tokens_is_repeated_in_halves_and_unregisters_nobody() {
    for code in [20301, 10029, 10018] {
        let server = Server::start(move |seen| match targets(seen).len() {
            10 => taken(),
            _ => error(code),
        });
        let outcomes = push(&server, &call_of(20)).await.outcomes;
        assert_eq!(outcomes, Ok(vec![accepted(); 20]), "{code}");

        let server = Server::start(move |seen| match targets(seen).len() {
            11 => taken(),
            _ => error(code),
        });
        let outcomes = push(&server, &call_of(21)).await.outcomes.unwrap();
        let refused = Outcome::Refused { code: code.to_string() };
        assert_eq!(outcomes, [vec![accepted(); 11], vec![refused; 10]].concat());
        assert_eq!(server.seen().len(), 3, "once, and no further");

        let server = Server::start(move |_| error(code));
        let outcomes = push(&server, &call_of(1000)).await.outcomes;
        assert_eq!(outcomes, Err(CallError::Rejected { code: code.to_string() }));
        assert_eq!(server.seen().len(), 3);
    }
}

#[tokio::test]
async fn a_request_that_fails_costs_its_own_tokens_a_delay() {
    let server = Server::start(|seen| if targets(seen).len() == 1000 { taken() } else { error(200_002) });
    let outcomes = push(&server, &call_of(1001)).await.outcomes.unwrap();
    assert_eq!(outcomes[..1000], vec![accepted(); 1000]);
    let after = Some(Duration::from_secs(1));
    assert_eq!(
        outcomes[1000],
        Outcome::Transient { retry_reason: RetryReason::Throttled, code: "200002".into(), after }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the vendor says of whole requests: each token is taken once, or not at all and then it is not accepted.
    #[test]
    fn no_token_is_lost_or_doubled(count in 1usize..2500, failed: [bool; 9], commas in prop::collection::vec(0usize..2500, 0..3)) {
        let asked = AtomicUsize::new(0);
        let server = Server::start(move |seen| {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            if failed[number % 9] || targets(seen).iter().any(|token| token.contains("t+/7=")) { error(20301) } else { taken() }
        });
        let mut call = call_of(count);
        for at in commas {
            if let Some(token) = call.tokens.get_mut(at) {
                *token = sample::token(&format!("comma,{at}"));
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcomes = runtime.block_on(push(&server, &call)).outcomes;
        let outcomes = outcomes.unwrap_or_else(|_| vec![Outcome::Refused { code: "20301".into() }; count]);

        let mut asked = HashMap::<String, usize>::new();
        for seen in server.seen() {
            let targets = targets(&seen);
            prop_assert!((1..=1000).contains(&targets.len()));
            for target in targets {
                *asked.entry(target).or_default() += 1;
            }
        }
        prop_assert_eq!(outcomes.len(), count);
        for (token, outcome) in call.tokens.iter().zip(outcomes) {
            let times = asked.remove(token.expose()).unwrap_or_default();
            let comma = token.expose().contains(',');
            prop_assert!(times <= 2 && (times == 0) == comma);
            let word = match outcome {
                Outcome::Accepted { .. } => "accepted",
                Outcome::Refused { .. } => "refused",
                Outcome::Unregistered { certain: false, .. } => "suspect",
                outcome => panic!("{outcome:?}"),
            };
            let failing = comma || token.expose() == "t+/7==";
            prop_assert!(!failing || word != "accepted");
        }
        prop_assert!(asked.is_empty());
    }
}

// ----- the credential -----

#[tokio::test]
async fn a_refused_secret_is_a_bad_credential_and_is_not_shown() {
    for code in [21301, 21302] {
        let server = Server::start(move |seen| {
            let reason = format!("authorization failed for {}", seen.header("authorization").unwrap());
            Say::json(200, json!({"result": "error", "reason": reason, "code": code}))
        });
        let report = push(&server, &call(&["t1"])).await;
        assert_eq!(report.outcomes, Err(CallError::Credential { code: code.to_string() }));
        assert_eq!(report.answer["reason"], "authorization failed for key=***");
        assert_eq!(server.seen().len(), 1, "nothing to renew");
    }
}

#[tokio::test]
async fn a_record_that_is_no_account_is_a_bad_credential() {
    let server = Server::start(|_| taken());
    for record in [Value::Null, json!([]), json!({}), json!({"app_secret": "x"}), json!({"app_secret": "a\nb"})] {
        let report = push(&server, &Call::new(record, &["t1"])).await;
        assert_eq!(report.outcomes.map_err(|error| failure(&error)), Err("credential".into()));
    }
    assert!(server.seen().is_empty());
}

// ----- a vendor in trouble -----

async fn trouble(say: Say) -> String {
    let server = Server::start(move |_| say.clone());
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(server.seen().len(), 1, "no repeat in process");
    report.outcomes.map_or_else(|error| failure(&error), |outcomes| format!("{outcomes:?}"))
}

#[tokio::test]
async fn limits_wait_as_long_as_they_say_or_until_the_quota_begins_anew() {
    assert_eq!(trouble(error(200_002)).await, "limited 1");
    assert_eq!(trouble(error(200_002).with("retry-after", "30")).await, "limited 30");
    assert_eq!(trouble(Say::text(429, "")).await, "limited");
    // the test's clock shows 2026-01-15 09:00:00 UTC, seven hours before midnight in China
    assert_eq!(trouble(error(200_001)).await, "quota 25200");
}

#[tokio::test]
async fn a_failing_vendor_is_unavailable() {
    assert_eq!(trouble(error(10001)).await, "unavailable");
    assert_eq!(trouble(Say::text(500, "")).await, "unavailable");
    assert_eq!(trouble(Say::text(503, "<html>").with("retry-after", "5")).await, "unavailable 5");
    let half = Say::Half { status: 500, body: br#"{"result":"error","code":20301}"#.to_vec() };
    assert_eq!(trouble(half).await, "unavailable");
}

#[tokio::test]
async fn nonsense_is_no_verdict_on_a_token() {
    for body in nonsense() {
        let met = trouble(Say::Answer { status: 200, headers: Vec::new(), body }).await;
        assert!(met == "protocol" || met == "rejected", "{met}");
    }
    let Say::Answer { body, .. } = taken_but("t1") else { panic!() };
    assert_eq!(trouble(Say::Half { status: 200, body }).await, "protocol");
}

#[tokio::test]
async fn a_push_without_an_answer_may_have_arrived() {
    let server = Server::start(|_| Say::Close);
    let report = push(&server, &call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "connection lost".into() }));

    let server = Server::start(|_| Say::Hang);
    let time_passes = async {
        server.arrived(1).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(10)).await;
    };
    let call = call(&["t1"]);
    let (report, ()) = tokio::join!(push(&server, &call), time_passes);
    assert_eq!(report.outcomes, Err(CallError::Ambiguous { code: "timeout".into() }));
    assert_eq!(report.answer, Value::Null);
}

// ----- classes -----

#[tokio::test]
async fn every_class_has_its_channel_and_advertising_none_of_the_others() {
    let channel = async |call: &Call| sent(call).await.remove("extra.channel_id").unwrap_or_default();
    let call_of_all = call(&["t1"]).with("default_channel_id", json!("default"));
    assert_eq!(of_each_class(call_of_all, channel).await, ["default", "default", "default", "default", ""]);

    let own = call(&["t1"])
        .with("default_channel_id", json!("default"))
        .with("channels", json!({"im": "chat", "call": "calls", "marketing": "ads"}));
    assert_eq!(of_each_class(own, channel).await, ["chat", "chat", "calls", "default", "ads"]);

    let option = call(&["t1"]).with("channels", json!({"im": "chat", "mention": "names", "call": "calls"}));
    assert_eq!(of_each_class(option, channel).await, ["chat", "names", "calls", "", ""]);
    let mut option = call(&["t1"]).with("channels", json!({"call": "calls"}));
    option.options = object(json!({"channel_id": "option"}));
    assert_eq!(of_each_class(option, channel).await, ["option", "option", "calls", "", ""]);
}

#[tokio::test]
async fn a_mention_has_the_template_of_chat_messages_unless_it_has_its_own() {
    let template = async |call: &Call| sent(call).await.remove("extra.template_id").unwrap_or_default();
    let call = call(&["t1"])
        .with("channels", json!({"im": "chat", "mention": "chat", "call": "calls"}))
        .with("templates", json!({"im": {"id": "p1", "params": ["text"]}}));
    assert_eq!(of_each_class(call, template).await, ["p1", "p1", "", "", ""]);
}

#[test]
fn a_preflight_misses_channels_and_templates() {
    let mut record = record();
    for name in ["default_channel_id", "channels", "templates"] {
        record.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(
        warnings(Vendor::Xiaomi, &record, json!({})),
        [
            "im: credential.channels.im",
            "im: credential.templates.im",
            "mention: credential.channels.mention",
            "mention: credential.templates.mention",
            "call: credential.channels.call",
            "call: credential.templates.call",
            "system: credential.channels.system",
            "system: credential.templates.system",
            "marketing: credential.channels.marketing",
        ]
    );
    record["region"] = json!("sgp");
    record["default_channel_id"] = json!("default");
    assert_eq!(warnings(Vendor::Xiaomi, &record, json!({})), ["marketing: credential.channels.marketing"]);
}
