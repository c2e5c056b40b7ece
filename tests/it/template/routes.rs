//! Checks that the API's routes in the template are those of the code.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{document::Template, functions::functions};

/// A method and a path.
pub type Route = (String, String);

/// Returns the routes that the template sends to a function.
pub fn deployed(template: &Template, function: &str) -> BTreeSet<Route> {
    let events = template.find(&format!("/Resources/{function}/Properties/Events")).and_then(Value::as_object);
    events
        .into_iter()
        .flat_map(|events| events.values())
        .filter(|event| event["Type"] == "HttpApi")
        .filter_map(|event| {
            let properties = &event["Properties"];
            Some((properties.get("Method")?.as_str()?.to_owned(), properties.get("Path")?.as_str()?.to_owned()))
        })
        .collect()
}

#[test]
fn every_route_leads_to_the_function_that_serves_it() {
    let template = Template::read();
    let (mut all, mut serving) = (BTreeSet::new(), 0);
    let functions = functions();
    for (function, package) in &functions {
        let deployed = deployed(&template, function);
        assert_eq!((package.routes)(), deployed, "{function} serves the left and is sent the right");
        serving += usize::from(!deployed.is_empty());
        for route in deployed {
            assert!(all.insert(route.clone()), "{route:?} leads to two functions");
        }
    }
    assert_eq!(serving, 8, "functions that serve HTTP");
}

#[test]
fn every_other_route_gets_our_own_error() {
    let template = Template::read();
    let events = template.at("/Resources/ManageApp/Properties/Events").as_object().unwrap();
    let catch_all = events.values().find(|event| event["Properties"].get("Path").is_none());
    assert!(catch_all.is_some_and(|event| event["Type"] == "HttpApi"));
}
