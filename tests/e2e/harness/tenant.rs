//! An app of one test, with its own vendor accounts, users and phones.

use std::collections::{BTreeMap, BTreeSet};

use curlew_tests::{
    simulators::{Delivery, Endpoint, Filter, Recorded, Shown, simulator},
    stack::App,
};
use serde_json::Value;
use shared::{
    domain::{decision::Verdict, id::AppKey, outcome::DeviceOutcome, reason::Reason},
    ports::messages::StoredMessage,
};
use tokio::sync::Mutex;

use super::{Account, World, canary, until};

/// The app's FCM notifier.
pub const FCM: &str = "fcm-notifier";
/// The app's Huawei notifier.
pub const HUAWEI: &str = "huawei-notifier";

/// An app with notifiers for FCM and Huawei. The first phone of another vendor adds that vendor's notifier.
pub struct Tenant<'w> {
    pub world: &'w World,
    pub app: App,
    pub key: AppKey,
    pub fcm: Account,
    pub huawei: Account,
    /// vendors that have a notifier
    vendors: Mutex<BTreeSet<&'static str>>,
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
        let (fcm, huawei) = (Account::open(world, "fcm").await, Account::open(world, "huawei").await);
        app.create_notifier(FCM, "fcm", fcm.record()).await.expect("an FCM notifier");
        app.create_notifier(HUAWEI, "huawei", huawei.record()).await.expect("a Huawei notifier");
        Self { world, app, key, fcm, huawei, vendors: Mutex::new(BTreeSet::from(["fcm", "huawei"])) }
    }

    /// Creates a notifier of this vendor if there is none.
    pub async fn notify_through(&self, vendor: &'static str) {
        let mut vendors = self.vendors.lock().await;
        if vendors.insert(vendor) {
            let account = Account::open(self.world, vendor).await;
            self.app.create_notifier(&notifier(vendor), vendor, account.record()).await.expect("a notifier");
        }
    }

    // ---- phones ----

    /// Returns a phone of this user that is bound.
    pub async fn phone(&self, vendor: &'static str, user: &str) -> Phone {
        self.notify_through(vendor).await;
        let phone = Phone::new(vendor, user);
        self.bind(&phone).await;
        phone
    }

    pub async fn bind(&self, phone: &Phone) {
        let Phone { user, device, token, .. } = phone;
        self.app.bind(user, device, token, &phone.notifier()).await.expect("a binding");
    }

    pub async fn report(&self, phone: &Phone, status: &str) {
        self.report_in("s1", phone, status).await;
    }

    pub async fn report_in(&self, session: &str, phone: &Phone, status: &str) {
        let result = self.app.report_in(session, &phone.user, &phone.device, status).await.expect("a result");
        assert_eq!(result["result"], "applied", "{status} of {}", phone.user);
    }

    /// Returns the send requests that named this phone, oldest first.
    pub async fn sends(&self, phone: &Phone) -> Vec<Recorded> {
        let filter = Filter::vendor(phone.vendor).at(Endpoint::Send).for_token(&phone.token);
        self.world.stack.vendors.requests(&filter).await.expect("requests")
    }

    /// Returns the deliveries to this phone, replaced notifications included.
    pub async fn deliveries(&self, phone: &Phone) -> Vec<Delivery> {
        let filter = Filter::vendor(phone.vendor).for_token(&phone.token);
        self.world.stack.vendors.deliveries(&filter).await.expect("deliveries")
    }

    /// Returns what the phone shows now.
    pub async fn shown(&self, phone: &Phone) -> Vec<Shown> {
        self.world.stack.vendors.device(phone.vendor, &phone.token).await.expect("a phone").shade
    }

    /// Returns this account's requests for an access token.
    pub async fn token_requests(&self, account: &Account) -> Vec<Recorded> {
        let filter = Filter::vendor(account.vendor).at(Endpoint::Token);
        let all = self.world.stack.vendors.requests(&filter).await.expect("requests");
        all.into_iter().filter(|request| account.asks(request)).collect()
    }

    // ---- messages ----

    /// Sends a text to these users, with the fields of `change`. Returns the message id of each receiver.
    pub async fn send(&self, to: &[&str], change: Value) -> BTreeMap<String, String> {
        self.app.send(&message(to, change)).await.expect("message ids")
    }

    /// Sends a text to one user. Returns the message id.
    pub async fn send_to(&self, user: &str, change: Value) -> String {
        self.send(&[user], change).await.remove(user).expect("an id")
    }

    /// Waits until the message is decided and every push has ended. Returns the stored message.
    pub async fn ended(&self, user: &str, id: &str) -> StoredMessage {
        until(&format!("the end of {id}"), async || {
            let stored = self.world.stack.cloud.message(&self.key, user, id).await.expect("a row")?;
            let decision = stored.decision.as_ref()?;
            let pushes = decision.devices.iter().filter(|device| device.verdict == Verdict::Push).count();
            (stored.outcomes.len() >= pushes).then_some(stored)
        })
        .await
    }

    /// Returns the suppression reason of the message.
    pub async fn suppression(&self, user: &str, id: &str) -> Reason {
        let stored = self.ended(user, id).await;
        match stored.decision.expect("a decision").verdict {
            Verdict::Skip { reason } => reason,
            Verdict::Push => panic!("{id} was pushed to {user}: {:?}", stored.outcomes),
        }
    }

    /// Returns the outcome of the message's only push.
    pub async fn outcome(&self, user: &str, id: &str) -> DeviceOutcome {
        let mut stored = self.ended(user, id).await;
        assert_eq!(stored.outcomes.len(), 1, "{:?}", stored.decision);
        stored.outcomes.remove(0)
    }
}

impl Phone {
    /// Returns a phone that is not bound yet.
    pub fn new(vendor: &'static str, user: &str) -> Self {
        let device = format!("device-{}", canary::count());
        Self { vendor, user: user.to_owned(), device, token: device_token(vendor) }
    }

    pub fn notifier(&self) -> String {
        notifier(self.vendor)
    }
}

/// Returns the name of the app's notifier for a vendor.
fn notifier(vendor: &str) -> String {
    format!("{vendor}-notifier")
}

/// Returns a secret in the form of the vendor's device tokens.
fn device_token(vendor: &str) -> String {
    let simulator = simulator(vendor).unwrap_or_else(|| panic!("there is no vendor {vendor}"));
    let token = (simulator.interface().device_token_of)(&canary::secret());
    if !token.contains(canary::mark()) {
        canary::note_private(&token);
    }
    token
}

/// Returns a text message whose text, title and content are secrets.
pub fn message(to: &[&str], change: Value) -> Value {
    let mut message = App::text("sender", to, &canary::secret(), &canary::secret(), &canary::secret());
    if let Value::Object(change) = change {
        change.into_iter().for_each(|(name, value)| message[name] = value);
    }
    message
}

/// Returns the custom data that the app gets with the tap on a notification.
pub fn custom(shown: &Shown) -> Value {
    custom_data(&shown.delivery.notice.data)
}

/// Returns custom data as JSON. Huawei passes it as text.
pub fn custom_data(data: &Value) -> Value {
    data.as_str().map_or_else(|| data.clone(), |text| serde_json::from_str(text).expect("custom data"))
}
