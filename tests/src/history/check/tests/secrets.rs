use super::{Story, breaks, holds};
use crate::history::What;

/// Tells what a log line says after a message with the text `hello-to-ann`.
fn logged(line: &str) -> Story {
    let mut story = Story::with_ann();
    story.add(What::Secret { kind: "client secret".to_owned(), text: "s3cr3t-of-the-app".to_owned() });
    story.reaches_ann("hello-to-ann");
    story.add(What::Output { place: "the log of push-vendor".to_owned(), text: line.to_owned() });
    story
}

#[test]
fn a_log_may_name_messages_and_codes() {
    holds(&logged(r#"{"message":"a push ended","message.id":"01M8679BV477PVTKS0EHTQE000","outcome":"accepted"}"#));
}

#[test]
fn a_token_a_text_or_a_secret_in_a_log_is_found() {
    for (line, kind) in [
        (r#"{"error":"no such token: token-of-ann"}"#, "device token"),
        (r#"{"body":"{\"content\":\"hello-to-ann\"}"}"#, "message text"),
        ("Bearer s3cr3t-of-the-app", "client secret"),
    ] {
        assert_eq!(breaks(&logged(line), 8), format!("the log of push-vendor shows a {kind}"));
    }
}
