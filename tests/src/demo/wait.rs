//! Waiting by looking again and again, never for ever.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::stop::Stop;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something, or too long.
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
