//! What an operator configures for OPPO: an app's keys, and defaults for the notifications.
//!
//! The values stand in OPPO's console under the app's configuration, where only the main account sees the secrets:
//! <https://open.oppomobile.com/documentation/page/info?id=11235>.

use super::{category, click};
use crate::prelude::*;

/// China's host is the one of the current pages; the vendor's SDK still has `api.push.oppomobile.com`.
const CHINA_URL: &str = "https://api-push-cn.heytapmobi.com";
const ABROAD_URL: &str = "https://api-intl.push.oppomobile.com";
const HOSTS: &[&str] = &["api-push-cn.heytapmobi.com", "api.push.oppomobile.com", "api-intl.push.oppomobile.com"];

/// Sends no category: for apps that OPPO granted none.
pub(super) const NO_CATEGORY: &str = "NONE";

/// Where an app's phones are; apps for China and for elsewhere have keys of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "Usual<RegionName>")]
pub(super) enum Region {
    #[default]
    #[serde(rename = "cn")]
    China,
    #[serde(rename = "intl")]
    Abroad,
}

impl From<Usual<RegionName>> for Region {
    fn from(name: Usual<RegionName>) -> Self {
        if &*name == "cn" { Self::China } else { Self::Abroad }
    }
}

/// An app at OPPO. Its default is one of which nothing is known.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Account {
    pub(super) region: Region,
    app_id: Optional<Visible>,
    pub(super) app_key: Required<Visible>,
    pub(super) master_secret: Required<Visible>,
    package_name: Optional<JavaName>,
    pub(super) callback_url: Optional<CallbackAddress>,
    base_url: Optional<PushHosts>,
    #[serde(skip)]
    pub(super) facts: Facts,
}

/// What the preflight reads of an app.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Facts {
    channels: Option<Channels>,
    pub(super) category_default: Optional<Category>,
    pub(super) notify_level_default: Option<Level>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Channels {
    /// of all chat messages
    im: Optional<Line<256>>,
    call: Optional<Line<256>>,
    system: Optional<Line<256>>,
    marketing: Optional<Line<256>>,
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = Facts;

    const PREFIX: &'static str = "oppo_";

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        let has = |name: &str| record.get(name).is_some_and(|value| !value.is_null());
        if has("app_secret") && !has("master_secret") {
            return Err(Invalid::new("credential.app_secret", "is the app's own: the server needs master_secret"));
        }
        let account: Self = read("credential", record)?;
        let facts: Facts = read("credential", record)?;
        leveled(facts.notify_level_default, &facts.category_default, "credential.notify_level_default")?;
        Ok(Self { facts, ..account })
    }

    fn stored(&self, _: &Map<String, Value>) -> Result<Value, Invalid> {
        Ok(stored_both(self, &self.facts))
    }

    fn check_options(options: &Options) -> Result<(), Invalid> {
        apart(&options.click_activity, &options.click_action, "options.", "")?;
        leveled(options.notify_level, &options.category, "options.notify_level")
    }

    fn check_message_options(own: &MessageOptions) -> Result<(), Invalid> {
        apart(&own.click_activity, &own.click_action, "em_android_push_ext.", "oppo_")
    }

    fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(facts, options, class)
    }
}

impl Account {
    /// One of which nothing is known but that it has a channel for every class.
    pub(super) fn unknown() -> Self {
        let masked = Optional::masked;
        let channels = Some(Channels { im: masked(), call: masked(), system: masked(), marketing: masked() });
        Self { facts: Facts { channels, ..Facts::default() }, ..Self::default() }
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
        format!("{}/server/v1/{path}", self.base_url.get().unwrap_or(own).trim_end_matches('/'))
    }
}

impl Facts {
    /// The channel of a class.
    pub(super) fn channel(&self, class: SemanticClass) -> Option<&str> {
        let channels = self.channels.as_ref()?;
        let channel = match class {
            SemanticClass::Im | SemanticClass::Mention => &channels.im,
            SemanticClass::Call => &channels.call,
            SemanticClass::System => &channels.system,
            SemanticClass::Marketing => &channels.marketing,
        };
        channel.get()
    }
}

/// A notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub(super) category: Optional<Category>,
    pub(super) notify_level: Option<Level>,
    pub(super) channel_id: Optional<Line<256>>,
    pub(super) click_activity: Optional<JavaName>,
    pub(super) click_action: Optional<Action>,
    pub(super) style: Option<Number<1, 2>>,
    /// characters of the text, where OPPO's documents disagree
    pub(super) content_limit: Option<Number<50, 200>>,
    pub(super) show_ttl: Option<Number<1, 172_800>>,
    /// seconds; for the case that OPPO refuses shorter lives
    pub(super) least_ttl: Option<Number<1, 86_400>>,
    /// whether pushes add 1 to the badge, as far as the app wants it
    pub(super) badge: Flag<true>,
    /// whether messages carry their id, so that OPPO takes each once a token
    pub(super) deduplicate: Flag<true>,
    pub(super) template: Option<Template>,
}

/// A template of private messages, and which of its parameters take title and text.
#[derive(Debug, Deserialize)]
pub(super) struct Template {
    pub(super) id: Required<Visible>,
    pub(super) title: Optional<Line<64>>,
    pub(super) content: Optional<Line<64>>,
}

/// How loud a message of a category is: 1 bar, 2 and lock screen, 16 and banner, sound and vibration.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(try_from = "Number<1, 16>")]
pub(super) struct Level(pub(super) i64);

impl TryFrom<Number<1, 16>> for Level {
    type Error = &'static str;

    fn try_from(level: Number<1, 16>) -> Result<Self, &'static str> {
        [1, 2, 16].contains(&level.get()).then_some(Self(level.get())).ok_or("must be 1, 2 or 16")
    }
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    pub(super) category: Optional<Category>,
    pub(super) notify_level: Option<Level>,
    pub(super) channel_id: Optional<Line<256>>,
    pub(super) click_activity: Optional<JavaName>,
    pub(super) click_action: Optional<Action>,
}

/// A tap does one thing.
fn apart(activity: &Optional<JavaName>, action: &Optional<Action>, place: &str, prefix: &str) -> Result<(), Invalid> {
    if activity.get().and(action.get()).is_some() {
        let rule = format!("must not stand beside {prefix}click_activity");
        return Err(Invalid::new(format!("{place}{prefix}click_action"), rule));
    }
    Ok(())
}

fn leveled(level: Option<Level>, category: &Optional<Category>, field: &str) -> Result<(), Invalid> {
    if level.is_some() && category.get() == Some(NO_CATEGORY) {
        return Err(Invalid::new(field, "needs a category"));
    }
    Ok(())
}

forms! {
    /// A region as the record writes it.
    RegionName = Rule::OneOf(&["cn", "intl"]), "cn";
    /// Where OPPO takes messages.
    PushHosts = Rule::Hosts(HOSTS);
    /// Where OPPO sends receipts. It is OPPO that calls there, never this service.
    CallbackAddress = Rule::Other(
        |text| (!is_callback(text)).then(|| "must be an https address of at most 200 characters".to_owned()),
        "an https address of at most 200 characters",
    );
    /// <https://open.oppomobile.com/documentation/page/info?id=13189>: service, then content and marketing.
    Category = Rule::OneOf(&[
        "IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION",
        "NEWS", "CONTENT", "MARKETING", "SOCIAL", NO_CATEGORY,
    ]);
    /// What a tap does: a page of the app by the action of its intent filter, or an address.
    Action = Rule::Other(click::broken, click::WORDS);
}

fn is_callback(text: &str) -> bool {
    text.starts_with("https://") && text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic())
}
