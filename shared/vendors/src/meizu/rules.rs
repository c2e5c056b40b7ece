//! What an operator configures for Meizu: an app's id and secret, and defaults for the notifications.
//!
//! The values stand in the console of Flyme's open platform under the app's information: <https://open.flyme.cn>.

use std::fmt;

use crate::record::VendorRules;
use serde_json::{Map, Value};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::class;
use crate::{
    record::{Fields, Shape, record},
    transport::MASK,
};

const BASE_URL: &str = "https://server-api-push.meizu.com";
/// Mainland China and overseas, as Meizu's own library knows them
/// (<https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/constant/SystemConstants.java>).
const HOSTS: &[&str] = &["server-api-push.meizu.com", "server-api-push.in.meizu.com"];
const SEND_PATH: &str = "/garcia/api/server/push/varnished/pushByPushId";

/// <https://github.com/MEIZUPUSH/PushAPI>, section 消息送达与回执
const RECEIPT_URL: Shape = Shape {
    most: 128,
    allows: u8::is_ascii_graphic,
    words: "an http or https address of at most 128 visible ASCII characters",
};
/// <https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/vo/ClickTypeInfo.java>
const CLICK_URL: Shape = Shape {
    most: 1000,
    allows: u8::is_ascii_graphic,
    words: "an address with a scheme, of at most 1000 visible ASCII characters",
};
/// Meizu's library says "at most 50" and not of what: the names, taken here, or their characters.
const MAX_PACKAGES: usize = 50;
const SECRET: Shape = Shape { most: 64, allows: u8::is_ascii_alphanumeric, words: "1 to 64 of a-z, A-Z and 0-9" };

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] = &[
    "notice_msg_type",
    "notice_bar_type",
    "click_activity",
    "click_url",
    "suspend",
    "clear_notice_bar",
    "vibrate",
    "lights",
    "sound",
    "receipt_type",
    "restricted_package_names",
];

/// The rules of Meizu.
#[derive(Debug, Clone, Copy)]
pub struct MeizuRules;

impl VendorRules for MeizuRules {
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
        &["notice_msg_type"]
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

/// An app at Meizu.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) app_id: &'a str,
    pub(super) app_secret: &'a str,
    package_name: Option<&'a str>,
    /// 0 public, 1 private
    pub(super) notice_msg_type: Option<i64>,
    /// where Meizu reports deliveries; it must stand in Meizu's console as well, or pushes may be refused
    pub(super) receipt_url: Option<&'a str>,
    receipt_access_token: Option<&'a str>,
    base_url: &'a str,
}

impl<'a> Account<'a> {
    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            app_id: MASK,
            app_secret: MASK,
            package_name: None,
            notice_msg_type: None,
            receipt_url: None,
            receipt_access_token: None,
            base_url: BASE_URL,
        }
    }

    /// One of which nothing is known but what the preflight reads.
    fn of_facts(facts: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", facts);
        Ok(Self { notice_msg_type: fields.integer("notice_msg_type", 0..=1)?, ..Self::unknown() })
    }

    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        let receipt_url = fields.formed("receipt_url", RECEIPT_URL)?;
        if receipt_url.is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://")) {
            return Err(fields.invalid("receipt_url", &format!("must be {}", RECEIPT_URL.words)));
        }
        Ok(Self {
            app_id: fields.required("app_id", Shape::DIGITS)?,
            app_secret: fields.required("app_secret", SECRET)?,
            package_name: fields.formed("package_name", Shape::JAVA_NAME)?,
            notice_msg_type: fields.integer("notice_msg_type", 0..=1)?,
            receipt_url,
            receipt_access_token: fields.formed("receipt_access_token", Shape::VISIBLE)?,
            base_url: fields.address("base_url", HOSTS)?.unwrap_or(BASE_URL).trim_end_matches('/'),
        })
    }

    /// Where notifications go.
    pub(super) fn send_url(&self) -> String {
        format!("{}{SEND_PATH}", self.base_url)
    }

    fn record(&self) -> Value {
        record([
            ("app_id", Some(self.app_id.into())),
            ("app_secret", Some(self.app_secret.into())),
            ("package_name", self.package_name.map(Value::from)),
            ("notice_msg_type", self.notice_msg_type.map(Value::from)),
            ("receipt_url", self.receipt_url.map(Value::from)),
            ("receipt_access_token", self.receipt_access_token.map(Value::from)),
            ("base_url", Some(self.base_url.into())),
        ])
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

// ----- options -----

/// A notifier's defaults.
#[derive(Debug, Clone)]
pub(super) struct Options<'a> {
    pub(super) notice_msg_type: Option<i64>,
    pub(super) notice_bar_type: Option<i64>,
    pub(super) click: Option<Click<'a>>,
    pub(super) suspend: bool,
    pub(super) clear_notice_bar: bool,
    pub(super) vibrate: bool,
    pub(super) lights: bool,
    pub(super) sound: bool,
    pub(super) receipt_type: Option<i64>,
    pub(super) restricted_package_names: Vec<&'a str>,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        let flag = |name: &str| fields.flag(name).map(|flag| flag.unwrap_or(true));
        let notice_bar_type = fields.integer("notice_bar_type", 0..=2)?;
        if notice_bar_type == Some(1) {
            return Err(fields.invalid("notice_bar_type", "must be 0 or 2"));
        }
        Ok(Self {
            notice_msg_type: fields.integer("notice_msg_type", 0..=1)?,
            notice_bar_type,
            click: Click::read(&fields)?,
            suspend: flag("suspend")?,
            clear_notice_bar: flag("clear_notice_bar")?,
            vibrate: flag("vibrate")?,
            lights: flag("lights")?,
            sound: flag("sound")?,
            receipt_type: fields.integer("receipt_type", 1..=3)?,
            restricted_package_names: fields.list("restricted_package_names", Shape::JAVA_NAME, MAX_PACKAGES)?,
        })
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) click: Option<Click<'a>>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        Ok(Self { click: fields.formed("meizu_click_activity", Shape::JAVA_NAME)?.map(Click::Activity) })
    }
}

/// What a tap opens, if not the app itself. Meizu's fourth way, left to the app, fails on newer phones and is superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Click<'a> {
    /// a page of the app, by its class
    Activity(&'a str),
    /// a web page, or a page of the app by its own scheme
    Url(&'a str),
}

impl<'a> Click<'a> {
    fn read(fields: &Fields<'a>) -> Result<Option<Self>, Invalid> {
        let activity = fields.formed("click_activity", Shape::JAVA_NAME)?;
        let url = fields.formed("click_url", CLICK_URL)?;
        match (activity, url) {
            (Some(_), Some(_)) => Err(fields.invalid("click_url", "cannot be set beside click_activity")),
            (Some(activity), None) => Ok(Some(Self::Activity(activity))),
            (None, Some(url)) if has_scheme(url) => Ok(Some(Self::Url(url))),
            (None, Some(_)) => Err(fields.invalid("click_url", &format!("must be {}", CLICK_URL.words))),
            (None, None) => Ok(None),
        }
    }
}

/// RFC 3986, section 3.1
fn has_scheme(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, rest)| {
        let letters = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        letters && scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.is_empty()
    })
}
