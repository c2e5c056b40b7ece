//! What a caller gets whom the description names: the route.

use std::time::Duration;

use curlew_tests::access::{ApiRoute, Expected, described_routes};
use serde_json::json;

use super::world::World;

/// Returns the routes, with those last that end the tokens of callers.
fn in_order() -> Vec<ApiRoute> {
    let mut routes = described_routes();
    routes.sort_by_key(|route| {
        let is_of_operator = route.path.starts_with("/management");
        let removes = route.method == "DELETE";
        (is_of_operator, removes, removes && route.path.ends_with("/users/{username}"))
    });
    routes
}

#[tokio::test]
async fn who_is_described_for_a_route_gets_past_its_gate_and_is_shown_no_secret() {
    let world = World::start().await;
    let (mut wrong, mut opened) = (Vec::new(), 0);
    for route in in_order() {
        let may_call = world.callers.iter().filter(|caller| route.expects(caller.rank) == Expected::Opened);
        for caller in may_call {
            world.stack.clock.advance(Duration::from_secs(1));
            let answer = world.ask(caller, &route, &world.names).await;
            let barred = answer.status == 401 || answer.body["error"] == json!("forbidden");
            let text = answer.body.to_string();
            let shown: Vec<&str> =
                world.secrets.iter().filter(|(_, secret)| text.contains(secret)).map(|(name, _)| *name).collect();
            if barred || !route.answers(answer.status) || !shown.is_empty() {
                wrong.push(format!("{route} to {}: {shown:?} {} {}", caller.name, answer.status, answer.body));
            }
            opened += usize::from(answer.status < 300);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(opened > 100, "only {opened} calls succeeded");
    println!("{opened} successes");
}
