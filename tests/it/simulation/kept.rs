//! Stories that failed once. They are played before any other.

use std::fs;

use serde::Deserialize;

use super::{
    seeds::{tell, verdict},
    story::Story,
};
use crate::template::root;

/// A story that is kept, with its reason.
#[derive(Deserialize)]
struct Kept {
    reason: String,
    story: Story,
}

#[test]
fn kept_stories_keep_the_invariants() {
    let folder = root().join("tests/fixtures/simulation");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let kept: Kept = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let wrong = verdict(&kept.story);
        assert!(wrong.is_empty(), "{}: {}\n{}{wrong:#?}", path.display(), kept.reason, tell(&kept.story));
    }
}
