//! An app of one test, with vendor accounts, users and phones that no other test has.

use std::collections::BTreeMap;

use curlew_tests::{
    simulators::{Delivery, Endpoint, Filter, NewCredential, Recorded, Shown, test_credentials},
    stack::App,
};
use serde_json::{Value, json};
use shared::{
    domain::{decision::Verdict, id::AppKey, outcome::DeviceOutcome, reason::Reason},
    ports::messages::StoredMessage,
};

use super::{World, canary, until};

/// The app's FCM notifier.
pub const FCM: &str = "fcm-notifier";
/// The app's Huawei notifier.
pub const HUAWEI: &str = "huawei-notifier";

/// An app with a notifier for each vendor.
pub struct Tenant<'w> {
    pub world: &'w World,
    pub app: App,
    pub key: AppKey,
    pub fcm: Account,
    pub huawei: Account,
}

/// An account at a vendor.
pub struct Account {
    /// what the product is given
    pub record: Value,
    /// what the vendor knows
    pub known: NewCredential,
    /// the vendor's name for it
    pub id: String,
}

/// A device token of one user.
#[derive(Debug, Clone)]
pub struct Phone {
    pub vendor: &'static str,
    pub user: String,
    pub device: String,
    pub token: String,
}

impl<'w> Tenant<'w> {
    pub async fn create(world: &'w World, settings: Value) -> Self {
        let name = format!("e2e-{}", canary::fresh());
        let app = world.stack.api.create_app("acme", &name, settings).await.expect("an app");
        canary::note(&app.client_secret);
        canary::note(&app.token);
        let key = AppKey::new(&app.org, &app.app).expect("an app key");
        let tenant = Self { world, fcm: fcm_account(world).await, huawei: huawei_account(world).await, app, key };
        tenant.app.create_notifier(FCM, "fcm", &tenant.fcm.record).await.expect("an FCM notifier");
        tenant.app.create_notifier(HUAWEI, "huawei", &tenant.huawei.record).await.expect("a Huawei notifier");
        tenant
    }

    // ---- phones ----

    /// A phone of this user that is bound.
    pub async fn phone(&self, vendor: &'static str, user: &str) -> Phone {
        let phone = Phone::new(vendor, user);
        self.bind(&phone).await;
        phone
    }

    pub async fn bind(&self, phone: &Phone) {
        let Phone { user, device, token, .. } = phone;
        self.app.bind(user, device, token, phone.notifier()).await.expect("a binding");
    }

    pub async fn report(&self, phone: &Phone, status: &str) {
        let result = self.app.report_now(&phone.user, &phone.device, status).await.expect("a result");
        assert_eq!(result["result"], "applied", "{status} of {}", phone.user);
    }

    /// The sends that named this phone, oldest first.
    pub async fn sends(&self, phone: &Phone) -> Vec<Recorded> {
        let filter = Filter::vendor(phone.vendor).at(Endpoint::Send).for_token(&phone.token);
        self.world.stack.vendors.requests(&filter).await.expect("requests")
    }

    /// What this phone was sent, replaced notifications included.
    pub async fn deliveries(&self, phone: &Phone) -> Vec<Delivery> {
        let filter = Filter::vendor(phone.vendor).for_token(&phone.token);
        self.world.stack.vendors.deliveries(&filter).await.expect("deliveries")
    }

    /// What the phone shows now.
    pub async fn shown(&self, phone: &Phone) -> Vec<Shown> {
        self.world.stack.vendors.device(phone.vendor, &phone.token).await.expect("a phone").shade
    }

    /// The exchanges of a credential for an access token, for this account.
    pub async fn token_requests(&self, account: &Account) -> Vec<Recorded> {
        let filter = Filter::vendor(&account.known.vendor).at(Endpoint::Token);
        let all = self.world.stack.vendors.requests(&filter).await.expect("requests");
        all.into_iter().filter(|request| account.asks(request)).collect()
    }

    // ---- messages ----

    /// Sends a text to these users, with whatever the change adds or replaces; answers receiver -> message id.
    pub async fn send(&self, to: &[&str], change: Value) -> BTreeMap<String, String> {
        self.app.send(&message(to, change)).await.expect("message ids")
    }

    /// The same to one user; answers the message id.
    pub async fn send_to(&self, user: &str, change: Value) -> String {
        self.send(&[user], change).await.remove(user).expect("an id")
    }

    /// The message once it is decided and every push has ended.
    pub async fn ended(&self, user: &str, id: &str) -> StoredMessage {
        until(&format!("the end of {id}"), async || {
            let stored = self.world.stack.cloud.message(&self.key, user, id).await.expect("a row")?;
            let decision = stored.decision.as_ref()?;
            let pushes = decision.devices.iter().filter(|device| device.verdict == Verdict::Push).count();
            (stored.outcomes.len() >= pushes).then_some(stored)
        })
        .await
    }

    /// The reason for which the message made no sound.
    pub async fn silence(&self, user: &str, id: &str) -> Reason {
        let stored = self.ended(user, id).await;
        match stored.decision.expect("a decision").verdict {
            Verdict::Skip { reason } => reason,
            Verdict::Push => panic!("{id} was pushed to {user}: {:?}", stored.outcomes),
        }
    }

    /// The outcome of the message's only push.
    pub async fn outcome(&self, user: &str, id: &str) -> DeviceOutcome {
        let mut stored = self.ended(user, id).await;
        assert_eq!(stored.outcomes.len(), 1, "{:?}", stored.decision);
        stored.outcomes.remove(0)
    }
}

impl Phone {
    /// A phone that is bound nowhere yet.
    pub fn new(vendor: &'static str, user: &str) -> Self {
        let token = match vendor {
            "fcm" => format!("{0}:APA91b{0}", canary::secret()),
            _ => format!("{}CN01", canary::secret()),
        };
        Self { vendor, user: user.to_owned(), device: format!("device-{}", canary::count()), token }
    }

    pub fn notifier(&self) -> &'static str {
        if self.vendor == "fcm" { FCM } else { HUAWEI }
    }
}

/// A text message whose text, title and content are secrets.
pub fn message(to: &[&str], change: Value) -> Value {
    let mut message = App::text("sender", to, &canary::secret(), &canary::secret(), &canary::secret());
    if let Value::Object(change) = change {
        change.into_iter().for_each(|(name, value)| message[name] = value);
    }
    message
}

/// What the app gets with the tap. Huawei hands it over as text.
pub fn custom(shown: &Shown) -> Value {
    let data = &shown.delivery.notice.data;
    data.as_str().map_or_else(|| data.clone(), |text| serde_json::from_str(text).expect("custom data"))
}

// ---- vendor accounts ----

impl Account {
    fn asks(&self, request: &Recorded) -> bool {
        match request.body.split_once("assertion=") {
            Some((_, jwt)) => claims(jwt)["iss"] == self.record["client_email"],
            None => request.body.contains(&format!("client_id={}&", self.id)) || request.body.ends_with(&self.id),
        }
    }
}

fn claims(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).unwrap_or_default();
    let decoded = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims).unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

pub async fn fcm_account(world: &World) -> Account {
    let project = format!("e2e-{}", canary::fresh());
    let record = test_credentials::fcm_service_account_of(&project);
    // The second line of the key; the first is the same for every key.
    canary::note(record["private_key"].as_str().and_then(|key| key.lines().nth(2)).expect("a key of some lines"));
    let known = test_credentials::fcm_credential(&project);
    register(world, record, NewCredential::new("fcm", json!(known))).await
}

async fn huawei_account(world: &World) -> Account {
    let id = format!("{:018}", u64::from_str_radix(&canary::fresh(), 16).expect("hexadecimal") / 20);
    let mut known = test_credentials::huawei_credential();
    let mut record = test_credentials::huawei_record();
    known.client_secret = canary::secret();
    known.app_id.clone_from(&id);
    known.client_id.clone_from(&id);
    known.project_id = Some(id.clone());
    for name in ["app_id", "client_id", "project_id"] {
        record[name] = json!(id);
    }
    record["client_secret"] = json!(known.client_secret);
    register(world, record, NewCredential::new("huawei", json!(known))).await
}

async fn register(world: &World, record: Value, known: NewCredential) -> Account {
    let id = world.stack.vendors.add_credential(&known).await.expect("an account at the vendor");
    Account { record, known, id }
}
