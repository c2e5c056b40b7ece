//! What only some stories have. A story draws its parts, and their steps stand in place of others, so that no story is
//! longer.

use super::{
    gateways, malformed,
    operators::{self, Change},
    random::Random,
    receipts, server,
    story::{Action, Function, Story, Trouble, TroubleKind},
    tasks, versions,
};

/// How many of a hundred stories have a part.
const PERCENT: u8 = 25;

/// A part: what is done in it, and what may go wrong.
struct Part {
    /// how many steps it has, at least and at most
    steps: (u64, u64),
    /// draws what is done
    action: fn(&Random, &Story) -> Action,
    /// how many troubles it has at most
    troubles: usize,
    /// draws what goes wrong meanwhile
    trouble: fn(&Random, &Story) -> TroubleKind,
}

const PARTS: [Part; 7] = [
    Part {
        steps: (5, 10),
        action: receipts::action,
        troubles: 1,
        trouble: |random, _| death(random, Function::HandleReceipt),
    },
    Part { steps: (0, 0), action: |_, _| Action::Wait, troubles: 3, trouble: versions::trouble },
    Part { steps: (1, 4), action: malformed::action, troubles: 0, trouble: versions::trouble },
    Part { steps: (2, 4), action: server::action, troubles: 2, trouble: server::trouble },
    Part { steps: (2, 4), action: operators::action, troubles: 1, trouble: operators::trouble },
    Part { steps: (3, 7), action: gateways::action, troubles: 0, trouble: tasks::trouble },
    Part { steps: (1, 2), action: tasks::action, troubles: 1, trouble: tasks::trouble },
];

/// Adds parts to a story that lasts so many milliseconds.
pub fn add(mut story: Story, lasts: u64) -> Story {
    let random = Random::of(story.seed, "parts");
    for part in &PARTS {
        if !random.percent(PERCENT) {
            continue;
        }
        for _ in 0..random.between(part.steps.0, part.steps.1) {
            // Before that, people get their phones and send.
            let place = random.between(story.steps.len() as u64 / 3, story.steps.len() as u64 - 1) as usize;
            let action = (part.action)(&random, &story);
            let step = &mut story.steps[place];
            // What comes after a new app, comes when it is there.
            step.overlaps &= !matches!(action, Action::Change { change: Change::NewApp, .. });
            step.action = action;
        }
        for _ in 0..random.below(part.troubles + 1) {
            let kind = (part.trouble)(&random, &story);
            story.troubles.push(Trouble { from: random.between(0, lasts / 2), lasts, kind });
        }
    }
    story
}

/// Lets a process of a function die at one of its first calls.
fn death(random: &Random, of: Function) -> TroubleKind {
    TroubleKind::Death { of, at: random.between(0, 20) as u32, late: random.percent(60) }
}
