//! Apps: what operators set, which notifiers work, and when an app was deleted.

use std::{collections::BTreeMap, sync::LazyLock};

use shared::domain::{
    app::MultiDevicePolicy,
    id::{AppKey, MessageId, NotifierName},
};

use super::{
    super::{AppChange, Event, FaultScope, Request, VendorAnswer, What},
    call::Call,
    fact::{Fact, NEVER, Position, Span},
};

static NO_APP: LazyLock<App> = LazyLock::new(App::default);

/// What is known of an app.
#[derive(Debug, Default)]
pub(super) struct App {
    /// when it was deleted
    pub(super) deleted: Vec<Span>,
    /// whether modes and do-not-disturb apply
    pub(super) advanced: Fact,
    /// whether each device counts for itself
    pub(super) any_offline: Fact,
    /// whether its own server is told of pushes
    pub(super) callback: Fact,
    /// every limit of a group's size that may have been set
    pub(super) group_limits: Vec<u32>,
    /// the notifiers
    pub(super) notifiers: BTreeMap<NotifierName, Notifier>,
    /// which messages were recalled, and when
    pub(super) recalls: Vec<(Span, Vec<MessageId>)>,
}

/// What is known of a notifier.
#[derive(Debug, Default)]
pub(super) struct Notifier {
    /// whether it exists
    pub(super) exists: Fact,
    /// whether it is switched off
    pub(super) disabled: Fact,
    /// when its secret was replaced in the vendor's console
    replaced: Vec<Position>,
    /// when its credential was entered
    entered: Vec<Span>,
}

/// The apps of a history.
#[derive(Debug, Default)]
pub(super) struct Apps<'h> {
    all: BTreeMap<&'h AppKey, App>,
}

impl<'h> Apps<'h> {
    pub(super) fn of(events: &'h [Event], calls: &[Call<'h>]) -> Self {
        let mut apps = Self::default();
        for call in calls {
            if let Some(span) = call.effect() {
                apps.all.entry(call.app).or_default().note(call.request, span);
            }
        }
        // It ends notifiers that any call created, so it comes last.
        for call in calls.iter().filter(|call| *call.request == Request::DeleteApp) {
            if let Some(span) = call.effect() {
                apps.all.entry(call.app).or_default().delete(span);
            }
        }
        for (position, event) in events.iter().enumerate() {
            apps.note_replaced_secret(position, &event.what);
            apps.note_refused_credential(position, &event.what);
        }
        apps
    }

    pub(super) fn get<'a>(&'a self, app: &'a AppKey) -> &'a App {
        self.all.get(app).unwrap_or(&NO_APP)
    }

    /// Returns since when a notifier has the secret that is the vendor's at a moment, if it was replaced and entered before.
    pub(super) fn entered_since(&self, app: &AppKey, name: &NotifierName, at: Position) -> Option<Position> {
        self.get(app).notifiers.get(name)?.entered_since(at)
    }

    fn note_replaced_secret(&mut self, position: Position, what: &What) {
        if let What::SecretReplaced { app, notifier } = what {
            let facts = self.all.iter_mut().find(|(key, _)| **key == app).map(|(_, facts)| facts);
            let notifier = facts.and_then(|facts| facts.notifiers.get_mut(notifier));
            notifier.into_iter().for_each(|notifier| notifier.replaced.push(position));
        }
    }

    /// Notes the notifiers that a vendor's refusal may have switched off. A refusal of an old secret switches nothing off once
    /// the new one is entered.
    fn note_refused_credential(&mut self, position: Position, what: &What) {
        match what {
            What::VendorGot(got) if got.outdated && self.entered_since(&got.app, &got.notifier, position).is_some() => {
            }
            What::VendorGot(got) if got.answer == VendorAnswer::Credential => {
                let notifier = self.get(&got.app).notifiers.get(&got.notifier);
                let entered = notifier.filter(|_| got.outdated).and_then(|notifier| notifier.entered_after(position));
                let until = entered.unwrap_or(NEVER);
                self.disable((position, until), |app, name| *app == got.app && *name == got.notifier);
            }
            What::FaultBegan { scope: FaultScope::Notifier(of, notifier) } => {
                self.disable((position, NEVER), |app, name| app == of && name == notifier);
            }
            What::FaultBegan { scope: FaultScope::Vendor(_) } => self.disable((position, NEVER), |_, _| true),
            _ => {}
        }
    }

    fn disable(&mut self, (began, until): (Position, Position), is_such: impl Fn(&AppKey, &NotifierName) -> bool) {
        let perhaps = Span { began, ended: NEVER, certain: false };
        for (app, facts) in &mut self.all {
            let such = facts.notifiers.iter_mut().filter(|(name, _)| is_such(app, name));
            such.for_each(|(_, notifier)| notifier.disabled.begins_until(perhaps, until));
        }
    }
}

impl Notifier {
    /// Returns when the secret that followed the one of a moment was entered for certain.
    fn entered_after(&self, at: Position) -> Option<Position> {
        let replaced = *self.replaced.iter().rfind(|position| **position < at)?;
        let is_new = |span: &&Span| span.certain && replaced < span.began && at < span.ended;
        self.entered.iter().filter(is_new).map(|span| span.ended).min()
    }

    /// Returns the end of the call that entered the secret of a moment. A call that began before the replacement enters the
    /// old one, so it must be over.
    fn entered_since(&self, at: Position) -> Option<Position> {
        let replaced = *self.replaced.iter().rfind(|position| **position < at)?;
        let is_new = |span: &&Span| span.certain && replaced < span.began && span.ended < at;
        let entered = self.entered.iter().filter(is_new).min_by_key(|span| span.ended)?;
        let is_over = |span: &Span| span.began > replaced || span.ended < entered.began;
        self.entered.iter().all(is_over).then_some(entered.ended)
    }
}

impl App {
    /// Returns whether the app may have been deleted at some moment of a time.
    pub(super) fn may_be_deleted(&self, from: Position, to: Position) -> bool {
        self.deleted.iter().any(|span| span.began <= to && span.ended >= from)
    }

    fn note(&mut self, request: &Request, span: Span) {
        match request {
            Request::ChangeApp(change) => self.change(change, span),
            Request::PutNotifier { notifier, enabled, credential, .. } => {
                let notifier = self.notifiers.entry(notifier.clone()).or_default();
                notifier.exists.begins(span);
                if *credential {
                    notifier.entered.push(span);
                }
                if *enabled { notifier.disabled.ends(span) } else { notifier.disabled.begins(span) }
            }
            Request::DeleteNotifier { notifier } => {
                self.notifiers.entry(notifier.clone()).or_default().exists.ends(span);
            }
            Request::Recall { messages } => self.recalls.push((span, messages.clone())),
            _ => {}
        }
    }

    fn change(&mut self, change: &AppChange, span: Span) {
        match change {
            AppChange::AdvancedPush(true) => self.advanced.begins(span),
            AppChange::AdvancedPush(false) => self.advanced.ends(span),
            AppChange::MultiDevicePolicy(MultiDevicePolicy::AnyOffline) => self.any_offline.begins(span),
            AppChange::MultiDevicePolicy(MultiDevicePolicy::AllOffline) => self.any_offline.ends(span),
            AppChange::Callback(true) => self.callback.begins(span),
            AppChange::Callback(false) => self.callback.ends(span),
            AppChange::LargeGroupLimit(limit) => self.group_limits.push(*limit),
            AppChange::MaxBindings(_)
            | AppChange::MaxDevices(_)
            | AppChange::PresenceLease(_)
            | AppChange::ClearWhenRead(_)
            | AppChange::Other(_) => {}
        }
    }

    fn delete(&mut self, span: Span) {
        self.notifiers.values_mut().for_each(|notifier| notifier.exists.ends(span));
        self.callback.ends(span);
        self.deleted.push(span);
    }
}
