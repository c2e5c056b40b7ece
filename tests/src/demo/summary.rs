//! The summary: counts from the traces, checked against the vendors' and the queues' counts.

use std::{collections::BTreeMap, fmt::Display, time::Duration};

use super::{
    cast::{listed, notifier},
    console,
    screen::{Ink, Screen, display_width, fit},
    stage::Stage,
    stop::Stop,
    tally::{Counts, add},
    wait::until,
};
use crate::simulators::{Endpoint, Filter};

/// How long the queues may take to become empty.
const EMPTY: Duration = Duration::from_secs(20);
/// Delays its records for minutes on purpose.
const ERASE_QUEUE: &str = "EraseQueue";
/// Columns of the right-hand side.
const DETAIL: usize = 56;

/// Prints the summary, and checks what only shows at the end.
///
/// No record is left in a queue, no phone has a notification too many, and no vendor got a request too many.
pub async fn close(mut stage: Stage<'_>) -> Result<(), Stop> {
    stage.scene("Summary");
    let (screen, tally) = (stage.screen, &stage.tally);
    row(screen, "messages", tally.messages, &[]);
    row(screen, "pushes", sum(&tally.pushes), &words(&tally.pushes));
    row(screen, "suppressed", sum(&tally.suppressions), &words(&tally.suppressions));
    row(screen, "refused", sum(&tally.refusals), &words(&tally.refusals));
    row(screen, "tokens removed", tally.tokens_removed, &[]);
    let left = work_left(&stage).await?;
    stage.check_shades().await?;
    let requests = requests(&stage).await?;
    row(screen, "vendor requests", sum(&requests), &words(&requests));
    let (expected, found) = (words(&tally.attempts), words(&requests));
    stage.check(expected == found, format!("vendor requests: {}", listed(&expected)), listed(&found))?;
    row(screen, "left in queues", left.values().sum::<u64>(), &queues(&left));
    if !console::stays() {
        stage.app.api.delete_app(&stage.app.org, &stage.app.app).await?;
    }
    screen.line("");
    let end = format!("Every result was the expected one, in {:.0} s.", screen.seconds());
    screen.line(&format!("{} {}", screen.paint(Ink::Push, "✓"), screen.paint(Ink::Bold, &end)));
    console::point_at(&stage);
    Ok(())
}

/// Returns how many pushes each vendor was asked for, by any token of the demo's phones.
async fn requests(stage: &Stage<'_>) -> Result<Counts, Stop> {
    let mut requests = Counts::new();
    for phone in &stage.phones {
        for token in phone.tokens() {
            let filter = Filter::vendor(phone.vendor.name()).at(Endpoint::Send).for_token(token.as_str());
            let count = stage.stack.vendors.requests(&filter).await?.len();
            add(&mut requests, &notifier(phone.vendor), u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
    Ok(requests)
}

/// Waits until the queues are empty. Returns their depths.
///
/// A dead-letter queue may keep the records that it had before the demo. The queue of erasures is left out: its records
/// wait for minutes.
async fn work_left(stage: &Stage<'_>) -> Result<BTreeMap<String, u64>, Stop> {
    let before = |queue: &str| stage.depths_before.get(queue).copied().filter(|_| is_dead_letter(queue)).unwrap_or(0);
    until("emptying the queues", EMPTY, async || {
        let mut depths = stage.stack.cloud.depths().await?;
        depths.remove(ERASE_QUEUE);
        Ok(depths.iter().all(|(queue, depth)| *depth <= before(queue)).then_some(depths))
    })
    .await
}

fn queues(left: &BTreeMap<String, u64>) -> Vec<String> {
    let dead_letter = left.keys().filter(|queue| is_dead_letter(queue)).count();
    let others = left.len() - dead_letter;
    let mut words = vec![format!("{others} queues and their {dead_letter} dead-letter queues")];
    let full = left.iter().filter(|(_, depth)| **depth > 0);
    words.extend(full.map(|(queue, depth)| format!("{queue} {depth} from before")));
    words
}

fn is_dead_letter(queue: &str) -> bool {
    queue.ends_with("DeadLetterQueue")
}

// ---- rows ----

/// Prints a number with its parts, on as many lines as they need.
fn row(screen: &Screen, name: &str, value: impl Display, parts: &[String]) {
    let mut lines = vec![String::new()];
    for part in parts {
        let line = lines.last_mut().filter(|line| display_width(line) + 2 + display_width(part) <= DETAIL);
        match line {
            Some(line) if line.is_empty() => line.push_str(part),
            Some(line) => line.push_str(&format!(", {part}")),
            None => lines.push(part.clone()),
        }
    }
    let mut head = format!("{} {value:>4}", fit(name, 16));
    for line in lines {
        screen.detail(&format!("{head}  {}", screen.paint(Ink::Faint, &line)));
        head = " ".repeat(display_width(&head));
    }
}

fn words(counts: &Counts) -> Vec<String> {
    counts.iter().map(|(name, count)| format!("{count} {name}")).collect()
}

fn sum(counts: &Counts) -> u32 {
    counts.values().sum()
}
