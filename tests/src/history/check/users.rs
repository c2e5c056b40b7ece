//! Users and apps: what is known of them, what they set, and when they were erased.

use std::{collections::BTreeMap, sync::LazyLock};

use shared::domain::{
    app::MultiDevicePolicy,
    id::{AppKey, MessageId, NotifierName, UserId},
    presence::PresenceStatus,
    profile::PushMode,
};

use super::{
    super::{AppChange, Event, FaultScope, Request, VendorAnswer, What, Wish},
    call::Call,
    fact::{Fact, NEVER, Position, Span},
};

static NO_APP: LazyLock<App> = LazyLock::new(App::default);
static NO_USER: LazyLock<User> = LazyLock::new(User::default);

/// What is known of a user.
#[derive(Debug, Default)]
pub(super) struct User {
    /// whether the app knows the user
    pub(super) known: Fact,
    /// whether the user has rows besides bindings
    pub(super) rows: Fact,
    /// whether the app banned the user
    pub(super) banned: Fact,
    /// whether do-not-disturb is set anywhere
    pub(super) quiet: Conversations,
    /// whether the mode `NONE` is set anywhere
    pub(super) mode_none: Conversations,
    /// whether the mode `AT` is set anywhere
    pub(super) mode_at: Conversations,
    /// when the user was erased
    pub(super) erased: Vec<Span>,
    /// what the user acknowledged, and when
    pub(super) acks: Vec<(Span, Acknowledged)>,
}

/// A fact of each conversation, and of the whole app under no name.
#[derive(Debug, Default)]
pub(super) struct Conversations(BTreeMap<Option<String>, Fact>);

/// What an acknowledgement names.
#[derive(Debug, Clone)]
pub(super) enum Acknowledged {
    These(Vec<MessageId>),
    UpTo(MessageId),
}

/// What is known of an app.
#[derive(Debug, Default)]
pub(super) struct App {
    /// when it was deleted
    pub(super) deleted: Vec<Span>,
    /// whether modes and do-not-disturb apply
    pub(super) advanced: Fact,
    /// whether each device counts for itself
    pub(super) any_offline: Fact,
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
}

/// The users and apps of a history.
#[derive(Debug, Default)]
pub(super) struct Users<'h> {
    users: BTreeMap<(&'h AppKey, &'h UserId), User>,
    apps: BTreeMap<&'h AppKey, App>,
}

impl Conversations {
    fn begins(&mut self, conversation: &Option<String>, span: Span) {
        self.0.entry(conversation.clone()).or_default().begins(span);
    }

    fn ends(&mut self, conversation: &Option<String>, span: Span) {
        self.0.entry(conversation.clone()).or_default().ends(span);
    }

    /// Returns whether the fact may have held for any conversation.
    pub(super) fn may_hold(&self, from: Position, to: Position) -> bool {
        self.0.values().any(|fact| fact.may_hold(from, to))
    }
}

impl Acknowledged {
    /// Returns whether the acknowledgement may cover a message.
    pub(super) fn covers(&self, message: MessageId) -> bool {
        match self {
            Self::These(ids) => ids.contains(&message),
            Self::UpTo(last) => message <= *last,
        }
    }
}

impl App {
    /// Returns whether the app may have been deleted at some moment of a time.
    pub(super) fn may_be_deleted(&self, from: Position, to: Position) -> bool {
        self.deleted.iter().any(|span| span.began <= to && span.ended >= from)
    }
}

impl User {
    /// Returns whether the user may have been erased at some moment of a time.
    pub(super) fn may_be_erased(&self, from: Position, to: Position) -> bool {
        self.erased.iter().any(|span| span.began <= to && span.ended >= from)
    }
}

impl<'h> Users<'h> {
    pub(super) fn of(events: &'h [Event], calls: &[Call<'h>]) -> Self {
        let mut users = Self::default();
        for call in calls {
            if let Some(span) = call.effect() {
                users.note_app(call, span);
                users.note_user(call, span);
            }
        }
        // These end what any earlier or later call began, so they come last.
        for call in calls {
            if let Some(span) = call.effect() {
                users.note_end(call, span);
            }
        }
        users.note_refused_credentials(events);
        users
    }

    pub(super) fn app<'a>(&'a self, app: &'a AppKey) -> &'a App {
        self.apps.get(app).unwrap_or(&NO_APP)
    }

    pub(super) fn user<'a>(&'a self, app: &'a AppKey, user: &'a UserId) -> &'a User {
        self.users.get(&(app, user)).unwrap_or(&NO_USER)
    }

    /// Returns everybody of an app.
    pub(super) fn of_app<'a>(&'a self, app: &'a AppKey) -> impl Iterator<Item = (&'a UserId, &'a User)> {
        self.users.iter().filter(move |(key, _)| key.0 == app).map(|(key, user)| (key.1, user))
    }

    fn note_app(&mut self, call: &Call<'h>, span: Span) {
        let app = self.apps.entry(call.app).or_default();
        match call.request {
            Request::ChangeApp(AppChange::AdvancedPush(true)) => app.advanced.begins(span),
            Request::ChangeApp(AppChange::AdvancedPush(false)) => app.advanced.ends(span),
            Request::ChangeApp(AppChange::MultiDevicePolicy(MultiDevicePolicy::AnyOffline)) => {
                app.any_offline.begins(span)
            }
            Request::ChangeApp(AppChange::MultiDevicePolicy(MultiDevicePolicy::AllOffline)) => {
                app.any_offline.ends(span)
            }
            Request::ChangeApp(AppChange::LargeGroupLimit(limit)) => app.group_limits.push(*limit),
            Request::PutNotifier { notifier, enabled, .. } => {
                let notifier = app.notifiers.entry(notifier.clone()).or_default();
                notifier.exists.begins(span);
                if *enabled { notifier.disabled.ends(span) } else { notifier.disabled.begins(span) }
            }
            Request::DeleteNotifier { notifier } => {
                app.notifiers.entry(notifier.clone()).or_default().exists.ends(span)
            }
            Request::Recall { messages } => app.recalls.push((span, messages.clone())),
            Request::DeleteApp => app.deleted.push(span),
            _ => {}
        }
    }

    fn user_mut(&mut self, app: &'h AppKey, user: &'h UserId) -> &mut User {
        self.users.entry((app, user)).or_default()
    }

    fn note_user(&mut self, call: &Call<'h>, span: Span) {
        let app = call.app;
        match call.request {
            Request::Bind { user, .. } => self.user_mut(app, user).known.begins(span),
            Request::CreateUser { user } | Request::Connect { user, .. } => self.user_mut(app, user).exists(span),
            Request::Presence(report) if report.status == PresenceStatus::Online => {
                self.user_mut(app, &report.user).exists(span)
            }
            Request::Ban { user, banned: true } => self.user_mut(app, user).banned.begins(span),
            Request::Ban { user, banned: false } => self.user_mut(app, user).banned.ends(span),
            Request::Wish { user, wish } => self.user_mut(app, user).note_wish(wish, span),
            Request::Ack { user, messages, .. } => {
                self.user_mut(app, user).acks.push((span, Acknowledged::These(messages.clone())))
            }
            Request::AckUpTo { user, message, .. } => {
                self.user_mut(app, user).acks.push((span, Acknowledged::UpTo(*message)))
            }
            _ => {}
        }
    }

    fn note_end(&mut self, call: &Call<'h>, span: Span) {
        match call.request {
            Request::EraseUser { user } => self.users.entry((call.app, user)).or_default().erase(span),
            Request::DeleteApp => {
                let of_app = self.users.iter_mut().filter(|(key, _)| key.0 == call.app);
                of_app.for_each(|(_, user)| user.erase(span));
                let app = self.apps.entry(call.app).or_default();
                app.notifiers.values_mut().for_each(|notifier| notifier.exists.ends(span));
            }
            _ => {}
        }
    }

    /// Notes the notifiers that a vendor's refusals may have switched off.
    fn note_refused_credentials(&mut self, events: &'h [Event]) {
        for (position, event) in events.iter().enumerate() {
            let span = Span { began: position, ended: NEVER, certain: false };
            let mut disable = |is_such: &dyn Fn(&AppKey, &NotifierName) -> bool| {
                for (app, facts) in &mut self.apps {
                    let such = facts.notifiers.iter_mut().filter(|(name, _)| is_such(app, name));
                    such.for_each(|(_, notifier)| notifier.disabled.begins(span));
                }
            };
            match &event.what {
                What::VendorGot(got) if got.answer == VendorAnswer::Credential => {
                    disable(&|app, name| *app == got.app && *name == got.notifier);
                }
                What::FaultBegan { scope: FaultScope::Notifier(of, notifier) } => {
                    disable(&|app, name| app == of && name == notifier);
                }
                What::FaultBegan { scope: FaultScope::Vendor(_) } => disable(&|_, _| true),
                _ => {}
            }
        }
    }
}

impl User {
    fn exists(&mut self, span: Span) {
        self.known.begins(span);
        self.rows.begins(span);
    }

    fn note_wish(&mut self, wish: &Wish, span: Span) {
        self.exists(span);
        match wish {
            Wish::Mode { conversation, mode } => {
                self.mode_none.ends(conversation, span);
                self.mode_at.ends(conversation, span);
                match mode {
                    PushMode::None => self.mode_none.begins(conversation, span),
                    PushMode::At => self.mode_at.begins(conversation, span),
                    PushMode::All => {}
                }
            }
            Wish::Quiet { conversation, active: true } => self.quiet.begins(conversation, span),
            Wish::Quiet { conversation, active: false } => self.quiet.ends(conversation, span),
            Wish::Other(_) => {}
        }
    }

    fn erase(&mut self, span: Span) {
        self.known.ends(span);
        self.rows.ends(span);
        self.banned.ends(span);
        for conversations in [&mut self.quiet, &mut self.mode_none, &mut self.mode_at] {
            conversations.0.values_mut().for_each(|fact| fact.ends(span));
        }
        self.erased.push(span);
    }
}
