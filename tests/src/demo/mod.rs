//! The demo: a story on the deployed local stack, told while it happens and checked as it goes.
//!
//! Four people, a phone of every vendor. Presence comes from simulated gateways, messages go through the HTTP API, pushes arrive at the
//! simulated vendors. What is printed of a message is read from its record: the decision, rule by rule, and the outcome of
//! every push. Each beat says beforehand what must come out; the first that comes out differently ends the story.

mod cast;
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

/// Every wait of the story is shorter; this ends one that hangs.
const LONGEST: Duration = Duration::from_secs(120);

/// Plays the story. The exit code is a success only if everything happened as told.
pub async fn run() -> ExitCode {
    let screen = Screen::open();
    let told = tokio::time::timeout(LONGEST, tell(&screen)).await.unwrap_or(Err(Stop::late("the story", LONGEST)));
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
