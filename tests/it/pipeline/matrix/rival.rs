//! Two apps side by side: with a valid token of one, nobody reaches or guesses what the other has.

use std::time::Duration;

use curlew_tests::access::{ApiRoute, Expected, Rank, described_routes};
use serde_json::Value;

use super::{
    callers::Caller,
    names::Names,
    world::{Answer, World},
};

/// Returns the answer without its times and without the names that it repeats.
fn said(answer: &Answer, names: &Names) -> String {
    let mut body = answer.body.clone();
    for field in ["timestamp", "duration", "uri", "path"] {
        body.as_object_mut().unwrap().remove(field);
    }
    let repeated = names.of_things().into_iter().filter(|name| !name.is_empty());
    let text = repeated.fold(body.to_string(), |text, name| text.replace(name, "THING"));
    format!("{} {text}", answer.status)
}

/// Returns the routes whose path names a thing, and that an app token opens.
fn of_things() -> Vec<ApiRoute> {
    let names_a_thing = |route: &ApiRoute| {
        let things = ["{msg_id}", "{group}", "{name}", "{id}", "{resource}"];
        things.iter().any(|thing| route.path.contains(thing))
    };
    described_routes().into_iter().filter(|route| route.takes("appToken") && names_a_thing(route)).collect()
}

/// Returns what the app itself is shown of its things.
async fn shown(world: &World) -> Vec<(String, Value)> {
    let app = world.callers.iter().find(|caller| caller.rank == Rank::App).unwrap();
    let mut shown = Vec::new();
    for route in described_routes().iter().filter(|route| route.method == "GET" && route.is_of_app()) {
        if route.expects(Rank::App) == Expected::Opened {
            world.stack.clock.advance(Duration::from_secs(1));
            let mut answer = world.ask(app, route, &world.names).await.body;
            for field in ["timestamp", "duration"] {
                answer.as_object_mut().unwrap().remove(field);
            }
            shown.push((route.to_string(), answer));
        }
    }
    shown
}

#[tokio::test]
async fn another_apps_things_are_as_unknown_as_things_that_do_not_exist() {
    let world = World::start().await;
    let before = shown(&world).await;
    let rival = Caller {
        name: "another app".to_owned(),
        rank: Rank::App,
        authorization: Some(format!("Bearer {}", world.rival.token)),
    };
    let theirs = Names { app: "rival".to_owned(), ..world.names.clone() };
    let unknown =
        Names { user: theirs.user, other_user: theirs.other_user, ..Names::unknown(&world.stack, &world.rival) };
    let mut wrong = Vec::new();
    for route in of_things() {
        // The rival's own notifier has the same name. It is not the app's.
        let names = if route.path.contains("/notifiers/") { &unknown } else { &theirs };
        world.stack.clock.advance(Duration::from_secs(1));
        let answer = world.ask(&rival, &route, names).await;
        world.stack.clock.advance(Duration::from_secs(1));
        let of_nothing = world.ask(&rival, &route, &unknown).await;
        if said(&answer, names) != said(&of_nothing, &unknown) {
            wrong.push(format!("{route}: {} | {}", said(&answer, names), said(&of_nothing, &unknown)));
        }
        let canaries = world.canaries_in(&answer.body.to_string());
        if !canaries.is_empty() {
            wrong.push(format!("{route} shows {canaries:?}: {}", answer.body));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(shown(&world).await, before, "another app changed what the app is shown");
}
