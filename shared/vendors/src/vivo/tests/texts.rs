use serde_json::{Value, json};
use shared::domain::outcome::CallError;

use super::{VIVO, accepted, answer, sent};
use crate::testing::{Server, object};

/// Answers `code` unless it is sent this title and this content, each with the token's own task.
fn picky(code: u64, title: &'static str, content: &'static str) -> Server {
    VIVO.server(move |seen| match seen.json() {
        body if body["regIds"].is_array() => answer(0),
        body if body["title"] == title && body["content"] == content => answer(0),
        _ => answer(code),
    })
}

#[tokio::test]
async fn a_text_too_long_is_sent_once_more_at_half_its_length() {
    for code in [10056, 10058] {
        for tokens in [&["t1"][..], &["t1", "t2"]] {
            let server = picky(code, "题题题题题题题题题题题题题题题题题题题…", "文");
            let mut call = VIVO.call(tokens);
            call.notification.title = "题".repeat(41);
            call.notification.body = "文".into();
            assert_eq!(VIVO.push(&server, &call).await.outcomes, Ok(vec![accepted(); tokens.len()]));
            assert_eq!(VIVO.sends(&server).len(), tokens.len() + 1);
        }
    }
    let server = VIVO.server(|_| answer(10058));
    let refused = Err(CallError::Rejected { code: "10058".into() });
    assert_eq!(VIVO.push(&server, &VIVO.call(&["t1"])).await.outcomes, refused);
    assert_eq!(VIVO.sends(&server).len(), 1, "a short text has no half");
}

#[tokio::test]
async fn a_refused_text_is_replaced_once_by_one_that_says_nothing() {
    for code in [10085, 10104] {
        for tokens in [&["t1"][..], &["t1", "t2"]] {
            let server = picky(code, "新消息", "您收到一条新消息");
            assert_eq!(VIVO.push(&server, &VIVO.call(tokens)).await.outcomes, Ok(vec![accepted(); tokens.len()]));
            let ids: Vec<Value> = VIVO.sends(&server).iter().map(|seen| seen.json()["requestId"].clone()).collect();
            assert_eq!(ids.len(), tokens.len() + 1);
            assert_ne!(ids[0], ids[1], "another request");
        }
    }
    let server = VIVO.server(|_| answer(10104));
    let report = VIVO.push(&server, &VIVO.call(&["t1"])).await;
    assert_eq!(report.outcomes, Err(CallError::Rejected { code: "10104".into() }));
    assert_eq!(VIVO.sends(&server).len(), 2, "once more, and no further");
}

#[tokio::test]
async fn an_operator_chooses_what_stands_in_for_a_refused_text() {
    let server = picky(10104, "示例", "有新消息");
    let mut call = VIVO.call(&["t1"]);
    call.options = object(json!({"fallback_title": "示例", "fallback_content": "有新消息"}));
    assert_eq!(VIVO.push(&server, &call).await.outcomes, Ok(vec![accepted()]));
    assert_eq!(VIVO.sends(&server).len(), 2);

    call.options = object(json!({"text_prefix": "消息："}));
    call.notification.body = "[图片]".into();
    let message = sent(&call).await;
    assert_eq!((&message["title"], &message["content"]), (&json!("消息：Alice"), &json!("消息：图片")));
    call.options = object(json!({"text_prefix": "消息：", "push_mode": 1}));
    assert_eq!(sent(&call).await["title"], "Alice", "test messages may say what they want");
}
