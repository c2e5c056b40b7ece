//! Calls without valid authentication.

use curlew_tests::stack::Event;
use reqwest::Method;
use serde_json::json;

use super::refusal;
use crate::harness::{World, canary, message, until};

#[tokio::test]
async fn a_wrong_token_opens_nothing() {
    let world = World::side_by_side().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let brief = tenant.app.app_token(Some(1)).await.unwrap();
    let user = tenant.app.user_token("ann").await.unwrap();
    canary::note(&brief);
    canary::note(&user);
    // One route of each function.
    let routes = [
        (Method::GET, "/notifiers"),
        (Method::GET, "/users/bob/push/binding"),
        (Method::GET, "/users/bob/status"),
        (Method::POST, "/messages/users"),
        (Method::POST, "/push/explain"),
    ];
    for (method, path) in routes {
        let call = || tenant.app.anonymous_call(method.clone(), path).json(&message(&["bob"], json!({})));
        let (status, error, said) = refusal(call()).await;
        assert_eq!((status, error.as_str(), said.as_str()), (401, "unauthorized", "Unable to authenticate (OAuth)"));
        let (status, error, _) = refusal(call().header("authorization", "Basic eDp5")).await;
        assert_eq!((status, error.as_str()), (401, "unauthorized"), "{path}");
        let operator = &world.stack.description.operator_key;
        for wrong in [&canary::secret(), &other.app.token, operator, &tenant.app.token[1..]] {
            let (status, error, _) = refusal(call().bearer(wrong)).await;
            assert_eq!((status, error.as_str()), (401, "auth_bad_access_token"), "{path}");
        }
        until("the token's end", async || {
            let answer = call().bearer(&brief).send().await.unwrap();
            (answer.status == 401 && answer.body["error"] == "auth_bad_access_token").then_some(())
        })
        .await;
        let (status, error, _) = refusal(call().bearer(&user)).await;
        assert_eq!((status, error.as_str()), (403, "forbidden"), "{path}");
    }
    let events = json!({"events": [Event::now("bob", "d", "s", "online"), Event::now("ann", "d", "s", "online")]});
    let call = tenant.app.anonymous_call(Method::POST, "/presence/events").bearer(&user).json(&events);
    let answer = call.send().await.unwrap().success().unwrap();
    assert_eq!(answer["data"][0]["reason"], "user must be the token's own user");
    assert_eq!(answer["data"][1]["result"], "applied");

    let unknown = tenant.app.api.call(Method::GET, "/acme/e2e-none/notifiers").bearer(&tenant.app.token);
    let (status, error, said) = refusal(unknown).await;
    assert_eq!((status, error.as_str()), (404, "organization_application_not_found"));
    assert_eq!(said, "Could not find application for acme/e2e-none");
}
