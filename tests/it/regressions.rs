//! Checks that proptest finds the failures that it once found: their file has the name of the tests' source file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::template::root;

/// Returns the crates' folders: those with a `Cargo.toml` at most two levels below the root.
fn crates() -> Vec<PathBuf> {
    let below =
        |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|it| it.is_dir());
    let folders = below(root()).filter(|folder| !folder.ends_with("target"));
    let folders: Vec<PathBuf> = folders.flat_map(|folder| below(folder.clone()).chain([folder])).collect();
    folders.into_iter().filter(|folder| folder.join("Cargo.toml").is_file()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn failures_that_proptest_once_found_are_tried_again() {
    let mut found = 0;
    for folder in crates() {
        let kept = folder.join("proptest-regressions");
        for file in files(&kept) {
            let source = file.strip_prefix(&kept).unwrap().with_extension("rs");
            let source = ["src", "it"].map(|sources| folder.join(sources).join(&source));
            let has_properties = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains("proptest!"));
            assert!(source.iter().any(has_properties), "{} is of no source file with properties", file.display());
            found += 1;
        }
    }
    assert!(found > 0, "no file is found");
}
