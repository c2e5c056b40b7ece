//! What an operator configures for vivo: an app of the open platform, and defaults for the notifications.
//!
//! The values stand in vivo's console with the app's push service: <https://dev.vivo.com.cn/documentCenter/doc/362>.

use serde::Deserializer;

use super::{
    category::{self, classification_of},
    judge::Reading,
};
use crate::{message::custom::is_intent, prelude::*};

/// An app. Its default is one of which nothing is known.
#[derive(Debug, Default, Serialize)]
pub(super) struct Account {
    pub(super) app_id: u64,
    #[serde(flatten)]
    pub(super) keys: Keys,
    #[serde(flatten)]
    pub(super) facts: Facts,
    #[serde(flatten)]
    pub(super) receipt: ReceiptScheme,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Keys {
    pub(super) app_key: Required<Visible>,
    pub(super) app_secret: Required<Visible>,
    base_url: Address<PushHosts>,
}

/// What is stored in the clear as well.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Facts {
    pub(super) package_name: Optional<JavaName>,
    /// 0 formal messages, 1 messages to test phones
    #[serde(deserialize_with = "number_or_zero")]
    push_mode: i64,
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = Facts;

    const PREFIX: &'static str = "vivo_";

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        Ok(Self {
            app_id: app_id(record)?,
            keys: read("credential", record)?,
            facts: read("credential", record)?,
            receipt: ReceiptScheme::read(record)?,
        })
    }

    fn stored(&self, _: &Map<String, Value>) -> Result<Value, Invalid> {
        Ok(stored(self))
    }

    fn check_options(options: &Options) -> Result<(), Invalid> {
        let category = options.category.get();
        match category.zip(options.classification) {
            Some((category, class)) if classification_of(category) != class.get() => {
                Err(Invalid::new("options.classification", "must be the class of the category"))
            }
            _ => Ok(()),
        }
    }

    fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(facts, options, class)
    }
}

impl Account {
    /// One of which nothing is known but that it names a package.
    pub(super) fn unknown() -> Self {
        let facts = Facts { package_name: Optional::masked(), ..Facts::default() };
        Self { facts, ..Self::default() }
    }

    /// Returns the address of one of vivo's interfaces.
    pub(super) fn url(&self, interface: &str) -> String {
        format!("{}/message/{interface}", &*self.keys.base_url)
    }
}

/// Reads a number; consoles and people write it as a text, too.
fn app_id(record: &Map<String, Value>) -> Result<u64, Invalid> {
    const RULE: &str = "a number of up to 15 digits";
    let given = record.get("app_id").filter(|value| !value.is_null());
    let number = given.and_then(|value| match value.as_str() {
        Some(text) if text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => value.as_u64(),
    });
    let wrong = if given.is_some() { "must be" } else { "is required:" };
    number
        .filter(|number| (1..=999_999_999_999_999).contains(number))
        .ok_or_else(|| Invalid::new("credential.app_id", format!("{wrong} {RULE}")))
}

fn number_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(Option::<Number<0, 1>>::deserialize(deserializer)?.map_or(0, Number::get))
}

/// How vivo is asked for receipts: one of two schemes, as the console is set up.
#[derive(Debug, Default, Serialize)]
#[serde(tag = "receipt_mode", rename_all = "snake_case")]
pub(super) enum ReceiptScheme {
    #[default]
    None,
    /// an address with every message
    LegacyUrl { receipt_url: Required<ReceiptUrl> },
    /// an address that the console knows by this id
    ReceiptId { receipt_id: Required<Visible> },
}

impl ReceiptScheme {
    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        Ok(match field::<Optional<ReceiptMode>>("credential", record, "receipt_mode")?.get() {
            Some("legacy_url") => Self::LegacyUrl { receipt_url: of_mode(record, "receipt_url")? },
            Some("receipt_id") => Self::ReceiptId { receipt_id: of_mode(record, "receipt_id")? },
            _ => Self::None,
        })
    }
}

/// Reads the field that a mode needs; those of other modes are ignored.
fn of_mode<F: Form>(record: &Map<String, Value>, name: &str) -> Result<Required<F>, Invalid> {
    let needed = |_| Invalid::new(format!("credential.{name}"), "is required by credential.receipt_mode");
    field::<Optional<F>>("credential", record, name)?.required().map_err(needed)
}

/// A notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub(super) category: Optional<Category>,
    classification: Option<Number<0, 1>>,
    notify_type: Option<Number<1, 4>>,
    pub(super) click_action: Optional<ClickAction>,
    pub(super) wifi_only: Flag<false>,
    pub(super) foreground_show: Flag<false>,
    pub(super) add_badge: Flag<true>,
    push_mode: Option<Number<0, 1>>,
    pub(super) text_prefix: Optional<Short<10>>,
    pub(super) fallback_title: Optional<Short<20>>,
    pub(super) fallback_content: Optional<Short<50>>,
    quota_hour: Option<Number<0, 23>>,
    operation_hour: Option<Number<0, 23>>,
    remove_inactive: Flag<true>,
}

impl Options {
    /// Returns the classification of messages without a category.
    pub(super) fn classification(&self) -> i64 {
        self.classification.map_or(1, Number::get)
    }

    pub(super) fn notify_type(&self) -> i64 {
        self.notify_type.map_or(4, Number::get)
    }

    pub(super) fn push_mode(&self, facts: &Facts) -> i64 {
        self.push_mode.map_or(facts.push_mode, Number::get)
    }

    pub(super) fn reading(&self) -> Reading {
        Reading {
            quota_hour: self.quota_hour.map_or(0, Number::get),
            operation_hour: self.operation_hour.map_or(7, Number::get),
            remove_inactive: self.remove_inactive.get(),
        }
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    pub(super) category: Optional<Category>,
    #[serde(rename = "click_activity")]
    pub(super) click_action: Optional<ClickAction>,
}

forms! {
    /// One host serves all phones; there are none outside of mainland China.
    PushHosts = Rule::Hosts(&["api-push.vivo.com.cn"]), "https://api-push.vivo.com.cn";
    /// How receipts are asked for.
    ReceiptMode = Rule::OneOf(&["none", "legacy_url", "receipt_id"]);
    /// Where receipts go.
    ReceiptUrl = Rule::Other(
        |text| {
            let other = || (!text.starts_with("https://")).then(|| "must be an https address".to_owned());
            Line::<128>::RULE.broken(text).or_else(other)
        },
        "an https address of at most 128 bytes",
    );
    /// A category of a message: <https://dev.vivo.com.cn/documentCenter/doc/359>.
    Category = Rule::OneOf(&[
        "IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION", "NEWS", "CONTENT", "MARKETING", "SOCIAL",
    ]);
    /// What a tap opens. The form of the text tells which of them it is.
    ClickAction = Rule::Other(
        |text| {
            let none = is_activity(text) && JavaName::RULE.broken(text).is_some();
            let words = || none.then(|| "must be an intent, an https address or the class of an activity".to_owned());
            Line::<1000>::RULE.broken(text).or_else(words)
        },
        "an intent, an https address or the class of an activity",
    );
}

/// Returns whether what a tap opens is neither an intent nor a web page.
pub(super) fn is_activity(text: &str) -> bool {
    !is_intent(text) && !text.starts_with("https://")
}

/// A text of at most `MAX` characters by every way of counting.
pub(super) struct Short<const MAX: usize>;

impl<const MAX: usize> Form for Short<MAX> {
    const RULE: Rule = Rule::Other(
        |text| {
            let long = text.encode_utf16().count() > MAX;
            let words = || long.then(|| format!("must be at most {MAX} characters long"));
            Rule::Line(4 * MAX).broken(text).or_else(words)
        },
        "a short text",
    );
}
