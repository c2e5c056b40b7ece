//! What an operator configures for Xiaomi: an app's secret, its channels and templates, and defaults for the
//! notifications.
//!
//! The values stand in the push console, <https://admin.xmpush.xiaomi.com>, under the app's information and channels.

use super::category::{self, served_by};
use crate::prelude::*;

/// Regions (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1696>). A token belongs to one.
const REGIONS: &[&str] = &["cn", "sgp", "fr", "ru", "in"];
/// The regions' hosts in the same order, then those that the server SDK still knows.
const HOSTS: &[&str] = &[
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
/// Bits of receipts that do not exist.
const NO_RECEIPTS: i64 = 4 + 8;

/// An app. Its default is one of which nothing is known.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Account {
    /// beats the region's; empty where none is configured
    #[serde(skip_serializing_if = "str::is_empty")]
    push_base_url: Address<PushHosts>,
    app_id: Optional<Digits>,
    app_key: Optional<Digits>,
    pub(super) app_secret: Required<Visible>,
    pub(super) callback_url: Optional<HttpsAddress>,
    /// at least one
    #[serde(skip_deserializing)]
    pub(super) package_names: Vec<String>,
    #[serde(skip)]
    pub(super) facts: Facts,
}

/// What the preflight reads of an app.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Facts {
    region: Usual<Region>,
    pub(super) default_channel_id: Optional<Visible>,
    channels: Option<ByClass<Optional<Visible>>>,
    templates: Option<ByClass<Option<Template>>>,
}

/// A template that Xiaomi approved for private messages.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Template {
    /// the names of its variables
    params: List<Visible, MAX_VARIABLES>,
    pub(super) id: Required<Visible>,
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = Facts;

    const PREFIX: &'static str = "xiaomi_";

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        let package_names = package_names(record)?;
        Ok(Self { package_names, facts: read("credential", record)?, ..read("credential", record)? })
    }

    fn stored(&self, _: &Map<String, Value>) -> Result<Value, Invalid> {
        Ok(stored_both(self, &self.facts))
    }

    fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(facts, options, class)
    }
}

impl Account {
    /// One of which nothing is known but that it has a channel and a template for every class.
    pub(super) fn unknown() -> Self {
        let channels = Some(ByClass::of_each(Optional::masked));
        let templates = Some(ByClass::of_each(|| Some(Template::default())));
        let facts = Facts { channels, templates, ..Facts::default() };
        Self { package_names: vec![MASK.to_owned()], facts, ..Self::default() }
    }

    /// Where messages go.
    pub(super) fn send_url(&self) -> String {
        self.url("/v3/message/regid")
    }

    /// Where messages with a notification each go.
    pub(super) fn merged_url(&self) -> String {
        self.url("/v2/multi_messages/regids")
    }

    /// Where notifications are revoked.
    pub(super) fn revoke_url(&self) -> String {
        self.url("/v3/message/regid/revoke")
    }

    fn url(&self, path: &str) -> String {
        let own = Some(self.push_base_url.to_string()).filter(|url| !url.is_empty());
        let of_region = || REGIONS.iter().zip(HOSTS).find(|(region, _)| **region == &*self.facts.region);
        let base = own.or_else(|| of_region().map(|(_, host)| format!("https://{host}")));
        base.unwrap_or_default() + path
    }
}

/// A list, or the name of a single package.
fn package_names(record: &Map<String, Value>) -> Result<Vec<String>, Invalid> {
    let list: List<JavaName, MAX_PACKAGES> = field("credential", record, "package_names")?;
    if list.is_empty() {
        let single: Required<JavaName> = field("credential", record, "package_name")?;
        return Ok(vec![single.to_string()]);
    }
    Ok(list.iter().map(|name| name.to_string()).collect())
}

impl Facts {
    /// Whether its messages come under the rules for China.
    pub(super) fn is_chinese(&self) -> bool {
        &*self.region == "cn"
    }

    /// The channel of this very class.
    pub(super) fn channel(&self, class: SemanticClass) -> Option<&str> {
        self.channels.as_ref()?.of(class).get()
    }

    /// The template of a class.
    pub(super) fn template(&self, class: SemanticClass) -> Option<&Template> {
        let templates = self.templates.as_ref()?;
        served_by(class).iter().find_map(|class| templates.of(*class).as_ref())
    }
}

impl Template {
    /// Its variables' values: the first is the title, the last the body.
    pub(super) fn values(&self, title: &str, body: &str) -> Map<String, Value> {
        let values = match self.params.len() {
            1 => vec![body],
            _ => vec![title, body],
        };
        self.params.iter().zip(values).map(|(name, value)| (name.to_string(), json!(value))).collect()
    }
}

/// A notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub(super) channel_id: Optional<Visible>,
    pub(super) click_action: Optional<Tap>,
    pub(super) notify_type: Option<Number<-1, 7>>,
    pub(super) notify_foreground: Option<bool>,
    pub(super) sound_uri: Optional<SoundAddress>,
    pub(super) callback_type: Option<ReceiptKinds>,
}

/// Kinds of receipts, as a sum of bits.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "Number<1, 243>")]
pub(super) struct ReceiptKinds(pub(super) i64);

impl TryFrom<Number<1, 243>> for ReceiptKinds {
    type Error = &'static str;

    fn try_from(kinds: Number<1, 243>) -> Result<Self, &'static str> {
        let exist = kinds.get() & NO_RECEIPTS == 0;
        exist.then_some(Self(kinds.get())).ok_or("must be a sum of 1, 2, 16, 32, 64 and 128")
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    pub(super) channel_id: Optional<Visible>,
    pub(super) click_action: Optional<Tap>,
}

forms! {
    /// A region.
    Region = Rule::OneOf(REGIONS), "cn";
    /// Where Xiaomi takes messages.
    PushHosts = Rule::Hosts(HOSTS);
    /// An address that Xiaomi calls. Nothing here calls it, so it may be anybody's.
    HttpsAddress = Rule::Other(|text| broken::<Line<1024>>("https://", text, "an https address"), "an https address");
    /// A sound of the app itself.
    SoundAddress = Rule::Other(
        |text| broken::<Visible>("android.resource://", text, "an android.resource:// address"),
        "an android.resource:// address",
    );
}

/// What a text of a form breaks that has to begin like this.
fn broken<F: Form>(begin: &str, text: &str, words: &str) -> Option<String> {
    F::RULE.broken(text).or_else(|| (!text.starts_with(begin)).then(|| format!("must be {words}")))
}
