//! Accounts that exist at the simulated vendors only: what the product is configured with, and the
//! same account as its vendor knows it.

mod key;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{KeyPair as _, RsaKeyPair};
use serde_json::{Value, json};

use super::engine::NewCredential;
use super::fcm::{self, FcmCredential};
use super::honor::{self, HonorCredential};
use super::huawei::{self, HarmonyCredential, HuaweiCredential};
use super::meizu::{self, MeizuCredential};
use super::oppo::{self, OppoCredential};
use super::vivo::{self, VivoCredential};
use super::xiaomi::{self, Channel, ChannelKind, Template, XiaomiCredential};

pub const FCM_PROJECT: &str = "im-demo-1234";
pub const FCM_KEY_ID: &str = "0123456789abcdef0123456789abcdef01234567";
pub const HUAWEI_APP: &str = "101234567";
pub const HUAWEI_PROJECT: &str = "736430079244623456";
pub const HUAWEI_SECRET: &str = "a+b/c=0123456789abcdef";
pub const HARMONY_KEY_ID: &str = "f0a1b2c3d4e5f60718293a4b5c6d7e8f";
pub const HARMONY_ACCOUNT: &str = "100000001";
pub const HONOR_APP: &str = "104400001";
pub const HONOR_CLIENT: &str = "6c5e1d0b7a1f4c0f9d3e2b1a00000001";
pub const HONOR_SECRET: &str = "Ab+9/xYz==";
pub const MEIZU_APP: &str = "100999";
pub const MEIZU_SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const OPPO_APP: &str = "30012345";
pub const OPPO_KEY: &str = "k1a2b3c4d5e6f708";
pub const OPPO_SECRET: &str = "m9s8e7c6r5e4t3xx";
pub const VIVO_APP: u64 = 105_999_001;
pub const VIVO_KEY: &str = "b1f2c3d4-e5f6-4711-8899-aabbccddeeff";
pub const VIVO_SECRET: &str = "3c6e0b8a-9c15-4a24-a3f1-5d7b8e9f0a1b";
pub const XIAOMI_APP: &str = "2882303761517123456";
pub const XIAOMI_SECRET: &str = "3kq9v7bTq0m1uY2w5x8z0A==";
pub const XIAOMI_CHANNEL: &str = "107086";
pub const PACKAGE: &str = "com.example.im";

/// A service account as Google's console lets one download it, of the project [`FCM_PROJECT`].
pub fn fcm_service_account() -> Value {
    fcm_service_account_of(FCM_PROJECT)
}

/// The same for a project of another name. All of them share the one test key.
pub fn fcm_service_account_of(project: &str) -> Value {
    let email = fcm_email(project);
    json!({
        "type": "service_account",
        "project_id": project,
        "private_key_id": FCM_KEY_ID,
        "private_key": private_key_pem(),
        "client_email": email,
        "client_id": "103456789012345678901",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{}", email.replace('@', "%40")),
        "universe_domain": "googleapis.com",
    })
}

/// What Google knows about [`fcm_service_account`].
pub fn fcm() -> NewCredential {
    NewCredential::new(fcm::NAME, to_record(&fcm_credential(FCM_PROJECT)))
}

/// What Google knows about [`fcm_service_account_of`] a project, to be changed at will.
pub fn fcm_credential(project: &str) -> FcmCredential {
    FcmCredential {
        project_id: project.to_owned(),
        project_number: None,
        client_email: fcm_email(project),
        private_key_id: FCM_KEY_ID.to_owned(),
        public_key: public_key(),
        package_name: Some(PACKAGE.to_owned()),
        may_send: true,
    }
}

/// The credential record of a Huawei notifier.
pub fn huawei_record() -> Value {
    json!({
        "app_id": HUAWEI_APP,
        "project_id": HUAWEI_PROJECT,
        "api": "v2",
        "client_id": HUAWEI_APP,
        "client_secret": HUAWEI_SECRET,
        "package_name": PACKAGE,
        "badge_class": format!("{PACKAGE}.MainActivity"),
        "im_category_granted": true,
    })
}

/// What Huawei knows about [`huawei_record`].
pub fn huawei() -> NewCredential {
    NewCredential::new(huawei::NAME, to_record(&huawei_credential()))
}

/// The same, to be changed at will.
pub fn huawei_credential() -> HuaweiCredential {
    HuaweiCredential {
        app_id: HUAWEI_APP.to_owned(),
        project_id: Some(HUAWEI_PROJECT.to_owned()),
        client_id: HUAWEI_APP.to_owned(),
        client_secret: HUAWEI_SECRET.to_owned(),
        may_send: true,
        high_priority: false,
        granted_categories: ["IM", "VOIP", "SUBSCRIPTION", "WORK", "ACCOUNT"].map(str::to_owned).to_vec(),
        tokens_per_five_minutes: 1000,
    }
}

/// The credential record of a HarmonyOS notifier: a key file as Huawei's console lets one download it, with its `api`.
pub fn harmony_record() -> Value {
    json!({
        "api": "v3",
        "project_id": HUAWEI_PROJECT,
        "key_id": HARMONY_KEY_ID,
        "private_key": private_key_pem(),
        "sub_account": HARMONY_ACCOUNT,
        "auth_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize",
        "token_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
        "im_category_granted": true,
    })
}

/// What Huawei knows about [`harmony_record`].
pub fn harmony() -> NewCredential {
    NewCredential::new(huawei::NAME, to_record(&harmony_credential()))
}

/// The same, to be changed at will.
pub fn harmony_credential() -> HarmonyCredential {
    HarmonyCredential {
        project_id: HUAWEI_PROJECT.to_owned(),
        key_id: HARMONY_KEY_ID.to_owned(),
        sub_account: HARMONY_ACCOUNT.to_owned(),
        public_key: public_key(),
        may_send: true,
        punished: false,
        granted_categories: ["IM", "VOIP", "SUBSCRIPTION", "WORK", "ACCOUNT"].map(str::to_owned).to_vec(),
    }
}

/// The credential record of a Honor notifier.
pub fn honor_record() -> Value {
    json!({
        "app_id": HONOR_APP,
        "client_id": HONOR_CLIENT,
        "client_secret": HONOR_SECRET,
        "package_name": PACKAGE,
        "badge_class": format!("{PACKAGE}.MainActivity"),
        "service_right_granted": true,
    })
}

/// What Honor knows about [`honor_record`].
pub fn honor() -> NewCredential {
    NewCredential::new(honor::NAME, to_record(&honor_credential()))
}

/// The same, to be changed at will.
pub fn honor_credential() -> HonorCredential {
    HonorCredential {
        app_id: HONOR_APP.to_owned(),
        client_id: HONOR_CLIENT.to_owned(),
        client_secret: HONOR_SECRET.to_owned(),
        may_send: true,
        service_right: true,
        max_tokens: 1000,
        max_skew_seconds: 300,
    }
}

/// The credential record of a Xiaomi notifier.
pub fn xiaomi_record() -> Value {
    json!({
        "region": "cn",
        "app_id": XIAOMI_APP,
        "app_secret": XIAOMI_SECRET,
        "package_names": [PACKAGE],
        "channels": {"im": XIAOMI_CHANNEL},
        "templates": {"im": {"id": "P10234", "params": ["sender", "text"]}},
    })
}

/// What Xiaomi knows about [`xiaomi_record`].
pub fn xiaomi() -> NewCredential {
    NewCredential::new(xiaomi::NAME, to_record(&xiaomi_credential()))
}

/// The same, to be changed at will.
pub fn xiaomi_credential() -> XiaomiCredential {
    let template = Template { id: "P10234".to_owned(), params: ["sender", "text"].map(str::to_owned).to_vec() };
    let private = Channel { id: XIAOMI_CHANNEL.to_owned(), kind: ChannelKind::Private, templates: vec![template] };
    let public = Channel { id: "107000".to_owned(), kind: ChannelKind::Public, templates: Vec::new() };
    XiaomiCredential {
        app_id: XIAOMI_APP.to_owned(),
        app_secret: XIAOMI_SECRET.to_owned(),
        package_names: vec![PACKAGE.to_owned()],
        channels: vec![private, public],
        needs_notify_effect: true,
        needs_template: true,
    }
}

/// The credential record of an OPPO notifier.
pub fn oppo_record() -> Value {
    json!({
        "app_id": OPPO_APP,
        "app_key": OPPO_KEY,
        "master_secret": OPPO_SECRET,
        "package_name": PACKAGE,
        "channels": {"im": "im_chat"},
    })
}

/// What OPPO knows about [`oppo_record`].
pub fn oppo() -> NewCredential {
    NewCredential::new(oppo::NAME, to_record(&oppo_credential()))
}

/// The same, to be changed at will.
pub fn oppo_credential() -> OppoCredential {
    OppoCredential::new(OPPO_APP, OPPO_KEY, OPPO_SECRET)
}

/// The credential record of a vivo notifier.
pub fn vivo_record() -> Value {
    json!({"app_id": VIVO_APP, "app_key": VIVO_KEY, "app_secret": VIVO_SECRET, "package_name": PACKAGE})
}

/// What vivo knows about [`vivo_record`].
pub fn vivo() -> NewCredential {
    NewCredential::new(vivo::NAME, to_record(&vivo_credential()))
}

/// The same, to be changed at will.
pub fn vivo_credential() -> VivoCredential {
    VivoCredential {
        app_id: VIVO_APP,
        app_key: VIVO_KEY.to_owned(),
        app_secret: VIVO_SECRET.to_owned(),
        approved: true,
        chinese_counts_twice: false,
        test_devices: Vec::new(),
        tokens_per_second: 10,
    }
}

/// The credential record of a Meizu notifier.
pub fn meizu_record() -> Value {
    json!({"app_id": MEIZU_APP, "app_secret": MEIZU_SECRET, "package_name": PACKAGE, "notice_msg_type": 1})
}

/// What Meizu knows about [`meizu_record`].
pub fn meizu() -> NewCredential {
    NewCredential::new(meizu::NAME, to_record(&meizu_credential()))
}

/// The same, to be changed at will.
pub fn meizu_credential() -> MeizuCredential {
    MeizuCredential {
        app_id: MEIZU_APP.to_owned(),
        app_secret: MEIZU_SECRET.to_owned(),
        package_names: vec![PACKAGE.to_owned()],
        blacklisted: false,
        vip: false,
        receipt_urls: vec!["https://push.example.com/cb/meizu/3f9c".to_owned()],
        requests_per_second: 200,
        messages_per_minute: 5,
        public_per_day: 3,
    }
}

/// What the product is configured with, by vendor.
pub fn configured() -> Value {
    json!({
        fcm::NAME: fcm_service_account(),
        huawei::NAME: huawei_record(),
        honor::NAME: honor_record(),
        xiaomi::NAME: xiaomi_record(),
        oppo::NAME: oppo_record(),
        vivo::NAME: vivo_record(),
        meizu::NAME: meizu_record(),
    })
}

/// What the vendors know of every account of this module.
pub fn all() -> Vec<NewCredential> {
    vec![fcm(), huawei(), harmony(), honor(), xiaomi(), oppo(), vivo(), meizu()]
}

/// The key pair of the test service accounts.
pub fn key_pair() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&STANDARD.decode(key_base64()).expect("the test key is base64"))
        .expect("the test key is PKCS#8")
}

fn public_key() -> String {
    STANDARD.encode(key_pair().public_key().as_ref())
}

fn fcm_email(project: &str) -> String {
    format!("push-sender@{project}.iam.gserviceaccount.com")
}

fn key_base64() -> String {
    key::PKCS8_BASE64.split_whitespace().collect()
}

/// The armour is put on here, so that no file holds a whole private key for a scanner to find.
fn private_key_pem() -> String {
    let armour = |edge: &str| format!("-----{edge} PRIVATE {}-----\n", "KEY");
    let lines = key::PKCS8_BASE64.trim();
    format!("{}{lines}\n{}", armour("BEGIN"), armour("END"))
}

fn to_record(credential: &impl serde::Serialize) -> Value {
    serde_json::to_value(credential).expect("credentials are plain data")
}

#[cfg(test)]
mod tests {
    use ring::digest::{SHA256, digest};

    use super::*;
    use crate::simulators::engine::jwt::PublicKey;

    /// RSA-2048 as `SubjectPublicKeyInfo` up to the bare key.
    const HEADER: [u8; 24] = [
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
        0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
    ];

    #[test]
    fn the_test_key_is_the_well_known_one_in_either_form() {
        let bare = key_pair().public_key().as_ref().to_vec();
        let info = [&HEADER, bare.as_slice()].concat();
        let hash: String = digest(&SHA256, &info).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "de8dd045f10f342273ab3bbd4b6d6c4b26ef2106d7b0b50a56d3c9dbb558522f");
        assert_eq!(PublicKey::from_base64(&STANDARD.encode(info)), PublicKey::from_base64(&STANDARD.encode(bare)));
        assert_eq!(PublicKey::from_base64("AAAA"), None);
    }

    #[test]
    fn the_service_account_is_a_file_as_google_writes_it() {
        let account = fcm_service_account();
        let pem = account["private_key"].as_str().unwrap();
        let lines: Vec<&str> = pem.lines().collect();
        assert!(lines[0].starts_with("-----BEGIN") && lines[1].starts_with("MII") && pem.ends_with("KEY-----\n"));
        assert!(pem.lines().all(|line| line.len() <= 64));
    }
}
