//! Checks `docs/settings.md`: the parameters of the stack, and the variables of the functions.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::vendor::Vendor;

use super::{assert_block, table};
use crate::template::{Template, functions};

const SETTINGS: &str = "docs/settings.md";

#[test]
fn every_parameter_of_the_stack_is_listed() {
    let template = Template::read();
    let parameters = template.at("/Parameters").as_object().unwrap();
    let rows = parameters.iter().map(|(name, parameter)| {
        let default = match parameter["Default"].as_str() {
            Some("") => String::new(),
            Some(text) => format!("`{text}`"),
            None => format!("`{}`", parameter["Default"]),
        };
        [format!("`{name}`"), default, parameter["Description"].as_str().unwrap().to_owned()]
    });
    assert_block(SETTINGS, "parameters", &format!("\n{}\n", table(["parameter", "default", "meaning"], rows)));
}

/// `template::settings` checks that the functions read what the template sets.
#[test]
fn every_variable_of_the_functions_is_listed() {
    let template = Template::read();
    let functions: Vec<(String, &str)> = functions().into_iter().map(|(id, package)| (id, package.name)).collect();
    let mut readers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (function, package) in &functions {
        for name in template.environment(function).keys() {
            let vendor = Vendor::ALL.iter().find_map(|vendor| name.strip_suffix(&vendor.upper_name()));
            let readers = readers.entry(vendor.map_or(name.clone(), |start| format!("{start}<VENDOR>"))).or_default();
            if !readers.contains(package) {
                readers.push(package);
            }
        }
    }
    let packages: BTreeSet<&str> = functions.iter().map(|(_, package)| *package).collect();
    let rows = readers.into_iter().map(|(name, readers)| {
        let named: Vec<String> = readers.iter().map(|package| format!("`{package}`")).collect();
        let all = readers.len() == packages.len();
        [format!("`{name}`"), if all { "all functions".to_owned() } else { named.join(", ") }]
    });
    assert_block(SETTINGS, "variables", &format!("\n{}\n", table(["variable", "set for"], rows)));
}
