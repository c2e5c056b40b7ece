//! Tells where to see the demo's data afterwards: in the console.

use shared::config::{Environment, Vars};

use super::{cast::WEI, stage::Stage};

/// The variable that keeps the app and the stack, as `make demo KEEP=1` sets it.
const CURLEW_KEEP: &str = "CURLEW_KEEP";

/// Returns whether the app and the stack stay after the demo.
pub fn stays() -> bool {
    Environment.get(CURLEW_KEEP).is_some_and(|value| !value.is_empty())
}

/// Prints how to see the demo's data in the console. Without `CURLEW_KEEP`, it names the run that keeps them.
pub fn point_at(stage: &Stage<'_>) {
    let console = format!("{}/console/", stage.stack.description.api_url);
    let line = |text: &str| stage.screen.line(&format!("  {text}"));
    if !stays() {
        line("`make demo KEEP=1` runs the demo again and keeps its app, so that you can see it in the console.");
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
        ("Certificates", "each vendor's health, and what it refused".to_owned()),
    ] {
        line(&format!("  {screen:<13} {shows}"));
    }
    line("`make down` stops the stack.");
}
