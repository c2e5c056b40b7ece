//! Groups: who is a member, and whether the group pushes.

use std::collections::BTreeMap;

use shared::domain::id::{AppKey, GroupId, UserId};

use super::{
    super::Request,
    call::Call,
    fact::{Fact, Span},
};

/// A group of the history.
#[derive(Debug, Default)]
pub(super) struct Group<'h> {
    members: BTreeMap<&'h UserId, Fact>,
    /// whether it is switched off, removed, or was never created
    pub(super) off: Fact,
    /// the members that its creation named, if one of them owns it
    created_with: Vec<&'h UserId>,
}

impl<'h> Group<'h> {
    /// Returns who was ever added, and when each was a member.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'h UserId, &Fact)> {
        self.members.iter().map(|(user, fact)| (*user, fact))
    }

    /// Returns when a user was a member; `None`: never.
    pub(super) fn member<'a>(&'a self, user: &'a UserId) -> Option<&'a Fact> {
        self.members.get(user)
    }

    fn end_all(&mut self, span: Span) {
        self.members.values_mut().for_each(|fact| fact.ends(span));
        self.off.begins(span);
    }
}

/// The groups of a history.
#[derive(Debug, Default)]
pub(super) struct Groups<'h> {
    all: BTreeMap<(&'h AppKey, &'h GroupId), Group<'h>>,
}

impl<'h> Groups<'h> {
    pub(super) fn of(calls: &[Call<'h>]) -> Self {
        let mut groups = Self::default();
        calls.iter().for_each(|call| groups.begin(call));
        calls.iter().for_each(|call| groups.end(call));
        groups
    }

    pub(super) fn get<'a>(&'a self, app: &'a AppKey, group: &'a GroupId) -> Option<&'a Group<'a>> {
        self.all.get(&(app, group))
    }

    fn begin(&mut self, call: &Call<'h>) {
        let Some(span) = call.effect() else { return };
        match call.request {
            Request::CreateGroup { group, members } => {
                let group = self.all.entry((call.app, group)).or_default();
                group.created_with.extend(members);
                group.off.ends(span);
                members.iter().for_each(|user| group.members.entry(user).or_default().begins(span));
            }
            Request::Join { group, users } => {
                let group = self.all.entry((call.app, group)).or_default();
                users.iter().for_each(|user| group.members.entry(user).or_default().begins(span));
            }
            _ => {}
        }
    }

    fn end(&mut self, call: &Call<'h>) {
        let Some(span) = call.effect() else { return };
        match call.request {
            Request::Leave { group, users } => {
                let group = self.all.entry((call.app, group)).or_default();
                let leaving = |(user, _): &(&&UserId, &mut Fact)| users.contains(user);
                group.members.iter_mut().filter(leaving).for_each(|(_, fact)| fact.ends(span));
            }
            Request::DeleteGroup { group } => self.all.entry((call.app, group)).or_default().end_all(span),
            Request::SwitchGroup { group, enabled } => {
                let group = self.all.entry((call.app, group)).or_default();
                if *enabled { group.off.ends(span) } else { group.off.begins(span) }
            }
            Request::DeleteApp => self.of_app(call.app).for_each(|group| group.end_all(span)),
            Request::EraseUser { user } => {
                for group in self.of_app(call.app) {
                    group.erase(user, span);
                }
            }
            _ => {}
        }
    }

    fn of_app(&mut self, app: &AppKey) -> impl Iterator<Item = &mut Group<'h>> {
        self.all.iter_mut().filter(move |(key, _)| key.0 == app).map(|(_, group)| group)
    }
}

impl Group<'_> {
    /// Notes that a member is erased. The group goes too if the member owns it, which the history does not say.
    fn erase(&mut self, user: &UserId, span: Span) {
        self.members.iter_mut().filter(|(member, _)| **member == user).for_each(|(_, fact)| fact.ends(span));
        if self.created_with.contains(&user) {
            let perhaps = Span { certain: false, ..span };
            self.end_all(perhaps);
        }
    }
}
