//! Pages while messages arrive and Ann leaves groups.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use shared::{domain::id::MessageId, offline::Bounds, ports::clock::Clock};

use super::World;

const GROUPS: [&str; 3] = ["g0", "g1", "g2"];

/// An event while Ann's messages are listed.
#[derive(Debug, Clone)]
enum Event {
    /// a message to Ann, accepted so many milliseconds ago
    Message { ago: u64, random: u128 },
    /// an instant push to Ann that waits for nobody
    Push { ago: u64, random: u128 },
    /// a message to a group
    GroupMessage { group: usize, to: To, ago: u64, random: u128 },
    /// Ann leaves a group
    Leave { group: usize },
}

#[derive(Debug, Clone, Copy)]
enum To {
    All,
    Others,
    AllFromAnn,
}

fn message() -> impl Strategy<Value = Event> {
    // Few milliseconds, so that many messages share one.
    let to = prop_oneof![4 => Just(To::All), 1 => Just(To::Others), 1 => Just(To::AllFromAnn)];
    prop_oneof![
        (0u64..6, any::<u128>()).prop_map(|(ago, random)| Event::Message { ago, random }),
        (0u64..6, any::<u128>()).prop_map(|(ago, random)| Event::Push { ago, random }),
        (0usize..3, to, 0u64..6, any::<u128>()).prop_map(|(group, to, ago, random)| Event::GroupMessage {
            group,
            to,
            ago,
            random
        }),
    ]
}

fn meanwhile() -> impl Strategy<Value = Event> {
    prop_oneof![6 => message(), 1 => (0usize..3).prop_map(|group| Event::Leave { group })]
}

/// Lets the event happen. Returns the message that Ann can see since.
async fn happen(world: &World, event: &Event, left: &mut BTreeSet<usize>) -> Option<(MessageId, Option<usize>)> {
    let at = |ago: u64| world.clock.now().minus(Duration::from_millis(ago));
    match *event {
        Event::Message { ago, random } => Some((world.send_at(at(ago), random).await, None)),
        Event::Push { ago, random } => Some((world.push_at(at(ago), random).await, None)),
        Event::GroupMessage { group, to, ago, random } => {
            let (from, users) = match to {
                To::All => ("bob", None),
                To::Others => ("bob", Some(&["cat"][..])),
                To::AllFromAnn => ("ann", None),
            };
            let msg_id = world.send_to_at(GROUPS[group], from, users, at(ago), random).await;
            matches!(to, To::All).then_some((msg_id, Some(group)))
        }
        Event::Leave { group } => {
            world.leave(GROUPS[group]).await;
            left.insert(group);
            None
        }
    }
}

async fn begin(bounds: Bounds, before: &[Event], settles: bool) -> (World, BTreeSet<(MessageId, Option<usize>)>) {
    let world = World::bounded(bounds);
    for name in GROUPS {
        world.found(name).await;
        world.join(name).await;
    }
    world.pass(10);
    let mut visible = BTreeSet::new();
    for event in before {
        visible.extend(happen(&world, event, &mut BTreeSet::new()).await);
        world.pass(1);
    }
    if settles {
        world.pass(120_000);
    }
    (world, visible)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

proptest! {
    #[test]
    fn pages_together_are_what_one_page_would_be(
        before in prop::collection::vec(message(), 0..40),
        limits in prop::collection::vec(1usize..8, 1..6),
        rows in 1usize..30,
        settles: bool,
    ) {
        run(async {
            let bounds = Bounds { rows, time: Duration::from_secs(5) };
            let (world, visible) = begin(bounds, &before, settles).await;
            let expected: Vec<MessageId> = visible.iter().rev().map(|(id, _)| *id).collect();
            let (mut seen, mut next) = (Vec::new(), Some(MessageId::MAX));
            for limit in limits.iter().cycle() {
                let Some(up_to) = next else { break };
                let (page, rest) = world.page(up_to, *limit).await;
                seen.extend(page);
                next = rest;
            }
            prop_assert_eq!(seen, expected);
            Ok(())
        })?;
    }

    #[test]
    fn nothing_doubles_or_vanishes_whatever_happens_meanwhile(
        before in prop::collection::vec(message(), 0..40),
        later in prop::collection::vec(prop::collection::vec(meanwhile(), 0..4), 0..12),
        limit in 1usize..8,
        rows in 1usize..30,
        settles: bool,
    ) {
        run(async {
            let bounds = Bounds { rows, time: Duration::from_secs(5) };
            let (world, visible) = begin(bounds, &before, settles).await;
            let (mut ever, mut left) = (visible.clone(), BTreeSet::new());
            let (mut seen, mut next, mut turn) = (Vec::new(), Some(MessageId::MAX), 0);
            while let Some(up_to) = next {
                let (page, rest) = world.page(up_to, limit).await;
                let shown = |id: &MessageId| ever.iter().any(|(one, group)| one == id && group.is_none_or(|group| !left.contains(&group)));
                prop_assert!(page.iter().all(shown), "a message that is not Ann's");
                seen.extend(page);
                next = rest;
                for event in later.get(turn).into_iter().flatten() {
                    ever.extend(happen(&world, event, &mut left).await);
                }
                turn += 1;
            }
            prop_assert!(seen.is_sorted_by(|a, b| a > b), "not newest first, or twice: {:?}", seen);
            let stays = |(_, group): &&(MessageId, Option<usize>)| group.is_none_or(|group| !left.contains(&group));
            for (id, _) in visible.iter().filter(stays) {
                prop_assert!(seen.contains(id), "{} vanished", id);
            }
            Ok(())
        })?;
    }
}
