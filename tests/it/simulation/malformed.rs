//! Records that no version can read, put between the product's own.

use curlew_tests::{
    history::{Planted, What},
    simulators::interfaces,
};
use serde_json::json;

use super::{
    random::Random,
    story::{Action, Story},
    world::World,
};

/// How many kinds of malformed records there are.
const KINDS: usize = 7;
/// So many lists in lists are more than a parser of JSON takes.
const TOO_DEEP: usize = 200;

/// Puts a malformed record into a queue.
pub fn action(random: &Random, story: &Story) -> Action {
    let (spec, _) = interfaces().nth(*random.pick(&story.interfaces)).unwrap();
    let push = format!("push-{}", spec.name());
    let queue = *random.pick(&["dispatch", "dispatch", &push, &push, "direct", "erase", "callback"]);
    Action::Malformed { queue: queue.to_owned(), kind: random.below(KINDS) as u8 }
}

/// Returns a record that no version can read. `name` is a part of it that no other record has.
fn body(name: &str, kind: u8) -> String {
    match kind {
        0 => name.to_owned(),
        1 => json!({"x": name}).to_string(),
        2 => json!({"v": "1", "x": name}).to_string(),
        3 => json!({"v": "1", "jobs": [{"x": name}], "app": "acme#a0", "events": [{}]}).to_string(),
        4 => json!({"v": "1", "jobs": name, "app": 1, "notifier": [], "receivers": {}}).to_string(),
        5 => format!(r#"{{"v": "1", "app": "acme#a0", "expires_at": 1e400, "x": "{name}"}}"#),
        _ => format!(r#"{{"v": "{name}", "x": {}{}}}"#, "[".repeat(TOO_DEEP), "]".repeat(TOO_DEEP)),
    }
}

impl World {
    /// Puts a malformed record of this kind into a queue.
    pub fn put_malformed(&self, number: usize, queue: &str, kind: u8) {
        let name = format!("malformed-{number}-");
        let Some(found) = self.queues.iter().find(|one| one.name == queue) else { return };
        self.recorder.add(What::Planted(Planted::Malformed { queue: queue.to_owned(), body: name.clone() }));
        found.put(body(&name, kind));
    }
}
