//! What an operator configures for FCM: a service account's key, and defaults for the notifications.
//!
//! The record is what the Firebase console lets one download ("Generate new private key"), as it is or with the key under
//! `private_key_pem`: <https://firebase.google.com/docs/cloud-messaging/auth-server>.

use serde_json::{Map, Value};

use super::class;
use crate::{
    crypto::jwt::RsaKey,
    domain::{invalid::Invalid, push::SemanticClass},
    ports::vendor::VendorRules,
    vendors::{
        describe::MASK,
        record::{Fields, Form, record},
    },
};

const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const SEND_BASE_URL: &str = "https://fcm.googleapis.com";
/// Where Google exchanges assertions for access tokens; the second is found in old key files.
const TOKEN_HOSTS: &[&str] = &["oauth2.googleapis.com", "accounts.google.com"];
const SEND_HOSTS: &[&str] = &["fcm.googleapis.com"];
/// How the key of the interface that Google closed in 2024 tends to be called.
const LEGACY: &[&str] = &["server_key", "legacy_server_key", "api_key"];

const PROJECT: Form = Form {
    most: 64,
    allows: |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.'),
    words: "a project id: 1 to 64 of a-z, 0-9, -, : and .",
};
/// A key of 4096 bits takes a fifth of it.
const MAX_KEY_BYTES: usize = 16_384;
const LABEL: Form = Form {
    most: 50,
    allows: |byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(byte),
    words: "1 to 50 of a-z, A-Z, 0-9, -, _, ., ~ and %",
};
const COLOR: Form =
    Form { most: 7, allows: |byte| byte.is_ascii_hexdigit() || *byte == b'#', words: "a color of the form #rrggbb" };

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] =
    &["channel_id", "priority", "click_action", "collapse_key", "sound", "icon", "color", "analytics_label"];

/// The rules of FCM.
#[derive(Debug, Clone, Copy)]
pub struct FcmRules;

impl VendorRules for FcmRules {
    fn credential(&self, fields: &Map<String, Value>) -> Result<Value, Invalid> {
        let account = Account::read(fields)?;
        RsaKey::from_pem(account.private_key_pem).map_err(|_| {
            let field = format!("credential.{}", account.key_field);
            Invalid::new(field, "must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form")
        })?;
        Ok(account.record())
    }

    fn option_names(&self) -> &'static [&'static str] {
        OPTIONS
    }

    fn options(&self, options: &Map<String, Value>) -> Result<(), Invalid> {
        Options::read(options).map(drop)
    }

    fn preflight_fields(&self) -> &'static [&'static str] {
        &[]
    }

    fn preflight(
        &self,
        _facts: &Map<String, Value>,
        options: &Map<String, Value>,
        class: SemanticClass,
    ) -> Result<Vec<Invalid>, Invalid> {
        Ok(class::preflight(&Options::read(options)?, class))
    }
}

/// A service account of a Firebase project.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) project_id: &'a str,
    pub(super) client_email: &'a str,
    pub(super) private_key_id: &'a str,
    pub(super) private_key_pem: &'a str,
    key_field: &'static str,
    pub(super) token_uri: &'a str,
    send_base_url: &'a str,
    pub(super) android_package: Option<&'a str>,
}

impl<'a> Account<'a> {
    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            project_id: MASK,
            client_email: MASK,
            private_key_id: MASK,
            private_key_pem: MASK,
            key_field: "private_key",
            token_uri: MASK,
            send_base_url: SEND_BASE_URL,
            android_package: Some(MASK),
        }
    }

    /// Reads a record, as uploaded or as stored. Whether the key is a key shows when it is used.
    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        if let Some(legacy) = LEGACY.iter().find(|name| fields.has(name)) {
            return Err(fields.invalid(
                legacy,
                "belongs to the legacy interface, which Google closed: upload a service account's key",
            ));
        }
        fields.one_of("type", &["service_account"])?;
        let key_field = if fields.has("private_key_pem") { "private_key_pem" } else { "private_key" };
        let client_email = fields.required("client_email", Form::VISIBLE)?;
        if !client_email.contains('@') {
            return Err(fields.invalid("client_email", "must be an e-mail address"));
        }
        Ok(Self {
            project_id: fields.required("project_id", PROJECT)?,
            client_email,
            private_key_id: fields.required("private_key_id", Form::VISIBLE)?,
            private_key_pem: fields.secret(key_field, MAX_KEY_BYTES)?,
            key_field,
            token_uri: fields.address("token_uri", TOKEN_HOSTS)?.unwrap_or(TOKEN_URI),
            send_base_url: fields.address("send_base_url", SEND_HOSTS)?.unwrap_or(SEND_BASE_URL).trim_end_matches('/'),
            android_package: fields.formed("android_package", Form::JAVA_NAME)?,
        })
    }

    /// Where messages of the project go.
    pub(super) fn send_url(&self) -> String {
        format!("{}/v1/projects/{}/messages:send", self.send_base_url, self.project_id)
    }

    fn record(&self) -> Value {
        record([
            ("project_id", Some(self.project_id.into())),
            ("client_email", Some(self.client_email.into())),
            ("private_key_id", Some(self.private_key_id.into())),
            ("private_key_pem", Some(self.private_key_pem.into())),
            ("token_uri", Some(self.token_uri.into())),
            ("send_base_url", Some(self.send_base_url.into())),
            ("android_package", self.android_package.map(Value::from)),
        ])
    }
}

impl std::fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("project_id", &self.project_id).finish_non_exhaustive()
    }
}

/// A notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) channel_id: Option<&'a str>,
    pub(super) priority: Option<&'static str>,
    pub(super) click_action: Option<&'a str>,
    pub(super) collapse_key: Option<&'a str>,
    pub(super) sound: Option<&'a str>,
    pub(super) icon: Option<&'a str>,
    pub(super) color: Option<&'a str>,
    pub(super) analytics_label: Option<&'a str>,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        let color = fields.formed("color", COLOR)?;
        if color.is_some_and(|color| color.len() != 7 || color.rfind('#') != Some(0)) {
            return Err(fields.invalid("color", &format!("must be {}", COLOR.words)));
        }
        Ok(Self {
            channel_id: fields.text("channel_id", 256)?,
            priority: fields.one_of("priority", &["HIGH", "NORMAL"])?,
            click_action: fields.formed("click_action", Form::JAVA_NAME)?,
            collapse_key: fields.text("collapse_key", 256)?,
            sound: fields.text("sound", 256)?,
            icon: fields.text("icon", 256)?,
            color,
            analytics_label: fields.formed("analytics_label", LABEL)?,
        })
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) channel_id: Option<&'a str>,
    pub(super) analytics_label: Option<&'a str>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        let fcm_options = fields.object("fcm_options")?;
        Ok(Self {
            channel_id: fields.text("fcm_channel_id", 256)?,
            analytics_label: match fcm_options {
                Some(fields) => fields.formed("analytics_label", LABEL)?,
                None => None,
            },
        })
    }
}
