//! Accounts at Xiaomi.

use serde_json::{Value, json};

use super::{Channel, ChannelKind, Template, XiaomiCredential};
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};

pub const NOTIFIER: &str = APP;
pub const APP: &str = "2882303761517123456";
pub const SECRET: &str = "3kq9v7bTq0m1uY2w5x8z0A==";
pub const CHANNEL: &str = "107086";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), SECRET)
}

/// Returns another account.
pub fn new(identity: &Identity) -> Account {
    let secret = &identity.secret;
    let values = json!({"app_id": identity.digits(), "app_secret": secret});
    Account { secret: secret.clone(), ..account() }.with(&values)
}

/// Returns the credential that an operator enters.
pub fn record() -> Value {
    json!({
        "region": "cn",
        "app_id": APP,
        "app_secret": SECRET,
        "package_names": [PACKAGE],
        "channels": {"im": CHANNEL},
        "templates": {"im": {"id": "P10234", "params": ["sender", "text"]}},
    })
}

/// Returns what Xiaomi knows about the account. A test may change it.
pub fn known() -> XiaomiCredential {
    let template = Template { id: "P10234".to_owned(), params: ["sender", "text"].map(str::to_owned).to_vec() };
    let private = Channel { id: CHANNEL.to_owned(), kind: ChannelKind::Private, templates: vec![template] };
    let public = Channel { id: "107000".to_owned(), kind: ChannelKind::Public, templates: Vec::new() };
    XiaomiCredential {
        app_id: APP.to_owned(),
        app_secret: SECRET.to_owned(),
        package_names: vec![PACKAGE.to_owned()],
        channels: vec![private, public],
        needs_notify_effect: true,
        needs_template: true,
    }
}
