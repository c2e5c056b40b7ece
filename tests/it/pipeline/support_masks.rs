//! Checks that a support token shows no text, no device token and no secret address.

use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use curlew_tests::{
    access::described_routes,
    simulators::{huawei, xiaomi},
};
use serde_json::{Value, json};

use super::{harness::HUAWEI, support_routes::World};

/// A word in every text of the message.
const CANARY: &str = "kanarie";
/// The part of a token that differs between phones. It has no digits, so no piece of the token that contains some of it is
/// a piece of a time or a count.
const LETTERS: &str = "qzxkvjwqyhzxkvjw";
/// Maximum characters of a token that may be shown.
const MAX_SHOWN: usize = 6;

/// Returns a message with the canary wherever a sender can write.
fn message() -> Value {
    json!({
        "from": "bob", "to": ["ann"], "type": "txt",
        "body": {"msg": format!("{CANARY} body"), "translations": {"en": format!("{CANARY} translated")}},
        "ext": {
            "em_push_ext": {"title": format!("{CANARY} title"), "content": format!("{CANARY} content"), "custom": {"note": CANARY}},
            "em_push_template": {"name": format!("{CANARY} template"), "title_args": [CANARY]},
            "em_push_filter": {"ignore_device_id": [CANARY], CANARY: CANARY},
            "em_android_push_ext": {"huawei_category": "IM", CANARY: CANARY},
            "em_push_class": "im",
            CANARY: CANARY,
        },
    })
}

/// Returns Ann with two phones, whose tokens are `tokens`. The message above was pushed to both.
async fn filled() -> (World, [String; 2]) {
    let mut world = World::start().await;
    let tokens = [huawei::device_token_of(LETTERS), xiaomi::device_token()];
    world.stack.bind(&world.app, "ann", "phone", HUAWEI, &tokens[0]).await;
    world.stack.bind(&world.app, "ann", "tablet", XIAOMI, &tokens[1]).await;
    let sent = world.stack.ok("POST", &world.app.path("messages/users"), &world.app.token, message()).await;
    world.message = sent["data"]["ann"].as_str().unwrap().to_owned();
    world.stack.drain().await;
    assert_eq!(world.stack.delivered("huawei", &tokens[0]), 1);
    (world, tokens)
}

/// Returns everything that a bearer is shown, by route. Dry runs are included.
async fn shown(world: &World, bearer: &str) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    for route in described_routes().iter().filter(|route| route.takes("supportToken") && route.method == "GET") {
        answers.push((route.to_string(), world.ask(route, bearer).await.1.to_string()));
    }
    let explained = world.stack.ok("POST", &world.app.path("push/explain"), bearer, message()).await;
    answers.push(("POST push/explain".to_owned(), explained.to_string()));
    answers.push(("GET push/trace with request".to_owned(), rebuilt(world, bearer).await.to_string()));
    answers
}

/// Returns the message's trace with the phones' requests.
async fn rebuilt(world: &World, bearer: &str) -> Value {
    let path = world.app.path(&format!("push/trace/{}?user=ann&request=true", world.message));
    world.stack.ok("GET", &path, bearer, json!({})).await["data"].clone()
}

/// Returns the secrets of the receipt addresses.
fn secrets(answers: &[(String, String)]) -> Vec<String> {
    let of = |answer: &String| {
        let found = answer.split("/push/report/").skip(1).map(|rest| rest.split(['/', '"']).nth(1).unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    answers.iter().flat_map(|(_, answer)| of(answer)).filter(|secret| secret != "***").collect()
}

#[tokio::test]
async fn no_answer_to_a_support_token_holds_a_text_a_device_token_or_a_secret_address() {
    let (world, tokens) = filled().await;
    let (full, masked) = (shown(&world, &world.app.token.clone()).await, shown(&world, &world.support.clone()).await);
    // The app sees them, so the search would find them.
    let all: String = full.iter().map(|(_, answer)| answer.as_str()).collect();
    for secret in [CANARY, &tokens[0], &tokens[1], "/push/report/"] {
        assert!(all.contains(secret), "{secret} is nowhere");
    }
    let receipts = secrets(&full);
    assert!(receipts.len() >= 7, "{receipts:?}");
    for (route, answer) in &masked {
        assert!(!answer.contains(CANARY), "{route}: {answer}");
        for token in &tokens {
            let parts = (0..token.len() - MAX_SHOWN).map(|at| &token[at..=at + MAX_SHOWN]);
            for part in parts {
                assert!(!answer.contains(part), "{route} shows {part}: {answer}");
            }
        }
        for secret in &receipts {
            assert!(!answer.contains(secret.as_str()), "{route}: {answer}");
        }
    }
}

/// Checks that support sees the lengths of what the app sees.
fn check_lengths(full: &Value, masked: &Value) {
    let bytes = |value: &Value| json!(value.to_string().len());
    let (whole, shown) = (&full["notification"], &masked["notification"]);
    for line in ["title", "content"] {
        assert_eq!(shown[line], json!(whole[line].as_str().unwrap().chars().count()));
    }
    // Dry runs differ only in their message ids, which have one length.
    for part in ["custom", "options"] {
        assert_eq!(shown[part], bytes(&whole[part]));
    }
    // A request may have a number that is derived from the message id.
    let lengths = [&masked["vendor_request"], &bytes(&full["vendor_request"])].map(|bytes| bytes.as_u64().unwrap());
    assert!(lengths[0].abs_diff(lengths[1]) < 10 && lengths[0] > 100, "{lengths:?}");
    assert_eq!((&shown["class"], &masked["verdict"]), (&whole["class"], &full["verdict"]));
}

#[tokio::test]
async fn masked_values_are_lengths_and_the_last_characters_of_tokens() {
    let (world, tokens) = filled().await;
    let ask = async |path: &str, bearer: &str| world.stack.ok("GET", &world.app.path(path), bearer, json!({})).await;
    let bindings = ask("users/ann/push/binding", &world.support).await;
    let user = ask("users/ann", &world.support).await;
    for token in &tokens {
        let masked = json!(format!("***{}", &token[token.len() - MAX_SHOWN..]));
        let of = |list: &Value| list.as_array().unwrap().iter().any(|entry| entry["device_token"] == masked);
        assert!(of(&bindings["entities"]) && of(&user["entities"][0]["pushInfo"]), "{bindings} {user}");
    }
    let explain = async |bearer: &str| {
        world.stack.ok("POST", &world.app.path("push/explain"), bearer, message()).await["data"].clone()
    };
    let (full, masked) = (explain(&world.app.token).await, explain(&world.support).await);
    let traced = (rebuilt(&world, &world.app.token).await, rebuilt(&world, &world.support).await);
    for (full, masked) in [(&full, &masked), (&traced.0, &traced.1)] {
        for (full, masked) in full["devices"].as_array().unwrap().iter().zip(masked["devices"].as_array().unwrap()) {
            check_lengths(full, masked);
        }
    }
    let inputs = |name: &str| {
        masked["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == name).unwrap()["inputs"].clone()
    };
    assert_eq!(inputs("filter"), json!({"em_push_filter": {"ignore_device_id": 1}}));
    assert_eq!(inputs("content")["missing_template"], json!(format!("{CANARY} template").len()));

    let notifier = ask(&format!("notifiers/{HUAWEI}"), &world.support).await;
    let (seen, own) = (notifier.get("receipt_url"), ask(&format!("notifiers/{HUAWEI}"), &world.app.token).await);
    assert!(seen.is_none() && own.get("receipt_url").is_some(), "{notifier} {own}");
    assert_eq!(notifier["fingerprint"], own["fingerprint"]);
}
