//! Every call of every fake meets the weather.

use std::fs;

use crate::template::root;

/// Methods that ask by another method, that only a test calls, or that a script answers.
const OTHERS: [&str; 4] = ["facts_of_now", "changed", "set_users_listed", "send"];
/// The files of the faults themselves.
const FAULTS: [&str; 2] = ["faults.rs", "chaos.rs"];

#[test]
fn every_method_of_every_fake_asks_before_it_answers() {
    let folder = root().join("shared/src/testing/memory");
    let mut silent = Vec::new();
    let mut asked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if FAULTS.contains(&file.as_str()) {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        // The text between two methods is the first one's body.
        for method in source.split("async fn ").skip(1) {
            let name = method.split(['(', '<']).next().unwrap();
            let body = method.split("\n    }").next().unwrap();
            let asks = body.contains("faults.before(") || body.contains(".send_all(\"");
            if asks {
                asked += 1;
            } else if !OTHERS.contains(&name) {
                silent.push(format!("{file}: {name}"));
            }
        }
    }
    assert!(asked > 100, "only {asked} methods ask");
    assert!(silent.is_empty(), "these never fail in a simulation: {silent:#?}");
}
