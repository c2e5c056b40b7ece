//! Polls until something happens, up to a time limit.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::stop::Stop;

/// The pause between two polls.
const PAUSE: Duration = Duration::from_millis(50);

/// Polls until `look` returns something, or fails after `longest`.
pub async fn until<T>(
    what: &str,
    longest: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>, Stop>,
) -> Result<T, Stop> {
    let deadline = Instant::now() + longest;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            return Err(Stop::late(what, longest));
        }
        sleep(PAUSE).await;
    }
}
