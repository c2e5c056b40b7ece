//! A Google service account: what Google knows, and the key file that its console offers.

use serde_json::{Value, json};

use super::FcmCredential;
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};
use crate::simulators::test_key::{self, TestKey};

pub const NOTIFIER: &str = "fcm-sender";
pub const PROJECT: &str = "im-demo-1234";
pub const KEY_ID: &str = "0123456789abcdef0123456789abcdef01234567";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    of(PROJECT)
}

/// Returns an account with its own project. All accounts begin with one test key.
pub fn new(identity: &Identity) -> Account {
    of(&format!("project-{}", identity.name))
}

/// Returns an account with another key, of this id.
pub fn with_secret(account: &Account, key_id: &str) -> Account {
    let key = TestKey::after(&account.secret);
    let mut new = Account { secret: key.telling_line().to_owned(), ..account.clone() };
    new.record["private_key"] = key.private_key_pem().into();
    new.known["public_key"] = key.public_key().into();
    new.with(&json!({"private_key_id": key_id}))
}

fn of(project: &str) -> Account {
    Account::new(record_of(project), &known(project), test_key::USUAL.telling_line())
}

/// Returns the key file of the project [`PROJECT`].
pub fn record() -> Value {
    record_of(PROJECT)
}

fn record_of(project: &str) -> Value {
    let email = email(project);
    json!({
        "type": "service_account",
        "project_id": project,
        "private_key_id": KEY_ID,
        "private_key": test_key::USUAL.private_key_pem(),
        "client_email": email,
        "client_id": "103456789012345678901",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{}", email.replace('@', "%40")),
        "universe_domain": "googleapis.com",
    })
}

/// Returns what Google knows about the account of a project. A test may change it.
pub fn known(project: &str) -> FcmCredential {
    FcmCredential {
        project_id: project.to_owned(),
        project_number: None,
        client_email: email(project),
        private_key_id: KEY_ID.to_owned(),
        public_key: test_key::USUAL.public_key(),
        package_name: Some(PACKAGE.to_owned()),
        may_send: true,
    }
}

fn email(project: &str) -> String {
    format!("push-sender@{project}.iam.gserviceaccount.com")
}
