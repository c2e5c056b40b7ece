//! What a refused caller gets: the status that follows from the description, no effect, and no hint.

use std::{collections::BTreeSet, time::Duration};

use curlew_tests::access::{ApiRoute, Expected, Rank, described_routes};
use serde_json::{Value, json};
use shared::ports::clock::Clock;

use super::{
    callers::Caller,
    names::Names,
    world::{Answer, World},
};

/// The fields of a refusal.
const FIELDS: [&str; 5] = ["duration", "error", "error_description", "exception", "timestamp"];

/// Returns what a refusal says, without its times.
fn said(answer: &Answer) -> (u16, [&Value; 3]) {
    (answer.status, ["error", "exception", "error_description"].map(|name| &answer.body[name]))
}

/// Returns what is wrong with a refusal.
fn faults(world: &World, route: &ApiRoute, caller: &Caller, expected: Expected, answer: &Answer) -> Vec<String> {
    let (status, error) = match (expected, caller.has_bearer()) {
        (Expected::Unauthorized, true) => (401, "auth_bad_access_token"),
        (Expected::Unauthorized, false) => (401, "unauthorized"),
        _ => (403, "forbidden"),
    };
    let mut faults = Vec::new();
    let mut must = |holds: bool, fault: String| {
        if !holds {
            faults.push(format!("{route} to {}: {fault}: {} {}", caller.name, answer.status, answer.body));
        }
    };
    must((answer.status, &answer.body["error"]) == (status, &json!(error)), format!("must be {status} {error}"));
    must(route.answers(answer.status), "its status is not described".to_owned());
    let fields: BTreeSet<&str> = answer.body.as_object().unwrap().keys().map(String::as_str).collect();
    must(fields == BTreeSet::from(FIELDS), format!("its fields are {fields:?}"));
    let shown = world.canaries_in(&answer.body.to_string());
    must(shown.is_empty(), format!("it shows {shown:?}"));
    faults
}

/// Makes a call a second after the one before, so that no rate is exceeded.
async fn ask(world: &World, caller: &Caller, route: &ApiRoute, names: &Names) -> Answer {
    world.stack.clock.advance(Duration::from_secs(1));
    world.ask(caller, route, names).await
}

#[tokio::test]
async fn who_is_not_described_for_a_route_is_refused_changes_nothing_and_learns_nothing() {
    let world = World::start().await;
    let (mut wrong, mut refused) = (Vec::new(), 0);
    let unknown = Names { app: world.names.app.clone(), ..Names::unknown(&world.stack, &world.app) };
    for route in described_routes() {
        let (now, before) = (world.stack.clock.now(), world.state());
        for caller in &world.callers {
            let expected = route.expects(caller.rank);
            if !matches!(expected, Expected::Unauthorized | Expected::Forbidden) {
                continue;
            }
            refused += 1;
            let answer = ask(&world, caller, &route, &world.names).await;
            wrong.extend(faults(&world, &route, caller, expected, &answer));
            let of_nothing = ask(&world, caller, &route, &unknown).await;
            if said(&answer) != said(&of_nothing) {
                wrong.push(format!("{route} tells {} what exists: {} {}", caller.name, answer.body, of_nothing.body));
            }
        }
        // The time is no change.
        world.stack.clock.set(now);
        let changed = before.into_iter().zip(world.state()).filter(|(before, after)| before != after);
        wrong.extend(changed.map(|((place, _), _)| format!("{route} changed {place} for somebody whom it refused")));
    }
    assert!(wrong.is_empty(), "{} faults: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    assert!(refused > 3000, "only {refused} calls were refused");
    println!("{refused} refusals");
}

#[tokio::test]
async fn a_public_route_answers_everybody_alike() {
    let world = World::start().await;
    let unknown = Names::unknown(&world.stack, &world.app);
    let (anonymous, others) = world.callers.split_first().unwrap();
    for route in described_routes().iter().filter(|route| route.expects(Rank::Nobody) == Expected::Public) {
        let without = world.ask(anonymous, route, &unknown).await;
        for caller in others {
            let answer = world.ask(caller, route, &unknown).await;
            assert_eq!(said(&answer), said(&without), "{route} to {}", caller.name);
        }
    }
}

#[tokio::test]
async fn every_kind_of_caller_is_in_the_matrix() {
    let world = World::start().await;
    for rank in Rank::ALL {
        assert!(world.callers.iter().any(|caller| caller.rank == rank), "{rank:?}");
    }
    let names: BTreeSet<&str> = world.callers.iter().map(|caller| caller.name.as_str()).collect();
    assert!(names.len() > 40, "{names:?}");
}
