//! Checks that `docs/emulator.md` names tests and files that exist, and the emulator's version that is installed.

use std::{collections::BTreeSet, path::Path};

use super::{read, root};

const DOCUMENT: &str = "docs/emulator.md";

/// Returns what stands between backticks and is a path of a file or a folder. A bare file name stands in the folder of
/// the path before it.
fn named(text: &str) -> BTreeSet<String> {
    let mut folder = String::new();
    let mut paths = BTreeSet::new();
    for code in text.split('`').skip(1).step_by(2) {
        let path = match code.split_once('/') {
            Some(("it" | "e2e", _)) => format!("tests/{code}"),
            Some(("infra" | "shared" | "tests", _)) => code.to_owned(),
            None if code.ends_with(".rs") || code.ends_with(".py") => format!("{folder}/{code}"),
            _ => continue,
        };
        folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        paths.insert(path);
    }
    paths
}

#[test]
fn what_covers_a_difference_exists() {
    let paths = named(&read(DOCUMENT));
    assert!(paths.len() > 30, "{paths:?}");
    let missing: Vec<&String> = paths.iter().filter(|path| !Path::new(&root()).join(path).exists()).collect();
    assert!(missing.is_empty(), "{DOCUMENT} names {missing:?}");
}

#[test]
fn the_differences_are_those_of_the_installed_version() {
    let installed = read("infra/local/requirements.txt");
    let version = installed.lines().find_map(|line| line.strip_prefix("ministack==")).unwrap();
    assert!(read(DOCUMENT).contains(&format!("`ministack` {version}")), "compare {DOCUMENT} with {version}");
}
