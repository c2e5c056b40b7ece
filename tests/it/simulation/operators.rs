//! What operators change while people send: secrets, keys, settings, and the app itself.

use std::time::Duration;

use curlew_tests::history::{Answer, AppChange, Request, What};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::{app::MultiDevicePolicy, id::NotifierName, vendor::Vendor};

use super::{
    random::Random,
    server::{secret_of, url_of},
    story::{APPS, Action, Function, Story, TroubleKind},
    world::{Call, World},
};
use crate::wiring::OPERATOR_KEY;

/// How often an operator repeats a call that failed, and how long the operator waits before.
pub const REPEATS: usize = 40;
pub const PAUSE: Duration = Duration::from_secs(5);

/// The events that an app's server is told of.
const EVENTS: [&str; 3] = ["push", "suppressed", "receipt"];

/// What an operator changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// enters the credential of an interface's notifier again: it gets a new ciphertext
    Credential { interface: usize },
    /// replaces the secret of an interface's account in the vendor's console, and enters the new one so many seconds later
    RotateCredential { interface: usize, entered_after: u64 },
    /// gives an interface's notifier a new address for reports, and enters it in the vendor's console
    ReportAddress { interface: usize },
    /// replaces the client secret and ends all tokens
    ClientSecret,
    /// each device counts for itself, or all must be offline
    AnyOffline(bool),
    /// how many members a group may have
    GroupLimit(u32),
    /// whether notifications go when their message is read elsewhere
    ClearWhenRead(bool),
    /// has the app's server told of pushes, under a secret of this number, or not any more
    Tell { secret: Option<u8> },
    /// deletes the app, and makes a new one of the same name
    NewApp,
}

/// Changes something of an app.
pub fn action(random: &Random, story: &Story) -> Action {
    let app = u8::from(random.percent(30));
    let interface = *random.pick(&story.interfaces);
    let change = match random.below(20) {
        0..2 => Change::Credential { interface },
        2..5 => Change::RotateCredential { interface, entered_after: random.between(0, 90) },
        5..7 => Change::ReportAddress { interface },
        7..11 => Change::ClientSecret,
        11..13 => Change::AnyOffline(random.percent(60)),
        13..14 => Change::GroupLimit(random.between(2, 6) as u32),
        14..17 => Change::ClearWhenRead(random.percent(70)),
        17..18 => Change::Tell { secret: Some(random.below(3) as u8) },
        _ => Change::NewApp,
    };
    Action::Change { app, change }
}

/// Returns what goes wrong with the function that operators call.
pub fn trouble(random: &Random, _: &Story) -> TroubleKind {
    TroubleKind::Death { of: Function::ManageApp, at: random.between(0, 20) as u32, late: random.percent(60) }
}

impl World {
    /// Changes something of an app.
    pub async fn change(&self, app: u8, change: &Change) {
        match change {
            Change::Credential { interface } => self.enter_credential(app, *interface).await,
            Change::RotateCredential { interface, entered_after } => {
                self.replace_secret(app, *interface);
                tokio::time::sleep(Duration::from_secs(*entered_after)).await;
                self.enter_credential(app, *interface).await;
            }
            Change::ReportAddress { interface } => {
                let Some((name, _)) = self.notifier(*interface) else { return };
                let request = Request::ChangeApp(AppChange::Other("report address".into()));
                let body = json!({"rotate_receipt_secret": true});
                if let Some(changed) = self.put(app, request, &notifier_path(&name), body).await {
                    self.enter_report_address(app, &changed);
                }
            }
            Change::ClientSecret => self.renew_client_secret(app).await,
            Change::AnyOffline(any) => {
                let (policy, name) = if *any {
                    (MultiDevicePolicy::AnyOffline, "any_offline")
                } else {
                    (MultiDevicePolicy::AllOffline, "all_offline")
                };
                self.set(app, AppChange::MultiDevicePolicy(policy), json!({"multi_device_policy": name})).await;
            }
            Change::GroupLimit(limit) => {
                self.set(app, AppChange::LargeGroupLimit(*limit), json!({"large_group_limit": limit})).await;
            }
            Change::ClearWhenRead(clear) => {
                self.set(app, AppChange::ClearWhenRead(*clear), json!({"clear_when_read": clear})).await;
            }
            Change::Tell { secret } => {
                let callback = |number| json!({"url": url_of(app), "secret": secret_of(app, number), "events": EVENTS});
                let body = json!({"callback": secret.map(callback)});
                self.set(app, AppChange::Callback(secret.is_some()), body).await;
            }
            Change::NewApp => self.renew_app(app).await,
        }
    }

    /// Enters a notifier's credential as the vendor's console has it at each call.
    async fn enter_credential(&self, app: u8, interface: usize) {
        let Some((notifier, vendor)) = self.notifier(interface) else { return };
        let key = self.app(app);
        let path = format!("/{}/{}/{}", key.org(), key.app(), notifier_path(&notifier));
        let body = || json!({"credential": self.phones.account(&key, &notifier).record, "state": "enabled"});
        let entering = || self.managing("PUT", path.clone(), &self.app_token(app), body());
        let request = Request::PutNotifier { notifier: notifier.clone(), vendor, enabled: true, credential: true };
        self.insist(app, Some(request), entering).await;
    }

    /// Replaces the secret of a notifier's account in the vendor's console.
    fn replace_secret(&self, app: u8, interface: usize) {
        let Some((notifier, _)) = self.notifier(interface) else { return };
        let (_, _, one) = self.interfaces.iter().find(|(place, ..)| *place == interface).unwrap();
        let app = self.app(app);
        let secret = self.phones.replace_secret(&app, &notifier, one);
        self.recorder.add(What::Secret { kind: "credential".into(), text: secret });
        self.recorder.add(What::SecretReplaced { app, notifier });
    }

    fn notifier(&self, interface: usize) -> Option<(NotifierName, Vendor)> {
        let (_, spec, one) = self.interfaces.iter().find(|(place, ..)| *place == interface)?;
        Some((NotifierName::parse(one.notifier).unwrap(), Vendor::parse(spec.name()).unwrap()))
    }

    async fn set(&self, app: u8, change: AppChange, body: Value) {
        self.put(app, Request::ChangeApp(change), "push/settings", body).await;
    }

    /// Makes a call of the app's owner. Returns the body of a success.
    async fn put(&self, app: u8, request: Request, path: &str, body: Value) -> Option<Value> {
        let key = self.app(app);
        let path = format!("/{}/{}/{path}", key.org(), key.app());
        let changing = || self.managing("PUT", path.clone(), &self.app_token(app), body.clone());
        self.insist(app, Some(request), changing).await
    }

    /// Repeats a call until it is answered 2xx or 404, or made what it asks for before. Returns the body of a success.
    pub async fn insist(&self, app: u8, request: Option<Request>, call: impl Fn() -> Call) -> Option<Value> {
        for _ in 0..REPEATS {
            let call = call();
            let id = request.clone().map(|request| self.recorder.ask(&self.app(app), request));
            let answered = self.call(&call).await;
            let (answer, is_over) = match answered {
                Some((..300, _)) => (Answer::Accepted, true),
                Some((404, _)) => (Answer::Refused { status: 404 }, true),
                Some((409, _)) => (Answer::Unknown, call.method == "POST"),
                Some((status @ ..500, _)) => (Answer::Refused { status }, false),
                _ => (Answer::Unknown, false),
            };
            if let Some(id) = id {
                self.recorder.answer(id, answer.clone());
            }
            if is_over {
                return answered.filter(|_| answer.is_success()).map(|(_, body)| body);
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }

    /// Returns a call of `manage-app`.
    pub fn managing(&self, method: &'static str, path: String, token: &str, body: Value) -> Call {
        Call { function: Function::ManageApp, method, path, token: token.to_owned(), key: None, body }
    }

    // ---- secrets ----

    /// Replaces the client secret. That ends all tokens, and the app's server gets a new one.
    pub async fn renew_client_secret(&self, app: u8) {
        self.without_token.borrow_mut().insert(app);
        let key = self.app(app);
        let path = format!("/management/apps/{}/{}/credentials", key.org(), key.app());
        let replacing = || self.managing("POST", path.clone(), OPERATOR_KEY, json!({}));
        let Some(client) = self.insist(app, None, replacing).await else { return };
        let grant = json!({
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        });
        let path = format!("/{}/{}/token", key.org(), key.app());
        let issuing = || self.managing("POST", path.clone(), "", grant.clone());
        if let Some(issued) = self.insist(app, None, issuing).await {
            let token = issued["access_token"].as_str().unwrap().to_owned();
            self.apps.borrow_mut()[usize::from(app)].1 = token;
            self.without_token.borrow_mut().remove(&app);
        }
    }

    /// Gives every app's server a token that works, if it has none.
    pub async fn renew_tokens(&self) {
        for app in 0..APPS {
            if self.without_token.borrow().contains(&app) {
                self.renew_client_secret(app).await;
            }
        }
    }
}

fn notifier_path(name: &NotifierName) -> String {
    format!("notifiers/{}", name.as_str().replace('#', "%23"))
}
