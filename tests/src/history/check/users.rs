//! Users: what is known of them, what they set, and when they were erased.

use std::{collections::BTreeMap, sync::LazyLock};

use shared::domain::{
    id::{AppKey, MessageId, UserId},
    presence::PresenceStatus,
    profile::PushMode,
};

use super::{
    super::{Request, Wish},
    call::Call,
    fact::{Fact, Position, Span},
};

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

/// The users of a history.
#[derive(Debug, Default)]
pub(super) struct Users<'h> {
    all: BTreeMap<(&'h AppKey, &'h UserId), User>,
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

impl User {
    /// Returns whether the user may have been erased at some moment of a time.
    pub(super) fn may_be_erased(&self, from: Position, to: Position) -> bool {
        self.erased.iter().any(|span| span.began <= to && span.ended >= from)
    }
}

impl<'h> Users<'h> {
    pub(super) fn of(calls: &[Call<'h>]) -> Self {
        let mut users = Self::default();
        for call in calls {
            if let Some(span) = call.effect() {
                users.note(call, span);
            }
        }
        // These end what any earlier or later call began, so they come last.
        for call in calls {
            if let Some(span) = call.effect() {
                users.end(call, span);
            }
        }
        users
    }

    pub(super) fn get<'a>(&'a self, app: &'a AppKey, user: &'a UserId) -> &'a User {
        self.all.get(&(app, user)).unwrap_or(&NO_USER)
    }

    /// Returns everybody of an app.
    pub(super) fn of_app<'a>(&'a self, app: &'a AppKey) -> impl Iterator<Item = &'a UserId> {
        self.all.keys().filter(move |key| key.0 == app).map(|key| key.1)
    }

    fn user_mut(&mut self, app: &'h AppKey, user: &'h UserId) -> &mut User {
        self.all.entry((app, user)).or_default()
    }

    fn note(&mut self, call: &Call<'h>, span: Span) {
        let app = call.app;
        match call.request {
            Request::Bind { user, .. } => self.user_mut(app, user).known.begins(span),
            Request::CreateUser { user } | Request::Connect { user, .. } => self.user_mut(app, user).exists(span),
            Request::Presence(report) if report.status == PresenceStatus::Online => {
                self.user_mut(app, &report.user).exists(span);
            }
            Request::Ban { user, banned: true } => self.user_mut(app, user).banned.begins(span),
            Request::Ban { user, banned: false } => self.user_mut(app, user).banned.ends(span),
            Request::Wish { user, wish } => self.user_mut(app, user).note_wish(wish, span),
            Request::Ack { user, messages, .. } => {
                self.user_mut(app, user).acks.push((span, Acknowledged::These(messages.clone())));
            }
            Request::AckUpTo { user, message, .. } => {
                self.user_mut(app, user).acks.push((span, Acknowledged::UpTo(*message)));
            }
            _ => {}
        }
    }

    fn end(&mut self, call: &Call<'h>, span: Span) {
        match call.request {
            Request::EraseUser { user } => self.user_mut(call.app, user).erase(span),
            Request::DeleteApp => {
                let of_app = self.all.iter_mut().filter(|(key, _)| key.0 == call.app);
                of_app.for_each(|(_, user)| user.erase(span));
            }
            _ => {}
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
