//! Checks the routes of the guide, `docs/api.md`: bearers, maximum body and rate of each.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::lambda::{
    rate::USER_CALLS_PER_SECOND,
    route_limits::{RateClass, route_limits},
};

use super::{assert_block, read, table};
use crate::template::read_yaml;

const GUIDE: &str = "docs/api.md";

/// The guide's names of the bearers.
const BEARERS: [(&str, &str); 5] = [
    ("operatorKey", "operator"),
    ("operatorToken", "operator"),
    ("appToken", "app"),
    ("userToken", "user"),
    ("supportToken", "support"),
];

fn bearers(operation: &Value) -> String {
    let ways = operation["security"].as_array().unwrap();
    let opens = |scheme: &str| ways.iter().any(|way| way.get(scheme).is_some());
    let mut names: Vec<&str> = BEARERS.iter().filter(|(scheme, _)| opens(scheme)).map(|(_, name)| *name).collect();
    names.dedup();
    if ways.is_empty() || ways.contains(&json!({})) {
        names.insert(0, "none");
    }
    names.join(", ")
}

/// Returns a number of bytes as people write it.
fn size(bytes: usize) -> String {
    match bytes / 1024 {
        kib if kib < 1024 => format!("{kib} KiB"),
        kib => format!("{} MiB", kib / 1024),
    }
}

#[test]
fn the_guide_lists_every_route_with_its_bearers_its_largest_body_and_its_rate() {
    let description = read_yaml("docs/openapi.yaml");
    let mut text = String::new();
    for tag in description["tags"].as_array().unwrap() {
        let mut rows = Vec::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
                if operation["tags"][0] != tag["name"] {
                    continue;
                }
                let method = method.to_ascii_uppercase();
                let limits = route_limits(&method.parse().unwrap(), path);
                let body = operation.get("requestBody").map(|_| size(limits.max_body_bytes)).unwrap_or_default();
                let rate = if path.starts_with("/{org}/") { limits.class.name() } else { "" };
                let summary = operation["summary"].as_str().unwrap();
                rows.push([
                    format!("`{method} {path}`"),
                    bearers(operation),
                    body,
                    rate.to_owned(),
                    summary.trim_end_matches('.').to_owned(),
                ]);
            }
        }
        let name = tag["name"].as_str().unwrap();
        text.push_str(&format!("\n**{}{}**\n\n", name[..1].to_ascii_uppercase(), &name[1..]));
        text.push_str(&table(["route", "bearers", "largest body", "rate", "does"], rows));
    }
    assert_block(GUIDE, "routes", &format!("{text}\n"));
}

#[test]
fn the_guide_lists_every_rate() {
    let rows = RateClass::ALL.map(|class| [class.name().to_owned(), class.per_second().to_string()]);
    assert_block(GUIDE, "rates", &format!("\n{}\n", table(["rate", "calls of an app a second"], rows)));
    let names: BTreeSet<&str> = RateClass::ALL.iter().map(|class| class.name()).collect();
    assert_eq!(names.len(), RateClass::ALL.len(), "two rates have one name");
    let of_user = format!("the tokens of one user have {USER_CALLS_PER_SECOND} calls a second");
    assert!(read(GUIDE).contains(&of_user), "{of_user}");
}
