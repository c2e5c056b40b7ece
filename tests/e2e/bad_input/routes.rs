//! Bad routes, bodies and headers.

use reqwest::Method;
use serde_json::json;

use super::refusal;
use crate::harness::{World, message};

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_on_every_route() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let routes = [
        (Method::POST, "/messages/users"),
        (Method::POST, "/push/explain"),
        (Method::PUT, "/users/ann/push/binding"),
        (Method::POST, "/users/ann/push/logout"),
        (Method::POST, "/presence/events"),
        (Method::POST, "/users/batch/status"),
        (Method::POST, "/notifiers"),
        (Method::PUT, "/notifiers/fcm-notifier"),
        (Method::POST, "/notifiers/fcm-notifier/test"),
        (Method::POST, "/token"),
        (Method::PUT, "/users/ann"),
        (Method::PUT, "/users/ann/notification/language"),
        (Method::PUT, "/push/settings"),
    ];
    let bodies = [
        ("", "the request body is not valid JSON (line 1, column 0)"),
        ("{\"a\":", "the request body is not valid JSON (line 1, column 5)"),
        ("{'a':1}", "the request body is not valid JSON (line 1, column 2)"),
        ("[]", "the request body must be a JSON object"),
        ("null", "the request body must be a JSON object"),
    ];
    for (method, path) in routes {
        for (body, text) in bodies {
            let (status, _, said) = refusal(tenant.app.call(method.clone(), path).body(body)).await;
            assert_eq!((status, said.as_str()), (400, text), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn the_content_type_does_not_matter() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    for content_type in ["application/octet-stream", "text/plain", "application/x-www-form-urlencoded"] {
        let body = message(&["ann"], json!({})).to_string();
        let call = tenant.app.call(Method::POST, "/messages/users").body(body);
        let answer = call.header("content-type", content_type).send().await.unwrap();
        assert_eq!(answer.status, 200, "{content_type}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_unknown_route_is_refused_in_the_same_form() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let cases = [
        (Method::GET, "/nothing/here", 404),
        (Method::GET, "/users/u%2F1/status", 404),
        (Method::GET, "/users//status", 404),
        (Method::GET, "/messages/users", 404),
        (Method::GET, "/push/trace/no-id?user=ann", 400),
        (Method::GET, "/push/trace/01M8679BV477PVTKS0EHTQE000", 400),
        (Method::GET, "/push/trace/01M8679BV477PVTKS0EHTQE000?user=ann", 404),
        (Method::PATCH, "/notifiers", 405),
        (Method::DELETE, "/token", 405),
        (Method::GET, "/users/no%20blanks/offline_msg_count", 400),
        (Method::GET, "/users/u%231/offline_msg_count", 400),
        (Method::GET, "/users/u%3F1/offline_msg_count", 400),
        (Method::GET, "/users/%FF/offline_msg_count", 400),
        (Method::GET, "/users/%25/offline_msg_count", 400),
        (Method::GET, "/notifiers?limit=1&limit=2", 400),
    ];
    for (method, path, wanted) in cases {
        let (status, _, said) = refusal(tenant.app.call(method.clone(), path)).await;
        assert_eq!(status, wanted, "{method} {path}: {said}");
    }
    for path in ["/", "/acme", "/management", "/management/apps/acme"] {
        assert_eq!(refusal(tenant.app.api.operator_call(Method::GET, path)).await.0, 404, "{path}");
    }
    let (_, _, said) = refusal(tenant.app.call(Method::GET, "/nothing/here?x=y")).await;
    assert_eq!(said, format!("GET /acme/{}/nothing/here is not a route of this API", tenant.app.app));
}

#[tokio::test]
async fn no_header_and_no_query_ends_a_function() {
    let world = World::side_by_side().await;
    let api = &world.stack.api;
    for (name, value) in [("host", "a b"), ("host", "x{y:99999"), ("x-forwarded-proto", "no such"), ("cookie", ";;;")] {
        let answer = api.call(Method::GET, "/health").header(name, value).send().await.unwrap();
        assert_eq!((answer.status, &answer.body["status"]), (200, &json!("ok")), "{name}: {value}: {}", answer.text);
    }
    for query in ["?a=%FF&b=%zz", "?%", "?a=b|c^d`{}", "?ä=ö"] {
        let answer = api.call(Method::GET, &format!("/health{query}")).send().await.unwrap();
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    }
}
