//! Where the story can be looked at afterwards: the console.

use shared::config::{Environment, Vars};

use super::{cast::WEI, stage::Stage};

/// The variable that leaves the app to be looked at, as `make demo KEEP=1` sets it.
const CURLEW_KEEP: &str = "CURLEW_KEEP";

/// Whether the app and the stack stay.
pub fn stays() -> bool {
    Environment.get(CURLEW_KEEP).is_some_and(|value| !value.is_empty())
}

/// Tells how to see the story in the console: now, or by another run that leaves it.
pub fn point_at(stage: &Stage<'_>) {
    let console = format!("{}/console/", stage.stack.description.api_url);
    let line = |text: &str| stage.screen.line(&format!("  {text}"));
    if !stays() {
        line("`make demo KEEP=1` plays it again, and leaves it to be looked at in the console.");
        line(&format!("`make up` starts the same stack for you; its console is at {console}"));
        return;
    }
    line(&format!("The console: {console}"));
    line(&format!("Sign in as operator with the key {}", stage.stack.description.operator_key));
    line(&format!("and open the app {}. What to look at:", stage.key));
    let to_wei = stage.sent.iter().rfind(|(to, _)| *to == WEI).map_or("", |(_, id)| id);
    for (screen, shows) in [
        ("Funnel", "what was decided, suppressed, accepted and delivered".to_owned()),
        ("Why?", format!("the message {to_wei} to {WEI}, rule by rule")),
        ("Users", format!("{WEI}: devices, settings and recent messages")),
        ("Certificates", "how each vendor fares, and what it refused".to_owned()),
    ] {
        line(&format!("  {screen:<13} {shows}"));
    }
    line("`make down` stops the stack.");
}
