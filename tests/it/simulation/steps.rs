//! What each step of a story asks of the API.

use std::{rc::Rc, time::Duration};

use curlew_tests::history::{Answer, Audience, Kind, Notification, PresenceReport, Request, Seen, Sending, Wish};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{AppKey, GroupId, MessageId, NotifierName, UserId},
        instant::Strategy,
        presence::PresenceStatus,
        profile::PushMode,
        vendor::Vendor,
    },
    ports::clock::Clock,
};

use super::{
    answers, gateways,
    sockets::{device_id, seen, user},
    story::{Action, Function, Who},
    tasks,
    world::{Call, World},
};

/// How long a chat message or a push may be pushed, unless it says so itself.
const USUAL_LIFE: Duration = Duration::from_secs(86_400);
/// How often a client repeats a call that got no answer, or a 5xx. It waits longer each time. A key is held for 35 s after
/// the death of its process, so the last repeat comes later than that.
const REPEATS: u32 = 3;

/// A call with what it asks.
struct Asked {
    app: u8,
    request: Request,
    function: Function,
    method: &'static str,
    path: String,
    body: Value,
    key: Option<String>,
}

impl World {
    /// Does what a step says.
    pub async fn perform(self: &Rc<Self>, number: usize, action: &Action) {
        match action {
            Action::Connect { who, device, acks } => self.connect(*who, *device, *acks).await,
            Action::Disconnect { who, device, clean } => self.disconnect(*who, *device, *clean).await,
            Action::Pull { who, acks } => self.pull(*who, *acks).await,
            Action::AckOne { who, place, up_to } => self.ack_one(*who, *place, *up_to).await,
            Action::Uninstall { app, phone } => {
                let (_, token) = self.phone(*app, *phone);
                let (_, spec, _) = self.interfaces[usize::from(*phone) % self.interfaces.len()];
                self.phones.uninstall(spec.name(), &token);
            }
            Action::Install { app, phone } => {
                let (_, token) = self.phone(*app, *phone);
                let (_, spec, _) = self.interfaces[usize::from(*phone) % self.interfaces.len()];
                self.phones.install(spec.name(), &token);
            }
            Action::Receipt { app, phone, back, unregistered, again } => {
                self.send_receipt((*app, *phone), *back, *unregistered, *again).await;
            }
            Action::Change { app, change } => self.change(*app, change).await,
            Action::Malformed { queue, kind } => self.put_malformed(number, queue, *kind),
            Action::Recall { step } => self.recall(*step).await,
            Action::Wait => {}
            other => {
                let Some(asked) = self.asked(number, other) else {
                    return;
                };
                let app = asked.app;
                if let Some(answer) = self.ask(asked).await {
                    self.sent.borrow_mut().insert(number, (app, answer));
                }
            }
        }
    }

    /// Makes a call, and repeats it if nobody knows what became of it. Returns the body of a success.
    async fn ask(&self, asked: Asked) -> Option<Value> {
        let app = self.app(asked.app);
        let call = Call {
            function: asked.function,
            method: asked.method,
            path: format!("/{}/{}/{}", app.org(), app.app(), asked.path),
            token: self.app_token(asked.app),
            key: asked.key,
            body: asked.body,
        };
        // Without a key a repeat would be a second message.
        let repeats =
            if matches!(&asked.request, Request::Send(sending) if sending.key.is_none()) { 0 } else { REPEATS };
        for repeat in 0..=repeats {
            let id = self.recorder.ask(&app, asked.request.clone());
            let answered = self.call(&call).await;
            let answer = answers::read(&asked.request, answered.as_ref());
            self.recorder.answer(id, answer.clone());
            let is_over = !matches!(answer, Answer::Unknown | Answer::Refused { status: 429 });
            if is_over {
                return answered.filter(|_| answer.is_success()).map(|(_, body)| body);
            }
            tokio::time::sleep(Duration::from_millis(self.random.between(500, 5000) << (2 * repeat))).await;
        }
        None
    }

    /// Returns the call of a step that is one call.
    fn asked(&self, number: usize, action: &Action) -> Option<Asked> {
        let of_user = |who: Who, rest: &str| format!("users/{}/{rest}", user(who));
        let asked = |who: Who, request, function, method, path: String, body| {
            Some(Asked { app: who.app, request, function, method, path, body, key: None })
        };
        match action {
            Action::Bind { who, device, phone } => {
                let (notifier, token) = self.phone(who.app, *phone);
                let device = device_id(*device);
                let body = json!({"device_id": device, "device_token": token, "notifier_name": notifier});
                let request = Request::Bind { user: user(*who), device, notifier, token };
                asked(*who, request, Function::RegisterToken, "PUT", of_user(*who, "push/binding"), body)
            }
            Action::Unbind { who, device, phone } => {
                let (notifier, _) = self.phone(who.app, *phone);
                let device = device_id(*device);
                let body = json!({"device_id": device, "device_token": "", "notifier_name": notifier});
                let request = Request::Unbind { user: user(*who), device, notifier };
                asked(*who, request, Function::RegisterToken, "PUT", of_user(*who, "push/binding"), body)
            }
            Action::LogOut { who, device, unbind } => {
                let device = device_id(*device);
                let body = json!({"device_id": device, "unbind_token": unbind});
                let request = Request::LogOut { user: user(*who), device, unbind: *unbind };
                asked(*who, request, Function::RegisterToken, "POST", of_user(*who, "push/logout"), body)
            }
            Action::Kick { who, device } => {
                let device = device_id(*device);
                let path = of_user(*who, &format!("disconnect/unknown_{device}"));
                let request = Request::Kick { user: user(*who), device };
                asked(*who, request, Function::ReportPresence, "DELETE", path, json!({}))
            }
            Action::Erase { who } => {
                let request = Request::EraseUser { user: user(*who) };
                asked(*who, request, Function::ConfigureUser, "DELETE", format!("users/{}", user(*who)), json!({}))
            }
            Action::Ban { who, banned } => {
                let path = of_user(*who, if *banned { "deactivate" } else { "activate" });
                let request = Request::Ban { user: user(*who), banned: *banned };
                asked(*who, request, Function::ReportPresence, "POST", path, json!({}))
            }
            Action::Report { who, device, online } => Some(self.presence_report(*who, *device, *online, 0)),
            Action::ReportLate { who, device, online, late } => {
                Some(self.presence_report(*who, *device, *online, *late))
            }
            Action::Count { who } => {
                let request = Request::Count { user: user(*who) };
                asked(*who, request, Function::ReportPresence, "GET", of_user(*who, "offline_msg_count"), json!({}))
            }
            Action::Mode { who, none } => {
                let (mode, name) = if *none { (PushMode::None, "NONE") } else { (PushMode::All, "ALL") };
                let request = Request::Wish { user: user(*who), wish: Wish::Mode { conversation: None, mode } };
                let path = of_user(*who, &format!("notification/user/{}", user(*who)));
                asked(*who, request, Function::ConfigureUser, "PUT", path, json!({"type": name}))
            }
            Action::Quiet { who, active } => {
                let wish = Wish::Quiet { conversation: None, active: *active };
                let request = Request::Wish { user: user(*who), wish };
                let path = of_user(*who, &format!("notification/user/{}", user(*who)));
                let body = json!({"ignoreDuration": if *active { 3_600_000 } else { 0 }});
                asked(*who, request, Function::ConfigureUser, "PUT", path, body)
            }
            Action::Join { who, group } => {
                self.members.borrow_mut().insert((self.app(who.app), group_id(*group), user(*who)));
                let request = Request::Join { group: group_id(*group), users: vec![user(*who)] };
                let path = format!("chatgroups/{}/users/{}", group_id(*group), user(*who));
                asked(*who, request, Function::ManageApp, "POST", path, json!({}))
            }
            Action::Leave { who, group } => {
                let request = Request::Leave { group: group_id(*group), users: vec![user(*who)] };
                let path = format!("chatgroups/{}/users/{}", group_id(*group), user(*who));
                asked(*who, request, Function::ManageApp, "DELETE", path, json!({}))
            }
            Action::Switch { app, interface, enabled } => {
                let (_, spec, one) = self.interfaces.iter().find(|(place, ..)| place == interface)?;
                let notifier = NotifierName::parse(one.notifier).unwrap();
                let vendor = Vendor::parse(spec.name()).unwrap();
                let state = if *enabled { "enabled" } else { "disabled" };
                let path = format!("notifiers/{}", one.notifier.replace('#', "%23"));
                let request = Request::PutNotifier { notifier, vendor, enabled: *enabled, credential: false };
                let who = Who { app: *app, user: 0 };
                asked(who, request, Function::ManageApp, "PUT", path, json!({"state": state}))
            }
            Action::Renew { app, gateway, seconds } => {
                let (request, path, body) = gateways::renewal(*gateway, *seconds);
                asked(Who { app: *app, user: 0 }, request, Function::ReportPresence, "POST", path, body)
            }
            Action::ReportBy { who, device, gateway, online } => {
                let (request, body) = self.report_by(*who, *device, *gateway, *online);
                asked(*who, request, Function::ReportPresence, "POST", "presence/events".into(), body)
            }
            sending => self.sending(number, sending),
        }
    }

    /// Returns the call of a gateway that reports what happened so many milliseconds ago.
    fn presence_report(&self, who: Who, device: u8, online: bool, late: u64) -> Asked {
        let status = if online { PresenceStatus::Online } else { PresenceStatus::Offline };
        let at = self.services.clock.now().minus(Duration::from_millis(late));
        let (device, session) = (device_id(device), format!("gateway-{}", who.user));
        let event = json!({
            "user": user(who), "device_id": device, "session": session, "status": status, "ts": at,
        });
        let report = PresenceReport { user: user(who), device, session, status, at, gateway: None };
        Asked {
            app: who.app,
            request: Request::Presence(report),
            function: Function::ReportPresence,
            method: "POST",
            path: "presence/events".into(),
            body: json!({"events": [event]}),
            key: None,
        }
    }

    /// Returns the call of a step that sends.
    fn sending(&self, number: usize, action: &Action) -> Option<Asked> {
        let text = text(number);
        let key = |wanted: bool| wanted.then(|| format!("key-{number}"));
        match action {
            Action::Send { from, to, key: wanted, seconds, silent } => {
                let users: Vec<UserId> = to.iter().map(|one| user(Who { app: from.app, user: *one })).collect();
                let mut body = json!({"from": user(*from), "to": users, "type": "txt", "body": {"msg": text}});
                let mut sending = Sending::chat(&text, user(*from), Audience::Users(users));
                sending.key = key(*wanted);
                if let Some(seconds) = seconds {
                    body["push_ttl"] = json!(seconds);
                    sending.time_to_live = Duration::from_secs(*seconds);
                }
                if *silent {
                    body["ext"] = json!({"em_ignore_notification": true});
                    sending.notification = Notification::Ignored;
                }
                Some(sent(from.app, sending, "messages/users", body))
            }
            Action::SendToGroup { from, group, key: wanted } => {
                let group = group_id(*group);
                let body = json!({"from": user(*from), "to": [group], "type": "txt", "body": {"msg": text}});
                let sending =
                    Sending { key: key(*wanted), ..Sending::chat(&text, user(*from), Audience::Group(group)) };
                Some(sent(from.app, sending, "messages/chatgroups", body))
            }
            Action::Push { who, strategy, waits, key: wanted } => {
                let strategy = Strategy::ALL[usize::from(*strategy)];
                let body = json!({"strategy": strategy.number(), "pushMessage": {"title": text, "content": text}});
                let path = format!("push/{}/{}", if *waits { "sync" } else { "async" }, user(*who));
                let sending = Sending {
                    kind: Kind::Instant(strategy),
                    key: key(*wanted),
                    time_to_live: USUAL_LIFE,
                    ..Sending::chat(&text, user(*who), Audience::Users(vec![user(*who)]))
                };
                Some(sent(who.app, sending, &path, body))
            }
            Action::Task { app, strategy, key: wanted } => {
                let (sending, body) = tasks::of(&text, *strategy, key(*wanted));
                Some(sent(*app, sending, "push/task", body))
            }
            _ => None,
        }
    }

    /// Takes back what a step sent.
    async fn recall(&self, step: usize) {
        let found = self.sent.borrow().get(&step).cloned();
        let Some((app, answer)) = found else {
            return;
        };
        let data = answer["data"].as_object().cloned().unwrap_or_default();
        for (name, id) in data {
            let Some(id) = id.as_str().and_then(|id| MessageId::parse(id).ok()) else {
                continue;
            };
            let kind = if name.starts_with('g') { "groupchat" } else { "chat" };
            let asked = Asked {
                app,
                request: Request::Recall { messages: vec![id] },
                function: Function::IngestMessage,
                method: "POST",
                path: "messages/msg_recall".into(),
                body: json!({"msg_id": id, "to": name, "chat_type": kind, "force": false}),
                key: None,
            };
            self.ask(asked).await;
        }
    }

    /// Asks what waits for a user, page by page. Acknowledges it or not.
    pub async fn pull(&self, who: Who, acks: bool) {
        let ids = self.waiting(who).await;
        if acks && !ids.is_empty() {
            let request = Request::Ack { user: user(who), messages: ids.clone(), connection: None };
            self.acknowledge(who, request, json!({"msg_ids": ids})).await;
        }
    }

    /// Returns what waits for a user, as far as the API answers.
    pub async fn waiting(&self, who: Who) -> Vec<MessageId> {
        let call = self.recorder.ask(&self.app(who.app), Request::Pull { user: user(who) });
        let Some(messages) = self.pages(who).await else {
            self.recorder.answer(call, Answer::Unknown);
            return Vec::new();
        };
        let ids = messages.iter().map(|message| message.id).collect();
        self.recorder.answer(call, Answer::Pulled { messages });
        ids
    }

    /// Calls the route of acknowledgements.
    pub async fn acknowledge(&self, who: Who, request: Request, body: Value) {
        let asked = Asked {
            app: who.app,
            request,
            function: Function::ReportPresence,
            method: "POST",
            path: format!("users/{}/offline_messages/ack", user(who)),
            body,
            key: None,
        };
        self.ask(asked).await;
    }

    async fn pages(&self, who: Who) -> Option<Vec<Seen>> {
        let app = self.app(who.app);
        let (mut messages, mut cursor) = (Vec::new(), String::new());
        loop {
            let call = Call {
                function: Function::ReportPresence,
                method: "GET",
                path: format!("/{}/{}/users/{}/offline_messages?limit=20{cursor}", app.org(), app.app(), user(who)),
                token: self.app_token(who.app),
                key: None,
                body: json!({}),
            };
            let (status, body) = self.call(&call).await?;
            if status != 200 {
                return None;
            }
            messages.extend(body["data"].as_array().unwrap().iter().map(seen));
            match body["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Some(messages),
            }
        }
    }

    /// Returns a phone's notifier and token.
    pub fn phone(&self, app: u8, phone: u8) -> (NotifierName, String) {
        let (_, _, interface) = self.interfaces[usize::from(phone) % self.interfaces.len()];
        let token = (interface.device_token_of)(&format!("a{app}p{phone}"));
        (NotifierName::parse(interface.notifier).unwrap(), token)
    }

    /// Returns the key of an app.
    pub fn app(&self, app: u8) -> AppKey {
        self.apps.borrow()[usize::from(app)].0.clone()
    }

    /// Returns the token of an app's server.
    pub fn app_token(&self, app: u8) -> String {
        self.apps.borrow()[usize::from(app)].1.clone()
    }

    /// Returns a new token of a user.
    pub async fn user_token(&self, who: Who) -> Option<String> {
        let app = self.app(who.app);
        let grant = json!({"grant_type": "inherit", "username": user(who), "autoCreateUser": true});
        let call = Call {
            function: Function::ManageApp,
            method: "POST",
            path: format!("/{}/{}/token", app.org(), app.app()),
            token: self.app_token(who.app),
            key: None,
            body: grant,
        };
        let (status, body) = self.call(&call).await?;
        if status == 200 { body["access_token"].as_str().map(str::to_owned) } else { None }
    }
}

fn sent(app: u8, sending: Sending, path: &str, body: Value) -> Asked {
    let key = sending.key.clone();
    let request = Request::Send(sending);
    Asked { app, request, function: Function::IngestMessage, method: "POST", path: path.into(), body, key }
}

/// Returns the text of what a step sends.
pub fn text(number: usize) -> String {
    format!("text-{number}-")
}

/// Returns the text that names a step, wherever it stands.
pub fn text_in(all: &str) -> Option<String> {
    let named = &all[all.find("text-")?..];
    let length = named.match_indices('-').nth(1)?.0 + 1;
    Some(named[..length].to_owned())
}

/// Returns the name of a group.
pub fn group_id(group: u8) -> GroupId {
    GroupId::parse(&format!("g{group}")).unwrap()
}
