//! Invariant 12: the version before and the version after of every function can run side by side.
//!
//! A history shows it by records of another version: each of their receivers ends decided, and none is dead-lettered.

use shared::domain::id::{AppKey, MessageId, UserId};

use crate::history::{
    Planted, What,
    check::{Violation, fact::Position, run::Run},
};

const NUMBER: u8 = 12;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let planted = run.planted().filter_map(|(position, planted)| match planted {
        Planted::OtherVersion { queue, version, app, receivers, text } => {
            Some(Foreign { run, position, queue, version, app, receivers, text })
        }
        Planted::Malformed { .. } => None,
    });
    planted.flat_map(|record| [record.dead_lettered(), record.undecided()].concat()).collect()
}

/// A record of another version.
struct Foreign<'a, 'h> {
    run: &'a Run<'h>,
    position: Position,
    queue: &'a str,
    version: &'a str,
    app: &'a AppKey,
    receivers: &'a [(UserId, MessageId)],
    text: &'a str,
}

impl Foreign<'_, '_> {
    fn dead_lettered(&self) -> Vec<Violation> {
        let letters = self.run.find(|what| if let What::DeadLettered(letter) = what { Some(letter) } else { None });
        let own = letters.filter(|(_, letter)| {
            letter.body.contains(self.text)
                || self.receivers.iter().any(|(_, id)| letter.body.contains(&id.to_string()))
        });
        let story = format!("a record of version {} on {} was dead-lettered", self.version, self.queue);
        own.map(|(position, _)| self.run.violation(NUMBER, story.clone(), &[self.position, position])).collect()
    }

    fn undecided(&self) -> Vec<Violation> {
        let is_decided = |user: &UserId, id: &MessageId| {
            let mut decided =
                self.run.find(|what| if let What::Decided(decided) = what { Some(decided) } else { None });
            decided.any(|(_, one)| one.app == *self.app && one.user == *user && one.message == *id)
        };
        let is_pushed = |id: &MessageId| {
            self.run.find(|what| if let What::VendorGot(got) = what { Some(got) } else { None }).any(|(_, got)| {
                got.app == *self.app && (got.message == Some(*id) || got.text.as_deref() == Some(self.text))
            })
        };
        let lost = self.receivers.iter().filter(|(user, id)| !is_decided(user, id) && !is_pushed(id));
        let story = |user: &UserId| {
            format!("a record of version {} on {} for {user} ended in nothing", self.version, self.queue)
        };
        lost.map(|(user, _)| self.run.violation(NUMBER, story(user), &[self.position])).collect()
    }
}
