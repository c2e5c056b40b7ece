//! Histories as tests write them.

use std::time::Duration;

use shared::domain::{
    decision::Verdict,
    id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
    outcome::PushStatus,
    presence::PresenceStatus,
    reason::Reason,
    time::Timestamp,
    vendor::Vendor,
};

use crate::history::{
    Answer, Audience, CallId, ConnectionName, DeadLetter, Decided, DecidedDevice, DeviceEnd, History, PresenceReport,
    Receipt, Request, Seen, Sending, StoredBinding, VendorAnswer, VendorGot, Violation, What, check,
};

const BEGIN: i64 = 1_800_000_000_000;
/// Every event is so much later than the one before, in milliseconds.
const STEP: i64 = 10;

pub fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).unwrap()
}

pub fn group(name: &str) -> GroupId {
    GroupId::parse(name).unwrap()
}

pub fn notifier(name: &str) -> NotifierName {
    NotifierName::parse(name).unwrap()
}

pub fn app(name: &str) -> AppKey {
    AppKey::new("acme", name).unwrap()
}

pub fn connection(name: &str) -> ConnectionName {
    ConnectionName(name.to_owned())
}

/// A plain message from `bob`.
pub fn chat(text: &str, to: &[&str]) -> Sending {
    Sending::chat(text, user("bob"), Audience::Users(to.iter().copied().map(user).collect()))
}

/// A plain message from `bob` to a group.
pub fn to_group(text: &str, name: &str) -> Sending {
    Sending::chat(text, user("bob"), Audience::Group(group(name)))
}

pub fn bind(name: &str, phone: &str, token: &str) -> Request {
    let (user, device) = (user(name), device(phone));
    Request::Bind { user, device, notifier: notifier("fcm"), token: token.to_owned() }
}

pub fn presence(name: &str, phone: &str, status: PresenceStatus, at: Timestamp) -> Request {
    let (user, device) = (user(name), device(phone));
    Request::Presence(PresenceReport { user, device, session: "s1".to_owned(), status, at, gateway: None })
}

/// A history in the making, in the app `chat` unless it says otherwise.
pub struct Story {
    pub history: History,
    pub app: AppKey,
    now: i64,
    calls: u64,
    requests: u64,
}

impl Story {
    pub fn new() -> Self {
        Self { history: History::default(), app: app("chat"), now: BEGIN, calls: 0, requests: 0 }
    }

    /// Begins a story in which `ann` has a phone with the token `token-of-ann`.
    pub fn with_ann() -> Self {
        let mut story = Self::new();
        story.call(bind("ann", "phone", "token-of-ann"));
        story
    }

    pub fn violations(&self) -> Vec<Violation> {
        check(&self.history)
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    pub fn add(&mut self, what: What) {
        self.now += STEP;
        self.history.add(Timestamp::from_millis(self.now), what);
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now += i64::try_from(seconds * 1000).unwrap();
    }

    /// Adds a vendor's report of a push to `token-of-ann`.
    pub fn reported(&mut self, unregistered: bool, happened: Timestamp, push: u64) {
        let (app, token) = (self.app.clone(), "token-of-ann".to_owned());
        self.add(What::Receipt(Receipt { app, token, unregistered, happened, push }));
    }

    // ---- calls ----

    pub fn ask(&mut self, request: Request) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        self.add(What::Asked { call, app: self.app.clone(), request });
        call
    }

    pub fn answer(&mut self, call: CallId, answer: Answer) {
        self.add(What::Answered { call, answer });
    }

    pub fn call_with(&mut self, request: Request, answer: Answer) {
        let call = self.ask(request);
        self.answer(call, answer);
    }

    pub fn call(&mut self, request: Request) {
        self.call_with(request, Answer::Accepted);
    }

    /// Sends a message with an id of this number for each receiver, or one for a group.
    pub fn send_as(&mut self, sending: &Sending, number: u128) -> MessageId {
        let at = self.now();
        let users = match &sending.to {
            Audience::Users(users) => users.iter().map(|user| Some(user.clone())).collect(),
            _ => vec![None],
        };
        let id = |place: usize| MessageId::new(at, number + u128::try_from(place).unwrap());
        let ids: Vec<_> = users.into_iter().enumerate().map(|(place, user)| (user, id(place))).collect();
        let first = ids[0].1;
        self.call_with(Request::Send(sending.clone()), Answer::Sent { ids, pushed: Vec::new() });
        first
    }

    pub fn send(&mut self, sending: &Sending) -> MessageId {
        let number = u128::from(self.calls) << 32;
        self.send_as(sending, number)
    }

    pub fn pull(&mut self, name: &str, found: &[(&str, MessageId)]) {
        let seen = |(text, id): &(&str, MessageId)| Seen { id: *id, text: (*text).to_owned() };
        let messages = found.iter().map(seen).collect();
        self.call_with(Request::Pull { user: user(name) }, Answer::Pulled { messages });
    }

    pub fn ack(&mut self, name: &str, id: MessageId) {
        self.call(Request::Ack { user: user(name), messages: vec![id], connection: None });
    }

    pub fn connect(&mut self, name: &str, phone: &str, connection_name: &str) {
        let (user, device) = (user(name), device(phone));
        self.call(Request::Connect { user, device, connection: connection(connection_name) });
    }

    // ---- what reached somebody ----

    /// A push as the vendor gets it.
    pub fn push(&mut self, text: &str, token: &str, answer: VendorAnswer) -> VendorGot {
        self.requests += 1;
        VendorGot {
            vendor: Vendor::Fcm,
            request: self.requests,
            app: self.app.clone(),
            notifier: notifier("fcm"),
            token: token.to_owned(),
            text: Some(text.to_owned()),
            message: None,
            replace_id: Some(text.to_owned()),
            revokes: false,
            test: false,
            too_early: false,
            outdated: false,
            shown: answer == VendorAnswer::Accepted,
            answer,
        }
    }

    pub fn pushed(&mut self, text: &str, token: &str) {
        self.answered(text, token, VendorAnswer::Accepted);
    }

    pub fn answered(&mut self, text: &str, token: &str, answer: VendorAnswer) {
        let got = self.push(text, token, answer);
        self.add(What::VendorGot(got));
    }

    pub fn frame(&mut self, name: &str, connection_name: &str, text: &str, id: MessageId) {
        let message = Seen { id, text: text.to_owned() };
        let (app, user, connection) = (self.app.clone(), user(name), connection(connection_name));
        self.add(What::Frame { app, user, device: device("phone"), connection, message });
    }

    // ---- the end ----

    pub fn decided(&mut self, name: &str, message: MessageId, verdict: Verdict, devices: Vec<DecidedDevice>) {
        let (app, user) = (self.app.clone(), user(name));
        let (text, group, decided_at) = (None, None, None);
        self.add(What::Decided(Decided { app, user, message, text, group, decided_at, verdict, devices }));
    }

    /// The push to the phone of a user was accepted.
    pub fn decided_push(&mut self, name: &str, message: MessageId) {
        let end = self.end(PushStatus::Success, None);
        self.decided_to(name, message, end);
    }

    pub fn decided_to(&mut self, name: &str, message: MessageId, end: Option<DeviceEnd>) {
        let (device, notifier) = (device("phone"), Some(notifier("fcm")));
        let devices = vec![DecidedDevice { device, notifier, verdict: Verdict::Push, end }];
        self.decided(name, message, Verdict::Push, devices);
    }

    pub fn end(&self, status: PushStatus, reason: Option<Reason>) -> Option<DeviceEnd> {
        Some(DeviceEnd { at: self.now(), status, reason, attempts: 1 })
    }

    pub fn suppressed(&mut self, name: &str, message: MessageId, reason: Reason) {
        self.decided(name, message, Verdict::Skip { reason }, Vec::new());
    }

    /// Sends a message to `ann` that reaches her phone and is decided.
    pub fn reaches_ann(&mut self, text: &str) -> MessageId {
        let id = self.send(&chat(text, &["ann"]));
        self.pushed(text, "token-of-ann");
        self.decided_push("ann", id);
        id
    }

    pub fn bound(&mut self, name: &str, phone: &str, token: &str) {
        let (app, user, device) = (self.app.clone(), user(name), device(phone));
        let row = StoredBinding { app, user, device, notifier: notifier("fcm"), token: token.to_owned() };
        self.add(What::Bound(row));
    }

    pub fn listed(&mut self) {
        let app = self.app.clone();
        self.add(What::BindingsListed { app });
    }

    pub fn dead_letter(&mut self, queue: &str, reason: Option<&str>, body: &str) {
        let (queue, reason) = (queue.to_owned(), reason.map(str::to_owned));
        self.add(What::DeadLettered(DeadLetter { queue, reason, body: body.to_owned() }));
    }

    pub fn killed(&mut self) {
        self.add(What::Killed { function: "push-vendor".to_owned() });
    }
}

/// A long time.
pub const HOUR: u64 = 3600;

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
