//! What an operator configures for Xiaomi: an app's secret, its channels and templates, and defaults for the
//! notifications.
//!
//! The values stand in the push console, <https://admin.xmpush.xiaomi.com>, under the app's information and channels.

use std::fmt;

use crate::record::VendorRules;
use serde_json::{Map, Value, json};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::class::{self, served_by};
use crate::{
    message::Click,
    record::{Fields, Shape, record},
    transport::MASK,
};

/// Regions and their hosts (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1696>). A token belongs to one.
const REGIONS: &[(&str, &str)] = &[
    ("cn", "https://api.xmpush.xiaomi.com"),
    ("sgp", "https://sgp-api.xmpush.global.xiaomi.com"),
    ("fr", "https://fr-api.xmpush.global.xiaomi.com"),
    ("ru", "https://ru-api.xmpush.global.xiaomi.com"),
    ("in", "https://idmb-api.xmpush.global.xiaomi.com"),
];
/// The regions' hosts, with those that the server SDK still knows.
const PUSH_HOSTS: &[&str] = &[
    "api.xmpush.xiaomi.com",
    "sgp-api.xmpush.global.xiaomi.com",
    "fr-api.xmpush.global.xiaomi.com",
    "ru-api.xmpush.global.xiaomi.com",
    "idmb-api.xmpush.global.xiaomi.com",
    "api.xmpush.global.xiaomi.com",
    "fr.api.xmpush.global.xiaomi.com",
    "ru.api.xmpush.global.xiaomi.com",
];

const MAX_PACKAGES: usize = 10;
/// A template's variables are filled with title and body.
const MAX_VARIABLES: usize = 2;
/// Receipts that do not exist.
const NO_RECEIPTS: i64 = 4 + 8;

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] =
    &["channel_id", "click_action", "notify_type", "notify_foreground", "sound_uri", "callback_type"];

/// The rules of Xiaomi.
#[derive(Debug, Clone, Copy)]
pub struct XiaomiRules;

impl VendorRules for XiaomiRules {
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
        &["region", "default_channel_id", "channels", "templates"]
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
#[derive(Clone)]
pub(super) struct Account<'a> {
    region: &'static str,
    push_base_url: Option<&'a str>,
    app_id: Option<&'a str>,
    app_key: Option<&'a str>,
    pub(super) app_secret: &'a str,
    /// at least one
    pub(super) package_names: Vec<&'a str>,
    pub(super) default_channel_id: Option<&'a str>,
    channels: Vec<(&'static str, &'a str)>,
    templates: Vec<(&'static str, Template<'a>)>,
    pub(super) callback_url: Option<&'a str>,
}

/// A template that Xiaomi approved for private messages.
#[derive(Debug, Clone)]
pub(super) struct Template<'a> {
    pub(super) id: &'a str,
    /// the names of its variables
    params: Vec<&'a str>,
}

impl<'a> Account<'a> {
    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        let classes = SemanticClass::ALL.map(SemanticClass::name);
        Self {
            region: "cn",
            push_base_url: None,
            app_id: None,
            app_key: None,
            app_secret: MASK,
            package_names: vec![MASK],
            default_channel_id: None,
            channels: classes.map(|class| (class, MASK)).into(),
            templates: classes.map(|class| (class, Template { id: MASK, params: vec![MASK] })).into(),
            callback_url: None,
        }
    }

    /// One of which nothing is known but what the preflight reads.
    fn of_facts(facts: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", facts);
        Ok(Self {
            region: region(&fields)?,
            default_channel_id: fields.formed("default_channel_id", Shape::VISIBLE)?,
            channels: channels(&fields)?,
            templates: templates(&fields)?,
            ..Self::unknown()
        })
    }

    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        let mut package_names = fields.list("package_names", Shape::JAVA_NAME, MAX_PACKAGES)?;
        if package_names.is_empty() {
            package_names.push(fields.required("package_name", Shape::JAVA_NAME)?);
        }
        Ok(Self {
            region: region(&fields)?,
            push_base_url: fields.address("push_base_url", PUSH_HOSTS)?.map(|url| url.trim_end_matches('/')),
            app_id: fields.formed("app_id", Shape::DIGITS)?,
            app_key: fields.formed("app_key", Shape::DIGITS)?,
            app_secret: fields.required("app_secret", Shape::VISIBLE)?,
            package_names,
            default_channel_id: fields.formed("default_channel_id", Shape::VISIBLE)?,
            channels: channels(&fields)?,
            templates: templates(&fields)?,
            callback_url: https(&fields, "callback_url")?,
        })
    }

    /// Where messages go.
    pub(super) fn send_url(&self) -> String {
        self.url("/v3/message/regid")
    }

    /// Where messages with a notification each go.
    pub(super) fn merged_url(&self) -> String {
        self.url("/v2/multi_messages/regids")
    }

    fn url(&self, path: &str) -> String {
        let of_region = || REGIONS.iter().find(|(region, _)| *region == self.region).map(|(_, url)| *url);
        format!("{}{path}", self.push_base_url.or_else(of_region).unwrap_or_default())
    }

    /// Whether its messages come under the rules for China.
    pub(super) fn is_chinese(&self) -> bool {
        self.region == "cn"
    }

    /// The channel of this very class.
    pub(super) fn channel(&self, class: SemanticClass) -> Option<&'a str> {
        self.channels.iter().find(|(name, _)| *name == class.name()).map(|(_, channel)| *channel)
    }

    /// The template of a class.
    pub(super) fn template(&self, class: SemanticClass) -> Option<&Template<'a>> {
        let of = |class: &SemanticClass| self.templates.iter().find(|(name, _)| *name == class.name());
        served_by(class).iter().find_map(of).map(|(_, template)| template)
    }

    fn record(&self) -> Value {
        let channels = self.channels.iter().map(|(class, channel)| ((*class).to_owned(), json!(channel)));
        let templates = self.templates.iter().map(|(class, template)| ((*class).to_owned(), template.record()));
        let some = |classes: Map<String, Value>| Some(Value::Object(classes)).filter(|classes| classes != &json!({}));
        record([
            ("region", Some(self.region.into())),
            ("push_base_url", self.push_base_url.map(Value::from)),
            ("app_id", self.app_id.map(Value::from)),
            ("app_key", self.app_key.map(Value::from)),
            ("app_secret", Some(self.app_secret.into())),
            ("package_names", Some(json!(self.package_names))),
            ("default_channel_id", self.default_channel_id.map(Value::from)),
            ("channels", some(channels.collect())),
            ("templates", some(templates.collect())),
            ("callback_url", self.callback_url.map(Value::from)),
        ])
    }
}

impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("region", &self.region).finish_non_exhaustive()
    }
}

impl<'a> Template<'a> {
    fn read(fields: Fields<'a>) -> Result<Self, Invalid> {
        let params = fields.list("params", Shape::VISIBLE, MAX_VARIABLES)?;
        Ok(Self { id: fields.required("id", Shape::VISIBLE)?, params })
    }

    /// Its variables' values: the first is the title, the last the body.
    pub(super) fn values(&self, title: &str, body: &str) -> Map<String, Value> {
        let values = match self.params.len() {
            1 => vec![body],
            _ => vec![title, body],
        };
        self.params.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }

    fn record(&self) -> Value {
        json!({"id": self.id, "params": self.params})
    }
}

fn region(fields: &Fields<'_>) -> Result<&'static str, Invalid> {
    let regions: Vec<&'static str> = REGIONS.iter().map(|(region, _)| *region).collect();
    Ok(fields.one_of("region", &regions)?.unwrap_or("cn"))
}

fn channels<'a>(fields: &Fields<'a>) -> Result<Vec<(&'static str, &'a str)>, Invalid> {
    by_class(fields, "channels", |fields, class| fields.formed(class, Shape::VISIBLE))
}

fn templates<'a>(fields: &Fields<'a>) -> Result<Vec<(&'static str, Template<'a>)>, Invalid> {
    by_class(fields, "templates", |fields, class| fields.object(class)?.map(Template::read).transpose())
}

/// What an object holds of each class.
fn by_class<'a, T>(
    fields: &Fields<'a>,
    name: &str,
    read: impl Fn(&Fields<'a>, &'static str) -> Result<Option<T>, Invalid>,
) -> Result<Vec<(&'static str, T)>, Invalid> {
    let Some(object) = fields.object(name)? else {
        return Ok(Vec::new());
    };
    let classes = SemanticClass::ALL.map(SemanticClass::name);
    classes
        .into_iter()
        .filter_map(|class| read(&object, class).map(|found| Some((class, found?))).transpose())
        .collect()
}

/// An address that Xiaomi calls. Nothing here calls it, so it may be anybody's.
fn https<'a>(fields: &Fields<'a>, name: &str) -> Result<Option<&'a str>, Invalid> {
    match fields.text(name, 1024)? {
        Some(url) if !url.starts_with("https://") => Err(fields.invalid(name, "must be an https address")),
        url => Ok(url),
    }
}

// ----- options -----

/// A notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) channel_id: Option<&'a str>,
    pub(super) click_action: Option<Click<'a>>,
    pub(super) notify_type: Option<i64>,
    pub(super) notify_foreground: Option<bool>,
    pub(super) sound_uri: Option<&'a str>,
    pub(super) callback_type: Option<i64>,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        Ok(Self {
            channel_id: fields.formed("channel_id", Shape::VISIBLE)?,
            click_action: Click::read(&fields, "click_action")?,
            notify_type: fields.integer("notify_type", -1..=7)?,
            notify_foreground: fields.flag("notify_foreground")?,
            sound_uri: sound(&fields)?,
            callback_type: receipts(&fields)?,
        })
    }
}

/// A sound of the app itself.
fn sound<'a>(fields: &Fields<'a>) -> Result<Option<&'a str>, Invalid> {
    match fields.formed("sound_uri", Shape::VISIBLE)? {
        Some(uri) if !uri.starts_with("android.resource://") => {
            Err(fields.invalid("sound_uri", "must be an android.resource:// address"))
        }
        uri => Ok(uri),
    }
}

fn receipts(fields: &Fields<'_>) -> Result<Option<i64>, Invalid> {
    match fields.integer("callback_type", 1..=243)? {
        Some(kinds) if kinds & NO_RECEIPTS != 0 => {
            Err(fields.invalid("callback_type", "must be a sum of 1, 2, 16, 32, 64 and 128"))
        }
        kinds => Ok(kinds),
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) channel_id: Option<&'a str>,
    pub(super) click_action: Option<Click<'a>>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        Ok(Self {
            channel_id: fields.formed("xiaomi_channel_id", Shape::VISIBLE)?,
            click_action: Click::read(&fields, "xiaomi_click_action")?,
        })
    }
}
