//! Whether a notifier revokes notifications, by its option `revoke`.

use serde_json::{Map, Value};
use shared::domain::invalid::Invalid;

use crate::record::{Optional, Rule, field, forms};

/// The option's name.
const REVOKE: &str = "revoke";
const ON: &str = "on";
const OFF: &str = "off";

forms! {
    /// Whether a notifier revokes.
    Switch = Rule::OneOf(&[ON, OFF]);
}

/// Checks `options.revoke`: `on` or `off`.
pub fn check(options: &Map<String, Value>) -> Result<(), Invalid> {
    field::<Optional<Switch>>("options", options, REVOKE).map(drop)
}

/// Returns whether a notifier with these options revokes. `usual` counts where the option says nothing.
pub fn is_on(options: &Map<String, Value>, usual: bool) -> bool {
    match options.get(REVOKE).and_then(Value::as_str) {
        Some(ON) => true,
        Some(OFF) => false,
        _ => usual,
    }
}
