//! In any order of events, every waiting message is shown, and no acknowledged message is shown again.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::World;
use crate::{
    domain::{ack::Ack, id::MessageId, time::Timestamp},
    offline::{Bounds, Cursor, PageRequest},
    ports::error::StoreError,
};

const GROUPS: [&str; 3] = ["a", "b", "c"];
/// Maximum time between a message's id and its storing.
const LATEST: u64 = 30_000;

#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    /// a message gets its id, and is stored later
    Assign(Option<usize>, Kind),
    /// a message that has an id is stored
    Store(usize),
    Join(usize),
    Leave(usize),
    /// a page of the walk, or the first page of another walk
    Page(usize),
    /// the client dies between a page and its acknowledgement
    Crash,
    /// every n-th shown message is acknowledged
    Ack(usize),
    /// everything up to one of the shown messages is acknowledged
    AckUpTo(usize),
    Count,
    /// the next call fails, or its answer is lost
    Fail(&'static str, bool),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// to Ann herself
    Own,
    /// to some members: Ann, or others
    Directed(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        4 => Just(Kind::Plain), 1 => Just(Kind::Own), 1 => any::<bool>().prop_map(Kind::Directed)
    ];
    let methods = ["acknowledge", "move_marks", "timeline", "marks", "acknowledged", "heads", "groups_of"];
    prop_oneof![
        4 => prop_oneof![1u64..50, 1u64..20_000, 50_000u64..200_000].prop_map(Step::Pass),
        6 => (prop::option::weighted(0.6, 0..GROUPS.len()), kind).prop_map(|(group, kind)| Step::Assign(group, kind)),
        4 => any::<usize>().prop_map(Step::Store),
        2 => (0..GROUPS.len()).prop_map(Step::Join),
        1 => (0..GROUPS.len()).prop_map(Step::Leave),
        4 => (1usize..5).prop_map(Step::Page),
        1 => Just(Step::Crash),
        4 => (1usize..3).prop_map(Step::Ack),
        1 => any::<usize>().prop_map(Step::AckUpTo),
        1 => Just(Step::Count),
        1 => (prop::sample::select(methods.to_vec()), any::<bool>()).prop_map(|(method, lost)| Step::Fail(method, lost)),
    ]
}

/// The expected result.
#[derive(Default)]
struct Model {
    pending: Vec<(MessageId, Option<usize>, Kind)>,
    stored: BTreeMap<MessageId, (Option<usize>, Kind)>,
    member_since: [Option<Timestamp>; GROUPS.len()],
    acked: BTreeSet<MessageId>,
    /// acknowledged by a call that failed
    unsure: BTreeSet<MessageId>,
    shown: Vec<MessageId>,
    cursor: Option<Cursor>,
}

impl Model {
    /// Returns whether the message is for Ann, acknowledged or not.
    fn is_anns(&self, id: MessageId) -> bool {
        self.stored.get(&id).is_some_and(|(group, kind)| match group {
            None => true,
            Some(group) => {
                let joined = self.member_since[*group].is_some_and(|at| at <= id.accepted_at());
                joined && !matches!(kind, Kind::Own | Kind::Directed(false))
            }
        })
    }

    fn waits(&self) -> BTreeSet<MessageId> {
        self.stored.keys().copied().filter(|id| self.is_anns(*id) && !self.acked.contains(id)).collect()
    }
}

struct Play {
    world: World,
    model: Model,
    number: u128,
}

impl Play {
    async fn store(&mut self, at: usize) {
        let (id, group, kind) = self.model.pending.remove(at);
        match group {
            None => self.world.store(id).await,
            Some(group) => {
                let from = if kind == Kind::Own { "ann" } else { "bob" };
                let users: Option<&[&str]> = match kind {
                    Kind::Directed(true) => Some(&["eve", "ann"]),
                    Kind::Directed(false) => Some(&["eve"]),
                    Kind::Plain | Kind::Own => None,
                };
                self.world.store_for(GROUPS[group], from, users, id).await;
            }
        }
        self.model.stored.insert(id, (group, kind));
    }

    async fn pass(&mut self, millis: u64) {
        // A call that stalls for longer must not store any more.
        let last = self.world.now().as_millis() + i64::try_from(millis).unwrap();
        for at in (0..self.model.pending.len()).rev() {
            let age = last - self.model.pending[at].0.accepted_at().as_millis();
            if age > i64::try_from(LATEST).unwrap() {
                self.store(at).await;
            }
        }
        self.world.pass(millis);
    }

    async fn page(&mut self, limit: usize) {
        let request = PageRequest { limit, cursor: self.model.cursor.take(), since: None };
        let Ok(page) = self.world.store.page(&self.world.app, &self.world.ann, &request).await else { return };
        assert!(page.messages.len() <= limit);
        for message in &page.messages {
            assert!(self.model.is_anns(message.msg_id), "not hers: {message:?}");
            assert!(!self.model.acked.contains(&message.msg_id), "shown again: {message:?}");
        }
        if page.cursor.is_some() && !self.is_bounded() {
            assert_eq!(page.messages.len(), limit);
        }
        self.model.shown.extend(page.messages.iter().map(|message| message.msg_id));
        self.model.cursor = page.cursor;
    }

    async fn ack(&mut self, ack: Ack) {
        let taken: Vec<MessageId> = self.model.waits().into_iter().filter(|id| ack.covers(*id)).collect();
        let result = self.world.store.acknowledge(&self.world.app, &self.world.ann, &ack).await;
        match result {
            // Only some are acknowledged, and the client repeats the call.
            Ok(acked) if acked.more => self.model.unsure.extend(taken),
            Ok(_) if self.is_bounded() => self.model.acked.extend(&taken),
            Ok(acked) => {
                self.model.acked.extend(&taken);
                let sure = taken.iter().filter(|id| !self.model.unsure.contains(id)).count();
                assert!((sure..=taken.len()).contains(&acked.acked), "{acked:?} of {taken:?}");
            }
            Err(StoreError::Unavailable(_)) => self.model.unsure.extend(taken),
            Err(error) => panic!("{error}"),
        }
    }

    fn is_bounded(&self) -> bool {
        self.world.store.bounds != Bounds::default()
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Pass(millis) => self.pass(millis).await,
            Step::Assign(group, kind) => {
                self.number += 1;
                // The larger the number, the smaller the id. So messages of one millisecond are not in the order of
                // their ids either.
                let (at, random) = (self.world.now(), u128::from(u64::MAX) - self.number);
                let id = match group {
                    Some(at_group) => MessageId::for_group(at, &super::group(GROUPS[at_group]), random),
                    None => MessageId::new(at, random),
                };
                self.model.pending.push((id, group, kind));
            }
            Step::Store(at) if !self.model.pending.is_empty() => self.store(at % self.model.pending.len()).await,
            Step::Join(at) => {
                self.world.join(GROUPS[at]).await;
                self.model.member_since[at].get_or_insert(self.world.now());
            }
            Step::Leave(at) => {
                self.world.leave(GROUPS[at]).await;
                self.model.member_since[at] = None;
            }
            Step::Page(limit) => self.page(limit).await,
            Step::Crash => {
                self.model.shown.clear();
                self.model.cursor = None;
            }
            Step::Ack(every) => {
                let ids: BTreeSet<MessageId> = self.model.shown.drain(..).step_by(every).collect();
                self.ack(Ack::Messages(ids)).await;
            }
            Step::AckUpTo(at) if !self.model.shown.is_empty() => {
                let id = self.model.shown[at % self.model.shown.len()];
                self.ack(Ack::UpTo(id)).await;
            }
            Step::Count => {
                self.world.store.count(&self.world.app, &self.world.ann).await.ok();
            }
            Step::Fail(method, lost) => {
                for faults in [&self.world.messages.faults, &self.world.users.faults, &self.world.groups.faults] {
                    if lost { faults.lose_answer_of(method, 1) } else { faults.fail_next_of(method, 1) }
                }
            }
            Step::Store(_) | Step::AckUpTo(_) => {}
        }
    }

    /// Makes calls until every planned failure has happened.
    async fn meet_failures(&self) {
        for _ in 0..1000 {
            if self.world.store.count(&self.world.app, &self.world.ann).await.is_ok()
                && self.world.store.page(&self.world.app, &self.world.ann, &all()).await.is_ok()
                && self.world.store.acknowledge(&self.world.app, &self.world.ann, &nothing()).await.is_ok()
            {
                return;
            }
        }
        panic!("it fails for ever");
    }
}

fn all() -> PageRequest {
    PageRequest { limit: 100, cursor: None, since: None }
}

fn nothing() -> Ack {
    Ack::Messages(BTreeSet::new())
}

async fn play(steps: Vec<Step>, bounds: Bounds) {
    let mut play = Play { world: World::bounded(bounds), model: Model::default(), number: 0 };
    for name in GROUPS {
        play.world.found(name).await;
    }
    for step in steps {
        play.step(step).await;
    }
    play.meet_failures().await;
    // First what is stored already, then what is stored late, then much later.
    for rest in [0, LATEST, 70_000, 200_000] {
        play.pass(rest).await;
        let mut walked: BTreeSet<MessageId> = play.world.walk(3).await.into_iter().collect();
        let mut waits = play.model.waits();
        let counted = play.world.count().await;
        if play.is_bounded() {
            assert!(counted <= walked.len());
        } else {
            assert_eq!(counted, walked.len());
        }
        for unsure in &play.model.unsure {
            walked.remove(unsure);
            waits.remove(unsure);
        }
        assert_eq!(walked, waits, "shown on the left, waiting on the right");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_waits_is_shown_and_what_is_acknowledged_is_not(steps in prop::collection::vec(step(), 0..80)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play(steps, Bounds::default()));
    }

    /// Calls with small bounds show the same.
    #[test]
    fn it_is_so_however_little_a_call_looks_at(steps in prop::collection::vec(step(), 0..80), rows in 1usize..12) {
        let bounds = Bounds { rows, ..Bounds::default() };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play(steps, bounds));
    }
}
