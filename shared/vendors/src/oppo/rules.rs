//! What an operator configures for OPPO: an app's keys, and defaults for the notifications.
//!
//! The values stand in OPPO's console under the app's configuration, where only the main account sees the secrets:
//! <https://open.oppomobile.com/documentation/page/info?id=11235>.

use std::fmt;

use crate::record::VendorRules;
use serde_json::{Map, Value, json};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::{class, click::Click};
use crate::{
    record::{Fields, Shape, record},
    transport::MASK,
};

/// China's host is the one of the current pages; the vendor's SDK still has `api.push.oppomobile.com`.
const CHINA_URL: &str = "https://api-push-cn.heytapmobi.com";
const ABROAD_URL: &str = "https://api-intl.push.oppomobile.com";
const HOSTS: &[&str] = &["api-push-cn.heytapmobi.com", "api.push.oppomobile.com", "api-intl.push.oppomobile.com"];

/// Sends no category: for apps that OPPO granted none.
pub(super) const NO_CATEGORY: &str = "NONE";
/// <https://open.oppomobile.com/documentation/page/info?id=13189>: service, then content and marketing.
const CATEGORIES: &[&str] = &[
    "IM",
    "ACCOUNT",
    "TODO",
    "DEVICE_REMINDER",
    "ORDER",
    "SUBSCRIPTION",
    "NEWS",
    "CONTENT",
    "MARKETING",
    "SOCIAL",
    NO_CATEGORY,
];

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] = &[
    "category",
    "notify_level",
    "channel_id",
    "click_activity",
    "click_action",
    "style",
    "content_limit",
    "show_ttl",
    "least_ttl",
    "badge",
    "deduplicate",
    "template",
];

/// The rules of OPPO.
#[derive(Debug, Clone, Copy)]
pub struct OppoRules;

impl VendorRules for OppoRules {
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
        &["channels", "category_default", "notify_level_default"]
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

/// Where an app's phones are; apps for China and for elsewhere have keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    China,
    Abroad,
}

/// An app at OPPO.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) region: Region,
    app_id: Option<&'a str>,
    pub(super) app_key: &'a str,
    pub(super) master_secret: &'a str,
    package_name: Option<&'a str>,
    /// the channel of chat messages
    pub(super) im_channel: Option<&'a str>,
    pub(super) call_channel: Option<&'a str>,
    pub(super) system_channel: Option<&'a str>,
    pub(super) marketing_channel: Option<&'a str>,
    pub(super) category: Option<&'static str>,
    pub(super) notify_level: Option<i64>,
    pub(super) callback_url: Option<&'a str>,
    base_url: Option<&'a str>,
}

impl<'a> Account<'a> {
    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            region: Region::China,
            app_id: None,
            app_key: MASK,
            master_secret: MASK,
            package_name: None,
            im_channel: Some(MASK),
            call_channel: Some(MASK),
            system_channel: Some(MASK),
            marketing_channel: Some(MASK),
            category: None,
            notify_level: None,
            callback_url: None,
            base_url: None,
        }
    }

    /// One of which nothing is known but what the preflight reads.
    fn of_facts(facts: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", facts);
        let channels = fields.object("channels")?;
        let channel = |class| match &channels {
            Some(channels) => channels.text(class, 256),
            None => Ok(None),
        };
        Ok(Self {
            im_channel: channel("im")?,
            call_channel: channel("call")?,
            system_channel: channel("system")?,
            marketing_channel: channel("marketing")?,
            category: fields.one_of("category_default", CATEGORIES)?,
            notify_level: level(&fields, "notify_level_default")?,
            ..Self::unknown()
        })
    }

    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        if fields.has("app_secret") && !fields.has("master_secret") {
            return Err(fields.invalid("app_secret", "is the app's own: the server needs master_secret"));
        }
        let account = Self {
            region: match fields.one_of("region", &["cn", "intl"])? {
                Some("intl") => Region::Abroad,
                _ => Region::China,
            },
            app_id: fields.formed("app_id", Shape::VISIBLE)?,
            app_key: fields.required("app_key", Shape::VISIBLE)?,
            master_secret: fields.required("master_secret", Shape::VISIBLE)?,
            package_name: fields.formed("package_name", Shape::JAVA_NAME)?,
            callback_url: callback(&fields)?,
            base_url: fields.address("base_url", HOSTS)?,
            ..Self::of_facts(record)?
        };
        leveled(&fields, "notify_level_default", account.notify_level, account.category)?;
        Ok(account)
    }

    /// Where access tokens come from.
    pub(super) fn auth_url(&self) -> String {
        self.url("auth")
    }

    /// Where a message for one token goes.
    pub(super) fn unicast_url(&self) -> String {
        self.url("message/notification/unicast")
    }

    /// Where messages for several tokens go.
    pub(super) fn batch_url(&self) -> String {
        self.url("message/notification/unicast_batch")
    }

    fn url(&self, path: &str) -> String {
        let own = match self.region {
            Region::China => CHINA_URL,
            Region::Abroad => ABROAD_URL,
        };
        format!("{}/server/v1/{path}", self.base_url.unwrap_or(own).trim_end_matches('/'))
    }

    fn record(&self) -> Value {
        let region = match self.region {
            Region::China => "cn",
            Region::Abroad => "intl",
        };
        let channels = record([
            ("im", self.im_channel.map(Value::from)),
            ("call", self.call_channel.map(Value::from)),
            ("system", self.system_channel.map(Value::from)),
            ("marketing", self.marketing_channel.map(Value::from)),
        ]);
        record([
            ("region", Some(region.into())),
            ("app_id", self.app_id.map(Value::from)),
            ("app_key", Some(self.app_key.into())),
            ("master_secret", Some(self.master_secret.into())),
            ("package_name", self.package_name.map(Value::from)),
            ("channels", Some(channels).filter(|channels| *channels != json!({}))),
            ("category_default", self.category.map(Value::from)),
            ("notify_level_default", self.notify_level.map(Value::from)),
            ("callback_url", self.callback_url.map(Value::from)),
            ("base_url", self.base_url.map(Value::from)),
        ])
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Where OPPO sends receipts. It is OPPO that calls there, never this service.
fn callback<'a>(fields: &Fields<'a>) -> Result<Option<&'a str>, Invalid> {
    const URL: Shape =
        Shape { most: 200, allows: u8::is_ascii_graphic, words: "an https address of at most 200 characters" };
    match fields.formed("callback_url", URL)? {
        Some(url) if !url.starts_with("https://") => {
            Err(fields.invalid("callback_url", &format!("must be {}", URL.words)))
        }
        url => Ok(url),
    }
}

// ----- options -----

/// A notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) category: Option<&'static str>,
    pub(super) notify_level: Option<i64>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) click: Option<Click<'a>>,
    pub(super) style: Option<i64>,
    /// characters of the text, where OPPO's documents disagree
    pub(super) content_limit: Option<usize>,
    pub(super) show_ttl: Option<i64>,
    /// seconds; for the case that OPPO refuses shorter lives
    pub(super) least_ttl: u64,
    /// whether pushes add 1 to the badge, as far as the app wants it
    pub(super) badge: bool,
    /// whether messages carry their id, so that OPPO takes each once a token
    pub(super) deduplicate: bool,
    pub(super) template: Option<Template<'a>>,
}

/// A template of private messages, and which of its parameters take title and text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template<'a> {
    pub(super) id: &'a str,
    pub(super) title: Option<&'a str>,
    pub(super) content: Option<&'a str>,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        let options = Self {
            category: fields.one_of("category", CATEGORIES)?,
            notify_level: level(&fields, "notify_level")?,
            channel_id: fields.text("channel_id", 256)?,
            click: Click::read(&fields, "click_activity", "click_action")?,
            style: fields.integer("style", 1..=2)?,
            content_limit: fields.integer("content_limit", 50..=200)?.and_then(|limit| limit.try_into().ok()),
            show_ttl: fields.integer("show_ttl", 1..=172_800)?,
            least_ttl: fields.integer("least_ttl", 1..=86_400)?.map_or(1, i64::unsigned_abs),
            badge: fields.flag("badge")?.unwrap_or(true),
            deduplicate: fields.flag("deduplicate")?.unwrap_or(true),
            template: fields.object("template")?.map(Template::read).transpose()?,
        };
        leveled(&fields, "notify_level", options.notify_level, options.category)?;
        Ok(options)
    }
}

impl<'a> Template<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, Invalid> {
        Ok(Self {
            id: fields.required("id", Shape::VISIBLE)?,
            title: fields.text("title", 64)?,
            content: fields.text("content", 64)?,
        })
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) category: Option<&'static str>,
    pub(super) notify_level: Option<i64>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) click: Option<Click<'a>>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        Ok(Self {
            category: fields.one_of("oppo_category", CATEGORIES)?,
            notify_level: level(&fields, "oppo_notify_level")?,
            channel_id: fields.text("oppo_channel_id", 256)?,
            click: Click::read(&fields, "oppo_click_activity", "oppo_click_action")?,
        })
    }
}

/// How loud a message of a category is: 1 bar, 2 and lock screen, 16 and banner, sound and vibration.
fn level(fields: &Fields<'_>, name: &str) -> Result<Option<i64>, Invalid> {
    match fields.integer(name, 1..=16)? {
        Some(level) if ![1, 2, 16].contains(&level) => Err(fields.invalid(name, "must be 1, 2 or 16")),
        level => Ok(level),
    }
}

fn leveled(fields: &Fields<'_>, name: &str, level: Option<i64>, category: Option<&str>) -> Result<(), Invalid> {
    if level.is_some() && category == Some(NO_CATEGORY) {
        return Err(fields.invalid(name, "needs a category"));
    }
    Ok(())
}
