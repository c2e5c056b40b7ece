//! What an operator configures for Huawei: an app's OAuth client or a project's service account, and defaults for the
//! notifications.
//!
//! The values stand in AppGallery Connect under "Project settings":
//! <https://developer.huawei.com/consumer/en/doc/HMSCore-Guides/android-config-agc-0000001050170137>.

use std::fmt;

use crate::record::VendorRules;
use serde_json::{Map, Value, json};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::{class, harmony::rules::HarmonyProject};
use crate::{
    message::Click,
    record::{Fields, Shape, record},
    transport::MASK,
};

const AUTH_URL: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
pub(super) const PUSH_BASE_URL: &str = "https://push-api.cloud.huawei.com";
const AUTH_HOSTS: &[&str] = &["oauth-login.cloud.huawei.com"];
/// One host serves all regions; the others are those of single data locations.
pub(super) const PUSH_HOSTS: &[&str] = &[
    "push-api.cloud.huawei.com",
    "push-api.cloud.huawei.asia",
    "push-api.cloud.huawei.eu",
    "push-api.cloud.huawei.ru",
];

/// <https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/message-classification-0000001149358835>; `PLAY_VOICE` is
/// left out because it is for data messages only.
const CATEGORIES: &[&str] = &[
    "IM",
    "VOIP",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "MARKETING",
    "SYSTEM_REMINDER",
];

/// A page of a HarmonyOS app, of whatever scheme the app declares.
const URI: Shape =
    Shape { most: 2048, allows: u8::is_ascii_graphic, words: "an address of at most 2048 visible ASCII characters" };

const SECRET: Shape = Shape {
    most: 256,
    allows: |byte| byte.is_ascii_alphanumeric() || b"+/=\\".contains(byte),
    words: "1 to 256 of a-z, A-Z, 0-9, +, /, = and \\",
};

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] = &[
    "category",
    "channel_id",
    "importance",
    "click_action",
    "uri",
    "badge_class",
    "receipt_id",
    "target_user_type",
    "collapse_key",
];

/// The rules of Huawei.
#[derive(Debug, Clone, Copy)]
pub struct HuaweiRules;

impl VendorRules for HuaweiRules {
    fn credential(&self, fields: &Map<String, Value>) -> Result<Value, Invalid> {
        match Account::read(fields)? {
            Account::Android(app) => Ok(app.record()),
            Account::Harmony(project) => project.checked_record(),
        }
    }

    fn api(&self, record: &Value) -> Option<String> {
        record.get("api").and_then(Value::as_str).map(str::to_owned)
    }

    fn option_names(&self) -> &'static [&'static str] {
        OPTIONS
    }

    fn options(&self, options: &Map<String, Value>) -> Result<(), Invalid> {
        Options::read(options).map(drop)
    }

    fn preflight_fields(&self) -> &'static [&'static str] {
        &["im_category_granted"]
    }

    fn preflight(
        &self,
        facts: &Map<String, Value>,
        _options: &Map<String, Value>,
        class: SemanticClass,
    ) -> Result<Vec<Invalid>, Invalid> {
        let granted = Fields::new("credential", facts).flag("im_category_granted")?;
        Ok(class::preflight(granted.unwrap_or(false), class))
    }
}

// ----- the credential -----

/// What messages are sent with, and so which devices they reach.
#[derive(Debug, Clone, Copy)]
pub(super) enum Account<'a> {
    /// EMUI, and HarmonyOS up to 4
    Android(AndroidApp<'a>),
    /// HarmonyOS from 5 on
    Harmony(HarmonyProject<'a>),
}

impl<'a> Account<'a> {
    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        match fields.one_of("api", &["v1", "v2", "v3"])? {
            Some("v3") => HarmonyProject::read(&fields).map(Self::Harmony),
            api => AndroidApp::read(&fields, api).map(Self::Android),
        }
    }

    /// One of which nothing is known but the interface.
    pub(super) fn unknown(api: Option<&str>) -> Self {
        match api {
            Some("v3") => Self::Harmony(HarmonyProject::unknown()),
            Some("v2") => Self::Android(AndroidApp::unknown(Endpoint::V2 { project_id: MASK })),
            _ => Self::Android(AndroidApp::unknown(Endpoint::V1 { app_id: MASK })),
        }
    }
}

/// An app's OAuth client.
#[derive(Clone, Copy)]
pub(super) struct AndroidApp<'a> {
    endpoint: Endpoint<'a>,
    app_id: Option<&'a str>,
    project_id: Option<&'a str>,
    pub(super) client_id: &'a str,
    pub(super) client_secret: &'a str,
    package_name: Option<&'a str>,
    pub(super) badge_class: Option<&'a str>,
    receipt: Option<Receipt<'a>>,
    /// whether Huawei granted the right to classify messages
    pub(super) im_category_granted: bool,
    pub(super) auth_url: &'a str,
    push_base_url: &'a str,
}

/// Which of the two interfaces for Android is used; both take the same message.
#[derive(Debug, Clone, Copy)]
enum Endpoint<'a> {
    V1 { app_id: &'a str },
    V2 { project_id: &'a str },
}

/// How delivery receipts are signed and selected.
#[derive(Clone, Copy)]
pub(super) struct Receipt<'a> {
    user_name: Option<&'a str>,
    secret: Option<&'a str>,
    key_mode: Option<&'static str>,
    pub(super) receipt_id: Option<&'a str>,
}

impl<'a> AndroidApp<'a> {
    fn unknown(endpoint: Endpoint<'a>) -> Self {
        Self {
            endpoint,
            app_id: None,
            project_id: None,
            client_id: MASK,
            client_secret: MASK,
            package_name: None,
            badge_class: Some(MASK),
            receipt: None,
            im_category_granted: true,
            auth_url: AUTH_URL,
            push_base_url: PUSH_BASE_URL,
        }
    }

    fn read(fields: &Fields<'a>, api: Option<&str>) -> Result<Self, Invalid> {
        let endpoint = match api {
            Some("v2") => Endpoint::V2 { project_id: fields.required("project_id", Shape::DIGITS)? },
            _ => Endpoint::V1 { app_id: fields.required("app_id", Shape::DIGITS)? },
        };
        Ok(Self {
            endpoint,
            app_id: fields.formed("app_id", Shape::DIGITS)?,
            project_id: fields.formed("project_id", Shape::DIGITS)?,
            client_id: fields.required("client_id", Shape::DIGITS)?,
            client_secret: fields.required("client_secret", SECRET)?,
            package_name: fields.formed("package_name", Shape::JAVA_NAME)?,
            badge_class: fields.formed("badge_class", Shape::JAVA_NAME)?,
            receipt: fields.object("receipt")?.map(Receipt::read).transpose()?,
            im_category_granted: fields.flag("im_category_granted")?.unwrap_or(false),
            auth_url: fields.address("auth_url", AUTH_HOSTS)?.unwrap_or(AUTH_URL),
            push_base_url: fields.address("push_base_url", PUSH_HOSTS)?.unwrap_or(PUSH_BASE_URL).trim_end_matches('/'),
        })
    }

    /// Where messages of the app go.
    pub(super) fn send_url(&self) -> String {
        let base = self.push_base_url;
        match self.endpoint {
            Endpoint::V1 { app_id } => format!("{base}/v1/{app_id}/messages:send"),
            Endpoint::V2 { project_id } => format!("{base}/v2/{project_id}/messages:send"),
        }
    }

    pub(super) fn receipt_id(&self) -> Option<&'a str> {
        self.receipt.and_then(|receipt| receipt.receipt_id)
    }

    fn record(&self) -> Value {
        let api = match self.endpoint {
            Endpoint::V1 { .. } => "v1",
            Endpoint::V2 { .. } => "v2",
        };
        record([
            ("api", Some(api.into())),
            ("app_id", self.app_id.map(Value::from)),
            ("project_id", self.project_id.map(Value::from)),
            ("client_id", Some(self.client_id.into())),
            ("client_secret", Some(self.client_secret.into())),
            ("package_name", self.package_name.map(Value::from)),
            ("badge_class", self.badge_class.map(Value::from)),
            ("receipt", self.receipt.map(|receipt| receipt.record())),
            ("im_category_granted", Some(json!(self.im_category_granted))),
            ("auth_url", Some(self.auth_url.into())),
            ("push_base_url", Some(self.push_base_url.into())),
        ])
    }
}

impl fmt::Debug for AndroidApp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AndroidApp").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl<'a> Receipt<'a> {
    pub(super) fn read(fields: Fields<'a>) -> Result<Self, Invalid> {
        Ok(Self {
            user_name: fields.text("user_name", 128)?,
            secret: fields.formed("secret", Shape::VISIBLE)?,
            key_mode: fields.one_of("key_mode", &["base64", "utf8"])?,
            receipt_id: fields.formed("receipt_id", Shape::VISIBLE)?,
        })
    }

    pub(super) fn record(&self) -> Value {
        record([
            ("user_name", self.user_name.map(Value::from)),
            ("secret", self.secret.map(Value::from)),
            ("key_mode", self.key_mode.map(Value::from)),
            ("receipt_id", self.receipt_id.map(Value::from)),
        ])
    }
}

// ----- options -----

/// A notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) category: Option<&'static str>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) importance: Option<&'static str>,
    pub(super) click_action: Option<Click<'a>>,
    pub(super) uri: Option<&'a str>,
    pub(super) badge_class: Option<&'a str>,
    pub(super) receipt_id: Option<&'a str>,
    pub(super) target_user_type: Option<i64>,
    pub(super) collapse_key: Option<i64>,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        Ok(Self {
            category: fields.one_of("category", CATEGORIES)?,
            channel_id: fields.text("channel_id", 256)?,
            importance: fields.one_of("importance", &["LOW", "NORMAL", "HIGH"])?,
            click_action: Click::read(&fields, "click_action")?,
            uri: fields.formed("uri", URI)?,
            badge_class: fields.formed("badge_class", Shape::JAVA_NAME)?,
            receipt_id: fields.formed("receipt_id", Shape::VISIBLE)?,
            target_user_type: fields.integer("target_user_type", 0..=1)?,
            collapse_key: fields.integer("collapse_key", -1..=100)?,
        })
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) category: Option<&'static str>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) click_action: Option<Click<'a>>,
    pub(super) uri: Option<&'a str>,
    pub(super) receipt_id: Option<&'a str>,
    pub(super) target_user_type: Option<i64>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        Ok(Self {
            category: fields.one_of("huawei_category", CATEGORIES)?,
            channel_id: fields.text("huawei_channel_id", 256)?,
            click_action: Click::read(&fields, "huawei_click_action")?,
            uri: fields.formed("huawei_uri", URI)?,
            receipt_id: fields.formed("huawei_receipt_id", Shape::VISIBLE)?,
            target_user_type: fields.integer("huawei_target_user_type", 0..=1)?,
        })
    }
}
