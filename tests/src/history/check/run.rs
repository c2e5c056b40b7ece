//! A history with what the invariants look up in it.

use std::time::Duration;

use shared::domain::{id::AppKey, time::Timestamp};

use super::{
    super::{Event, FaultScope, History, Planted, What},
    Violation,
    apps::Apps,
    bindings::Bindings,
    call::{Call, calls},
    deliveries::Deliveries,
    fact::{NEVER, Position},
    groups::Groups,
    messages::Messages,
    presence::Devices,
    users::Users,
};

/// So long after its deletion, functions still take an app's calls.
const CACHED_APP: Duration = Duration::from_secs(60);

/// A history, indexed.
pub(super) struct Run<'h> {
    pub(super) events: &'h [Event],
    pub(super) calls: Vec<Call<'h>>,
    pub(super) messages: Messages<'h>,
    pub(super) bindings: Bindings<'h>,
    pub(super) groups: Groups<'h>,
    pub(super) devices: Devices<'h>,
    pub(super) users: Users<'h>,
    pub(super) apps: Apps<'h>,
    pub(super) deliveries: Deliveries<'h>,
    faults: Vec<Fault<'h>>,
    kills: Vec<Position>,
}

/// A fault, from its begin to its end.
struct Fault<'h> {
    scope: &'h FaultScope,
    began: Position,
    ended: Position,
}

impl<'h> Run<'h> {
    /// Indexes a history.
    pub(super) fn of(history: &'h History) -> Self {
        let events = history.events.as_slice();
        let calls = calls(events);
        let messages = Messages::of(events, &calls);
        let deliveries = Deliveries::of(events, &messages);
        Self {
            bindings: Bindings::of(events, &calls),
            groups: Groups::of(&calls),
            devices: Devices::of(events, &calls),
            users: Users::of(&calls),
            apps: Apps::of(events, &calls),
            faults: faults(events),
            kills: positions(events, |what| matches!(what, What::Killed { .. })),
            events,
            calls,
            messages,
            deliveries,
        }
    }

    // ---- time ----

    /// Returns the time of an event. After the last one it is the last one's.
    pub(super) fn at(&self, position: Position) -> Timestamp {
        let event = self.events.get(position).or_else(|| self.events.last());
        event.map_or(Timestamp::from_millis(0), |event| event.at)
    }

    /// Returns the first position at a time or later.
    pub(super) fn first_at(&self, time: Timestamp) -> Position {
        self.events.partition_point(|event| event.at < time)
    }

    /// Returns the first position in the time of this length before an event.
    pub(super) fn before(&self, position: Position, by: Duration) -> Position {
        self.first_at(self.at(position).minus(by))
    }

    /// Returns the position after the last event.
    pub(super) fn end(&self) -> Position {
        self.events.len()
    }

    // ---- faults ----

    /// Returns how many processes were killed.
    pub(super) fn kills(&self) -> usize {
        self.kills.len()
    }

    /// Returns whether something failed that may delay or repeat everything: AWS, the machine, or a process.
    pub(super) fn was_troubled(&self, from: Position, to: Position) -> bool {
        self.may_forget(from, to) || self.was_faulty(from, to, |scope| matches!(scope, FaultScope::Queue(_)))
    }

    /// Returns whether something failed that may keep Curlew from knowing what it did: a store, or a process.
    pub(super) fn may_forget(&self, from: Position, to: Position) -> bool {
        self.kills.iter().any(|kill| (from..=to).contains(kill))
            || self.was_faulty(from, to, |scope| *scope == FaultScope::Everything)
    }

    /// Returns whether a fault of such a scope overlapped a time.
    pub(super) fn was_faulty(&self, from: Position, to: Position, is_such: impl Fn(&FaultScope) -> bool) -> bool {
        self.faults.iter().any(|fault| is_such(fault.scope) && fault.began <= to && fault.ended >= from)
    }

    // ---- records of the run's own ----

    /// Returns what the run put into queues, with its position.
    pub(super) fn planted(&self) -> impl Iterator<Item = (Position, &'h Planted)> {
        self.find(|what| if let What::Planted(planted) = what { Some(planted) } else { None })
    }

    /// Returns parts of events of one kind, with their positions.
    pub(super) fn find<T>(&self, part: impl Fn(&'h What) -> Option<T>) -> impl Iterator<Item = (Position, T)> {
        self.events.iter().enumerate().filter_map(move |(position, event)| Some((position, part(&event.what)?)))
    }

    /// Returns whether the app may have been deleted at some moment of a time, or shortly before.
    pub(super) fn may_be_deleted(&self, app: &AppKey, from: Position, to: Position) -> bool {
        self.apps.get(app).may_be_deleted(self.before(from, CACHED_APP), to)
    }

    /// Returns a violation with the events at these positions.
    pub(super) fn violation(&self, invariant: u8, story: String, positions: &[Position]) -> Violation {
        let mut positions = positions.to_vec();
        positions.sort_unstable();
        positions.dedup();
        let events = positions.into_iter().filter_map(|position| self.events.get(position).cloned()).collect();
        Violation { invariant, story, events }
    }
}

fn positions(events: &[Event], is_such: impl Fn(&What) -> bool) -> Vec<Position> {
    events.iter().enumerate().filter(|(_, event)| is_such(&event.what)).map(|(position, _)| position).collect()
}

fn faults(events: &[Event]) -> Vec<Fault<'_>> {
    let mut faults: Vec<Fault<'_>> = Vec::new();
    for (position, event) in events.iter().enumerate() {
        match &event.what {
            What::FaultBegan { scope } => faults.push(Fault { scope, began: position, ended: NEVER }),
            What::FaultEnded { scope } => {
                let open = faults.iter_mut().find(|fault| fault.scope == scope && fault.ended == NEVER);
                open.into_iter().for_each(|fault| fault.ended = position);
            }
            What::FaultsEnded => faults.iter_mut().for_each(|fault| fault.ended = fault.ended.min(position)),
            _ => {}
        }
    }
    faults
}
