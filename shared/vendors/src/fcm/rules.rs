//! What an operator configures for FCM: a service account's key, and defaults for the notifications.
//!
//! The record is what the Firebase console lets one download ("Generate new private key"), as it is or with the key under
//! `private_key_pem`: <https://firebase.google.com/docs/cloud-messaging/auth-server>.

use super::category;
use crate::{prelude::*, record::NoFacts};

/// How the key of the interface that Google closed in 2024 tends to be called.
const LEGACY: [&str; 3] = ["server_key", "legacy_server_key", "api_key"];
/// A key of 4096 bits takes a fifth of it.
const MAX_KEY_BYTES: usize = 16_384;

/// A service account of a Firebase project. Its default is one of which nothing is known.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Account {
    #[serde(skip_serializing, rename = "type")]
    _type: Optional<ServiceAccount>,
    pub(super) client_email: Required<Email>,
    project_id: Required<ProjectId>,
    pub(super) private_key_id: Required<Visible>,
    #[serde(skip_deserializing)]
    pub(super) private_key_pem: Required<Secret<MAX_KEY_BYTES>>,
    pub(super) token_uri: Usual<TokenHosts>,
    send_base_url: Address<SendHosts>,
    pub(super) android_package: Optional<JavaName>,
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = NoFacts;

    const PREFIX: &'static str = "fcm_";

    /// Whether the key is a key shows when it is used.
    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        if let Some(legacy) = LEGACY.iter().find(|name| record.get(**name).is_some_and(|value| !value.is_null())) {
            let rule = "belongs to the legacy interface, which Google closed: upload a service account's key";
            return Err(Invalid::new(format!("credential.{legacy}"), rule));
        }
        let account = read("credential", record)?;
        Ok(Self { private_key_pem: PrivateKey::read(record)?.pem, ..account })
    }

    fn stored(&self, record: &Map<String, Value>) -> Result<Value, Invalid> {
        PrivateKey::<MAX_KEY_BYTES>::read(record)?.check()?;
        Ok(stored(self))
    }

    fn preflight(_: &NoFacts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(options, class)
    }
}

impl Account {
    /// One of which nothing is known but that it names a package.
    pub(super) fn unknown() -> Self {
        Self { android_package: Optional::masked(), ..Self::default() }
    }

    /// Where messages of the project go.
    pub(super) fn send_url(&self) -> String {
        format!("{}/v1/projects/{}/messages:send", &*self.send_base_url, &*self.project_id)
    }
}

/// A notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub(super) channel_id: Optional<Line<256>>,
    pub(super) priority: Optional<Priority>,
    pub(super) click_action: Optional<JavaName>,
    pub(super) collapse_key: Optional<Line<256>>,
    pub(super) sound: Optional<Line<256>>,
    pub(super) icon: Optional<Line<256>>,
    pub(super) color: Optional<Color>,
    pub(super) analytics_label: Optional<Label>,
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    options: Option<FcmOptions>,
    pub(super) channel_id: Optional<Line<256>>,
    pub(super) click_action: Optional<JavaName>,
}

#[derive(Debug, Deserialize)]
struct FcmOptions {
    analytics_label: Optional<Label>,
}

impl MessageOptions {
    pub(super) fn analytics_label(&self) -> Option<&str> {
        self.options.as_ref()?.analytics_label.get()
    }
}

forms! {
    /// `type` of Google's key files.
    ServiceAccount = Rule::OneOf(&["service_account"]);
    /// The name of a project as Google's addresses take it.
    ProjectId = Rule::Bytes {
        max: 64,
        allows: |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-:.".contains(&byte),
        words: "a project id: 1 to 64 of a-z, 0-9, -, : and .",
    };
    /// The name of a service account.
    Email = Rule::Other(
        |text| Visible::RULE.broken(text).or_else(|| (!text.contains('@')).then(|| "must be an e-mail address".to_owned())),
        "1 to 256 visible ASCII characters",
    );
    /// Where Google exchanges assertions for access tokens; the second is found in old key files.
    TokenHosts = Rule::Hosts(&["oauth2.googleapis.com", "accounts.google.com"]), "https://oauth2.googleapis.com/token";
    /// Where Google takes messages.
    SendHosts = Rule::Hosts(&["fcm.googleapis.com"]), "https://fcm.googleapis.com";
    /// How soon a sleeping phone shows a notification.
    Priority = Rule::OneOf(&["HIGH", "NORMAL"]);
    /// A name in Google's statistics.
    Label = Rule::Bytes {
        max: 50,
        allows: |byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte),
        words: "1 to 50 of a-z, A-Z, 0-9, -, _, ., ~ and %",
    };
    /// A color.
    Color = Rule::Other(
        |text| (!is_color(text)).then(|| "must be a color of the form #rrggbb".to_owned()),
        "a color of the form #rrggbb",
    );
}

fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
