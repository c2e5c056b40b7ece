//! The API's routes in the template are the routes in the code.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::document::{Template, functions, root};

/// Method and path.
pub type Route = (String, String);

/// The routes that the template sends to a function.
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

/// The routes in a function's source: `.route("<path>", put(bind).get(list))`.
fn written(package: &str) -> BTreeSet<Route> {
    let source = fs::read_to_string(root().join("functions").join(package).join("src/handler.rs")).unwrap();
    let mut routes = BTreeSet::new();
    for part in source.split(".route(").skip(1) {
        let part = part.split(';').next().unwrap();
        // The rest of a path: `{*rest}` here, `{rest+}` there.
        let path = part.split('"').nth(1).unwrap().replace("{*file}", "{file+}");
        for method in ["get", "post", "put", "delete"] {
            let calls = [format!(" {method}("), format!(".{method}("), format!("\n{method}(")];
            if calls.iter().any(|call| part.contains(call)) {
                routes.insert((method.to_ascii_uppercase(), path.clone()));
            }
        }
    }
    routes
}

#[test]
fn every_route_leads_to_the_function_that_serves_it() {
    let template = Template::read();
    let mut all = BTreeSet::new();
    let functions = functions();
    for (function, package) in functions.iter().map(|(function, package)| (function.as_str(), *package)) {
        let deployed = deployed(&template, function);
        if !["check-presence", "erase-data", "hold-connection", "push-vendor"].contains(&package) {
            assert_eq!(written(package), deployed, "{function} serves the left and is sent the right");
            assert!(!deployed.is_empty());
        }
        for route in deployed {
            assert!(all.insert(route.clone()), "{route:?} leads to two functions");
        }
    }
}

#[test]
fn every_other_route_gets_our_own_error() {
    let template = Template::read();
    let events = template.at("/Resources/ManageApp/Properties/Events").as_object().unwrap();
    let catch_all = events.values().find(|event| event["Properties"].get("Path").is_none());
    assert!(catch_all.is_some_and(|event| event["Type"] == "HttpApi"));
}
