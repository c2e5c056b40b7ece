//! What an operator configures for vivo: an app of the open platform, and defaults for the notifications.
//!
//! The values stand in vivo's console with the app's push service: <https://dev.vivo.com.cn/documentCenter/doc/362>.

use std::fmt;

use crate::record::VendorRules;
use serde_json::{Map, Value};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::{class, error::Reading};
use crate::{
    message::custom::is_intent,
    record::{Fields, Shape, record},
    transport::MASK,
};

const BASE_URL: &str = "https://api-push.vivo.com.cn";
/// One host serves all phones; there are none outside of mainland China.
const HOSTS: &[&str] = &["api-push.vivo.com.cn"];

/// <https://dev.vivo.com.cn/documentCenter/doc/359>; the first six are system messages, the others operation messages.
const CATEGORIES: &[&str] =
    &["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION", "NEWS", "CONTENT", "MARKETING", "SOCIAL"];
const SYSTEM_CATEGORIES: usize = 6;

/// "New message"
const FALLBACK_TITLE: &str = "新消息";
/// "You have a new message"
const FALLBACK_CONTENT: &str = "您收到一条新消息";

/// The class of a category: 1 system, 0 operation.
pub(super) fn classification_of(category: &str) -> i64 {
    i64::from(CATEGORIES.iter().position(|known| *known == category).is_some_and(|at| at < SYSTEM_CATEGORIES))
}

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] = &[
    "category",
    "classification",
    "notify_type",
    "click_action",
    "wifi_only",
    "foreground_show",
    "add_badge",
    "push_mode",
    "text_prefix",
    "fallback_title",
    "fallback_content",
    "quota_hour",
    "operation_hour",
    "remove_inactive",
];

/// The rules of vivo.
#[derive(Debug, Clone, Copy)]
pub struct VivoRules;

impl VendorRules for VivoRules {
    fn credential(&self, fields: &Map<String, Value>) -> Result<Value, Invalid> {
        Account::read(fields).map(|account| account.record())
    }

    fn option_names(&self) -> &'static [&'static str] {
        OPTIONS
    }

    fn options(&self, options: &Map<String, Value>) -> Result<(), Invalid> {
        Options::read(options).map(drop)
    }

    fn preflight_fields(&self) -> &'static [&'static str] {
        &["package_name", "push_mode"]
    }

    fn preflight(
        &self,
        facts: &Map<String, Value>,
        options: &Map<String, Value>,
        class: SemanticClass,
    ) -> Result<Vec<Invalid>, Invalid> {
        Ok(class::preflight(&Account::of_facts(facts)?, &Options::read(options)?, class))
    }
}

// ----- the credential -----

/// An app.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) app_id: u64,
    pub(super) app_key: &'a str,
    pub(super) app_secret: &'a str,
    pub(super) package_name: Option<&'a str>,
    pub(super) receipt: Receipt<'a>,
    /// 0 formal messages, 1 messages to test phones
    pub(super) push_mode: i64,
    base_url: &'a str,
}

/// How vivo is asked for receipts: one of two schemes, as the console is set up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Receipt<'a> {
    None,
    /// an address with every message
    Url(&'a str),
    /// an address that the console knows by this id
    Id(&'a str),
}

impl<'a> Receipt<'a> {
    fn read(fields: &Fields<'a>) -> Result<Self, Invalid> {
        let needed = |name: &str| fields.invalid(name, "is required by credential.receipt_mode");
        match fields.one_of("receipt_mode", &["none", "legacy_url", "receipt_id"])? {
            Some("legacy_url") => match fields.text("receipt_url", 128)? {
                Some(url) if url.starts_with("https://") => Ok(Self::Url(url)),
                Some(_) => Err(fields.invalid("receipt_url", "must be an https address")),
                None => Err(needed("receipt_url")),
            },
            Some("receipt_id") => {
                fields.formed("receipt_id", Shape::VISIBLE)?.map(Self::Id).ok_or_else(|| needed("receipt_id"))
            }
            _ => Ok(Self::None),
        }
    }

    pub(super) fn url(&self) -> Option<&'a str> {
        if let Self::Url(url) = self { Some(url) } else { None }
    }

    pub(super) fn id(&self) -> Option<&'a str> {
        if let Self::Id(id) = self { Some(id) } else { None }
    }

    fn mode(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Url(_) => "legacy_url",
            Self::Id(_) => "receipt_id",
        }
    }
}

impl<'a> Account<'a> {
    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            app_id: 0,
            app_key: MASK,
            app_secret: MASK,
            package_name: Some(MASK),
            receipt: Receipt::None,
            push_mode: 0,
            base_url: BASE_URL,
        }
    }

    /// One of which nothing is known but what the preflight reads.
    fn of_facts(facts: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", facts);
        Ok(Self {
            package_name: fields.formed("package_name", Shape::JAVA_NAME)?,
            push_mode: fields.integer("push_mode", 0..=1)?.unwrap_or(0),
            ..Self::unknown()
        })
    }

    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        Ok(Self {
            app_id: app_id(&fields)?,
            app_key: fields.required("app_key", Shape::VISIBLE)?,
            app_secret: fields.required("app_secret", Shape::VISIBLE)?,
            package_name: fields.formed("package_name", Shape::JAVA_NAME)?,
            receipt: Receipt::read(&fields)?,
            push_mode: fields.integer("push_mode", 0..=1)?.unwrap_or(0),
            base_url: fields.address("base_url", HOSTS)?.unwrap_or(BASE_URL).trim_end_matches('/'),
        })
    }

    /// Where access tokens come from.
    pub(super) fn auth_url(&self) -> String {
        format!("{}/message/auth", self.base_url)
    }

    /// Where messages to one phone go.
    pub(super) fn send_url(&self) -> String {
        format!("{}/message/send", self.base_url)
    }

    /// Where messages to lists are saved.
    pub(super) fn save_url(&self) -> String {
        format!("{}/message/saveListPayload", self.base_url)
    }

    /// Where saved messages go.
    pub(super) fn list_url(&self) -> String {
        format!("{}/message/pushToList", self.base_url)
    }

    fn record(&self) -> Value {
        record([
            ("app_id", Some(self.app_id.into())),
            ("app_key", Some(self.app_key.into())),
            ("app_secret", Some(self.app_secret.into())),
            ("package_name", self.package_name.map(Value::from)),
            ("receipt_mode", Some(self.receipt.mode().into())),
            ("receipt_url", self.receipt.url().map(Value::from)),
            ("receipt_id", self.receipt.id().map(Value::from)),
            ("push_mode", Some(self.push_mode.into())),
            ("base_url", Some(self.base_url.into())),
        ])
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// A number; consoles and people write it as a text, too.
fn app_id(fields: &Fields<'_>) -> Result<u64, Invalid> {
    const RULE: &str = "a number of up to 15 digits";
    let number = match fields.formed("app_id", Shape { most: 15, ..Shape::DIGITS }) {
        Ok(Some(digits)) => digits.parse().ok(),
        _ => fields.integer("app_id", 1..=999_999_999_999_999).ok().flatten().map(i64::unsigned_abs),
    };
    let wrong = if fields.has("app_id") { "must be" } else { "is required:" };
    number.filter(|number| *number > 0).ok_or_else(|| fields.invalid("app_id", &format!("{wrong} {RULE}")))
}

// ----- options -----

/// A notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) category: Option<&'static str>,
    /// of messages without a category
    pub(super) classification: i64,
    pub(super) notify_type: i64,
    pub(super) click: Option<Click<'a>>,
    pub(super) wifi_only: bool,
    pub(super) foreground_show: bool,
    pub(super) add_badge: bool,
    pub(super) push_mode: Option<i64>,
    pub(super) text_prefix: Option<&'a str>,
    pub(super) fallback_title: &'a str,
    pub(super) fallback_content: &'a str,
    pub(super) reading: Reading,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        let category = fields.one_of("category", CATEGORIES)?;
        let class = fields.integer("classification", 0..=1)?;
        if category.zip(class).is_some_and(|(category, class)| classification_of(category) != class) {
            return Err(fields.invalid("classification", "must be the class of the category"));
        }
        Ok(Self {
            category,
            classification: class.unwrap_or(1),
            notify_type: fields.integer("notify_type", 1..=4)?.unwrap_or(4),
            click: Click::read(&fields, "click_action")?,
            wifi_only: fields.flag("wifi_only")?.unwrap_or(false),
            foreground_show: fields.flag("foreground_show")?.unwrap_or(false),
            add_badge: fields.flag("add_badge")?.unwrap_or(true),
            push_mode: fields.integer("push_mode", 0..=1)?,
            text_prefix: short(&fields, "text_prefix", 10)?,
            fallback_title: short(&fields, "fallback_title", 20)?.unwrap_or(FALLBACK_TITLE),
            fallback_content: short(&fields, "fallback_content", 50)?.unwrap_or(FALLBACK_CONTENT),
            reading: Reading {
                quota_hour: fields.integer("quota_hour", 0..=23)?.unwrap_or(0),
                operation_hour: fields.integer("operation_hour", 0..=23)?.unwrap_or(7),
                remove_inactive: fields.flag("remove_inactive")?.unwrap_or(true),
            },
        })
    }
}

/// A text that is short by every way of counting.
fn short<'a>(fields: &Fields<'a>, name: &str, most: usize) -> Result<Option<&'a str>, Invalid> {
    match fields.text(name, 4 * most)? {
        Some(text) if text.encode_utf16().count() > most => {
            Err(fields.invalid(name, &format!("must be at most {most} characters long")))
        }
        text => Ok(text),
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) category: Option<&'static str>,
    pub(super) click: Option<Click<'a>>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        Ok(Self {
            category: fields.one_of("vivo_category", CATEGORIES)?,
            click: Click::read(&fields, "vivo_click_activity")?,
        })
    }
}

/// What a tap does. Configured as one text, whose form tells which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Click<'a> {
    /// a page of the app: `intent:...#Intent;...;end`
    Intent(&'a str),
    /// a page of the app, by the class of its activity
    Activity(&'a str),
    /// a web page: `https://...`
    Url(&'a str),
}

impl<'a> Click<'a> {
    fn read(fields: &Fields<'a>, name: &str) -> Result<Option<Self>, Invalid> {
        let Some(text) = fields.text(name, 1000)? else {
            return Ok(None);
        };
        if is_intent(text) {
            return Ok(Some(Self::Intent(text)));
        }
        if text.starts_with("https://") {
            return Ok(Some(Self::Url(text)));
        }
        match fields.formed(name, Shape::JAVA_NAME) {
            Ok(_) => Ok(Some(Self::Activity(text))),
            Err(_) => Err(fields.invalid(name, "must be an intent, an https address or the class of an activity")),
        }
    }
}
