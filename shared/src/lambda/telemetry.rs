//! Logs: JSON lines on standard output, which Lambda takes over as they are.
//!
//! A message is a fixed sentence; what varies goes into dotted fields. Never logged: tokens of any kind, credentials,
//! message text, notification text.

use tracing::{Level, level_filters::LevelFilter};

use crate::config::Vars;

/// The variable that sets the least severe level: `error`, `warn`, `info`, `debug` or `trace`.
pub const LOG_LEVEL: &str = "LOG_LEVEL";

/// Starts logging. An unknown level counts as `info`.
pub fn init(vars: &dyn Vars) {
    let level = vars.get(LOG_LEVEL).and_then(|text| text.parse::<Level>().ok()).unwrap_or(Level::INFO);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(LevelFilter::from_level(level))
        .init();
}
