//! What waits for a user: messages that are accepted and neither acknowledged, recalled nor expired.

use std::time::Duration;

use shared::domain::id::{AppKey, MessageId, UserId};

use super::{
    super::{Audience, Kind, Notification},
    fact::{Fact, NEVER, Position, Span},
    messages::{Message, Place},
    run::Run,
    users::Acknowledged,
};

/// How long a message waits.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Kinds of messages, each with a limit of how many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    OneToOne,
    Group,
    Instant,
}

impl Shelf {
    pub(super) const ALL: [Self; 3] = [Self::OneToOne, Self::Group, Self::Instant];

    /// Returns how many of them wait for a user at most.
    pub(super) const fn limit(self) -> usize {
        match self {
            Self::OneToOne => 500,
            Self::Group => 200,
            Self::Instant => 100,
        }
    }

    pub(super) fn of(message: &Message<'_>) -> Self {
        match (message.sending.kind, &message.sending.to) {
            (Kind::Instant(_), _) => Self::Instant,
            (Kind::Chat, Audience::Group(_) | Audience::Members { .. }) => Self::Group,
            (Kind::Chat, Audience::Users(_) | Audience::Everyone) => Self::OneToOne,
        }
    }
}

/// Whether a message waits for a user during a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// all the time
    Surely,
    /// perhaps
    Maybe,
    /// at no moment
    Never,
}

impl Run<'_> {
    /// Returns whether the user may have acknowledged a message before an event.
    pub(super) fn may_be_acknowledged(&self, app: &AppKey, user: &UserId, id: MessageId, by: Position) -> bool {
        self.users.get(app, user).acks.iter().any(|(span, what)| span.began <= by && what.covers(id))
    }

    /// Returns whether a message may have been recalled before an event.
    pub(super) fn may_be_recalled(&self, app: &AppKey, id: MessageId, by: Position) -> bool {
        self.apps.get(app).recalls.iter().any(|(span, ids)| span.began <= by && ids.contains(&id))
    }

    /// Returns whether a message waits for a user from one event to another.
    pub(super) fn waits(&self, place: Place, user: &UserId, from: Position, to: Position) -> Waits {
        let message = self.messages.get(place);
        if message.refused || message.began > to || !self.stays(message) || self.is_over(message, user, from) {
            return Waits::Never;
        }
        match self.receives(message, user) {
            Waits::Never => Waits::Never,
            Waits::Surely if self.surely_waits(place, user, from, to) => Waits::Surely,
            Waits::Surely | Waits::Maybe => Waits::Maybe,
        }
    }

    /// Returns whether such a message waits for its receiver at all.
    fn stays(&self, message: &Message<'_>) -> bool {
        match message.sending.kind {
            Kind::Chat => message.sending.notification != Notification::OnlineOnly,
            Kind::Instant(strategy) => strategy.waits_for_login(),
        }
    }

    /// Returns whether such an erasure ended a message: of its receiver, or of its app. A task is for whoever has a name when it
    /// comes to it, perhaps after an erasure, and gives its message an id then.
    pub(super) fn was_erased(&self, message: &Message<'_>, user: &UserId, is_such: impl Fn(&Span) -> bool) -> bool {
        let was_there = |span: &Span| match message.sending.to {
            Audience::Everyone => message.id_of(user).is_some_and(|id| id.accepted_at() < self.at(span.began)),
            Audience::Users(_) | Audience::Group(_) | Audience::Members { .. } => true,
        };
        let erased = &self.users.get(message.app, user).erased;
        let of_user = erased.iter().any(|span| is_such(span) && was_there(span));
        of_user || self.apps.get(message.app).deleted.iter().any(is_such)
    }

    /// Returns whether the message ended for certain before an event: acknowledged by its id, recalled, erased, expired.
    fn is_over(&self, message: &Message<'_>, user: &UserId, from: Position) -> bool {
        let (app, owner) = (self.apps.get(message.app), self.users.get(message.app, user));
        let before = |span: &Span| span.certain && span.ended < from;
        let ended_by_id = message.id_of(user).is_some_and(|id| {
            owner
                .acks
                .iter()
                .any(|(span, what)| before(span) && matches!(what, Acknowledged::These(ids) if ids.contains(&id)))
                || app.recalls.iter().any(|(span, ids)| before(span) && ids.contains(&id))
        });
        let accepted = message.accepted.unwrap_or(NEVER);
        let erased = self.was_erased(message, user, |span| before(span) && span.began > accepted);
        ended_by_id || erased || self.at(from) > message.not_after.plus(KEPT)
    }

    /// Returns whether nothing may have ended it, and it was there before.
    fn surely_waits(&self, place: Place, user: &UserId, from: Position, to: Position) -> bool {
        let message = self.messages.get(place);
        let Some(id) = message.id_of(user) else { return false };
        let owner = self.users.get(message.app, user);
        let is_instant = matches!(message.sending.kind, Kind::Instant(_));
        let taken = is_instant && self.deliveries.pushes_of(place).any(|push| push.position <= to);
        message.accepted.is_some_and(|accepted| accepted < from)
            && !taken
            && !self.may_be_acknowledged(message.app, user, id, to)
            && !self.may_be_recalled(message.app, id, to)
            && !owner.may_be_erased(message.began, to)
            && !self.may_be_deleted(message.app, message.began, to)
            && self.is_member_up_to(message, user, to)
            && self.at(to) < message.not_before.plus(KEPT)
    }

    /// Returns whether the user is a member of the message's group from its sending on. One-to-one messages have none.
    fn is_member_up_to(&self, message: &Message<'_>, user: &UserId, to: Position) -> bool {
        match &message.sending.to {
            Audience::Users(_) | Audience::Everyone => true,
            Audience::Group(group) | Audience::Members { group, .. } => {
                let group = self.groups.get(message.app, group);
                let fact = group.and_then(|group| group.member(user));
                fact.is_some_and(|fact| fact.holds(message.began, to))
            }
        }
    }

    /// Returns whether a user is among a message's receivers: `Surely`, `Maybe` of a group that changed, or `Never`.
    pub(super) fn receives(&self, message: &Message<'_>, user: &UserId) -> Waits {
        let named = |users: &[UserId]| if users.contains(user) { Waits::Surely } else { Waits::Never };
        let known = |fact: Option<&Fact>| match fact {
            Some(fact) if fact.holds(message.began, self.end()) => Waits::Surely,
            Some(fact) if fact.may_hold(self.before(message.began, Duration::from_secs(10)), self.end()) => {
                Waits::Maybe
            }
            Some(_) | None => Waits::Never,
        };
        match &message.sending.to {
            // A group's message does not wait for its own sender.
            Audience::Members { users, .. } if *user == message.sending.from && users.contains(user) => Waits::Maybe,
            Audience::Users(users) | Audience::Members { users, .. } => named(users),
            Audience::Group(_) if *user == message.sending.from => Waits::Never,
            Audience::Group(group) => known(self.groups.get(message.app, group).and_then(|group| group.member(user))),
            Audience::Everyone => known(Some(&self.users.get(message.app, user).known)),
        }
    }

    /// Returns everybody whom a message may reach.
    pub(super) fn possible_receivers<'a>(&'a self, message: &'a Message<'_>) -> Vec<&'a UserId> {
        match &message.sending.to {
            Audience::Users(users) | Audience::Members { users, .. } => users.iter().collect(),
            Audience::Group(group) => {
                let members = self.groups.get(message.app, group).into_iter().flat_map(|group| group.members());
                members.map(|(user, _)| user).filter(|user| **user != message.sending.from).collect()
            }
            Audience::Everyone => self.users.of_app(message.app).collect(),
        }
    }
}
