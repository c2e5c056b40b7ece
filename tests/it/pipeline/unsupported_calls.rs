//! Easemob's calls that Curlew does not support.

use serde_json::json;
use shared::lambda::unsupported_calls::UNSUPPORTED_CALLS;

use super::harness::Stack;

#[tokio::test]
async fn every_call_that_only_easemob_has_is_refused_with_what_to_do_instead() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let mut tried = 0;
    for area in UNSUPPORTED_CALLS {
        for call in area.calls {
            let method = if call.method == "ANY" { "POST" } else { call.method };
            let path = call.path.replace("{+}", "one/two").replace(['{', '}'], "");
            let (status, answer) = stack.call(method, &app.path(&path), &app.token, &json!({})).await;
            assert_eq!((status, &answer["error"]), (404, &json!("service_resource_not_found")), "{}", call.id);
            let text = format!("Curlew does not have this call ({}): {}", area.what, area.instead);
            assert_eq!(answer["error_description"], text, "{} {method} {path}", call.id);
            tried += 1;
        }
    }
    assert!(tried > 40);
}

#[tokio::test]
async fn a_file_is_refused_for_what_it_is_and_not_for_its_size() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let file = "x".repeat(100_000);
    let (status, answer) = stack.call_with("POST", &app.path("chatfiles"), &app.token, &[], file).await;
    let text = answer["error_description"].as_str().unwrap();
    assert!(status == 404 && text.ends_with("keep them in a store of your own, and send their url"), "{status} {text}");
}

#[tokio::test]
async fn an_unknown_route_is_no_call_of_easemob() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (status, answer) = stack.call("GET", &app.path("nothing/here"), &app.token, &json!({})).await;
    assert_eq!((status, &answer["error"]), (404, &json!("service_resource_not_found")));
    assert_eq!(answer["error_description"], "GET /acme/chat/nothing/here is not a route of this API");
}
