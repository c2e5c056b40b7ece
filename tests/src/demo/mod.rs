//! The demo: a story on the deployed local stack, printed while it runs and checked at each step.
//!
//! It has four people and a phone of every vendor. Presence comes from simulated gateways, messages go through the HTTP
//! API, and pushes arrive at the vendor simulators. What the demo prints of a message comes from the stored trace: the
//! decision, rule by rule, and the result of every push. Each step names the expected results first. The first
//! different result ends the demo.

mod cast;
mod connection;
mod console;
mod gateways;
mod letters;
mod phones;
mod record;
mod result;
mod scenes;
mod screen;
mod shade;
mod stage;
mod stop;
mod summary;
mod tally;
mod wait;

use std::{process::ExitCode, sync::Arc, time::Duration};

use screen::Screen;
use stage::Stage;
use stop::Stop;

/// Ends a demo that hangs. Every wait of the story is shorter.
const LONGEST: Duration = Duration::from_secs(180);

/// Runs the demo. The exit code is a success only if every result was the expected one.
pub async fn run() -> ExitCode {
    let screen = Screen::open();
    let told = tokio::time::timeout(LONGEST, tell(&screen)).await.unwrap_or(Err(Stop::late("the demo", LONGEST)));
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            screen.failure(&stop);
            ExitCode::FAILURE
        }
    }
}

async fn tell(screen: &Screen) -> Result<(), Stop> {
    let mut stage = Stage::set(screen).await?;
    let gateways = Arc::clone(&stage.gateways);
    tokio::select! {
        played = scenes::play(&mut stage) => played?,
        never = gateways.beat() => match never {},
    }
    summary::close(stage).await
}
