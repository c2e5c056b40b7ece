//! What an operator configures for Huawei: an app's OAuth client or a project's service account, and defaults for the
//! notifications.
//!
//! The values stand in AppGallery Connect under "Project settings":
//! <https://developer.huawei.com/consumer/en/doc/HMSCore-Guides/android-config-agc-0000001050170137>.

use super::{category, harmony::rules::HarmonyProject};
use crate::prelude::*;

/// What messages are sent with, and so which devices they reach.
#[derive(Debug)]
pub(super) enum Account {
    /// EMUI, and HarmonyOS up to 4
    Android(AndroidApp),
    /// HarmonyOS from 5 on
    Harmony(HarmonyProject),
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = Facts;

    const PREFIX: &'static str = "huawei_";
    const PREFLIGHT_READS_OPTIONS: bool = false;

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        match field::<Optional<Api>>("credential", record, "api")?.get() {
            Some("v3") => HarmonyProject::read(record).map(Self::Harmony),
            Some("v2") => AndroidApp::read(record, "v2", "project_id").map(Self::Android),
            _ => AndroidApp::read(record, "v1", "app_id").map(Self::Android),
        }
    }

    fn stored(&self, record: &Map<String, Value>) -> Result<Value, Invalid> {
        match self {
            Self::Android(app) => Ok(stored(app)),
            Self::Harmony(project) => project.checked(record),
        }
    }

    fn api(record: &Value) -> Option<String> {
        record.get("api").and_then(Value::as_str).map(str::to_owned)
    }

    fn preflight(facts: &Facts, _: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(facts.im_category_granted.get(), class)
    }
}

impl Account {
    /// One of which nothing is known but the interface.
    pub(super) fn unknown(api: Option<&str>) -> Self {
        match api {
            Some("v3") => Self::Harmony(HarmonyProject::unknown()),
            Some("v2") => Self::Android(AndroidApp::unknown("v2")),
            _ => Self::Android(AndroidApp::unknown("v1")),
        }
    }
}

/// An app's OAuth client.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct AndroidApp {
    /// one of two; both take the same message
    #[serde(skip_deserializing)]
    api: &'static str,
    app_id: Optional<Digits>,
    project_id: Optional<Digits>,
    pub(super) client_id: Required<Digits>,
    pub(super) client_secret: Required<ClientSecret>,
    package_name: Optional<JavaName>,
    pub(super) badge_class: Optional<JavaName>,
    receipt: Option<Receipt>,
    pub(super) im_category_granted: Flag<false>,
    pub(super) auth_url: Usual<AuthHosts>,
    push_base_url: Address<PushHosts>,
}

/// What the preflight reads of a credential of either kind.
#[derive(Debug, Deserialize)]
pub(super) struct Facts {
    /// whether Huawei granted the right to classify messages
    im_category_granted: Flag<false>,
}

/// How delivery receipts are signed and selected.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Receipt {
    user_name: Optional<Line<128>>,
    secret: Optional<Visible>,
    key_mode: Optional<KeyMode>,
    receipt_id: Optional<Visible>,
}

impl Receipt {
    /// Returns the id of a receipt that may be absent.
    pub(super) fn id(receipt: Option<&Self>) -> Option<&str> {
        receipt.and_then(|receipt| receipt.receipt_id.get())
    }
}

impl AndroidApp {
    /// One of which nothing is known but the interface.
    fn unknown(api: &'static str) -> Self {
        let (badge_class, im_category_granted) = (Optional::masked(), Flag::new(true));
        Self { api, badge_class, im_category_granted, ..Self::default() }
    }

    fn read(record: &Map<String, Value>, api: &'static str, id: &str) -> Result<Self, Invalid> {
        field::<Required<Digits>>("credential", record, id)?;
        Ok(Self { api, ..read("credential", record)? })
    }

    pub(super) fn receipt_id(&self) -> Option<&str> {
        Receipt::id(self.receipt.as_ref())
    }

    /// Where messages of the app go.
    pub(super) fn send_url(&self) -> String {
        let id = if self.api == "v2" { &self.project_id } else { &self.app_id };
        format!("{}/{}/{}/messages:send", &*self.push_base_url, self.api, id.get().unwrap_or(MASK))
    }

    /// Where notifications of the app are revoked.
    pub(super) fn revoke_url(&self) -> Option<String> {
        Some(format!("{}/v1/{}/messages:revoke", &*self.push_base_url, self.app_id.get()?))
    }
}

/// A notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub(super) category: Optional<Category>,
    pub(super) channel_id: Optional<Line<256>>,
    pub(super) importance: Optional<Importance>,
    pub(super) click_action: Optional<Tap>,
    pub(super) uri: Optional<Uri>,
    pub(super) badge_class: Optional<JavaName>,
    pub(super) receipt_id: Optional<Visible>,
    pub(super) target_user_type: Option<Number<0, 1>>,
    pub(super) collapse_key: Option<Number<-1, 100>>,
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    pub(super) category: Optional<Category>,
    pub(super) channel_id: Optional<Line<256>>,
    pub(super) click_action: Optional<Tap>,
    pub(super) uri: Optional<Uri>,
    pub(super) receipt_id: Optional<Visible>,
    pub(super) target_user_type: Option<Number<0, 1>>,
}

forms! {
    /// Which of the interfaces a credential is for.
    Api = Rule::OneOf(&["v1", "v2", "v3"]);
    /// The secret of an OAuth client.
    ClientSecret = Rule::Bytes {
        max: 256,
        allows: |byte| byte.is_ascii_alphanumeric() || b"+/=\\".contains(&byte),
        words: "1 to 256 of a-z, A-Z, 0-9, +, /, = and \\",
    };
    /// What the secret of receipts is.
    KeyMode = Rule::OneOf(&["base64", "utf8"]);
    /// Where Huawei issues access tokens.
    AuthHosts = Rule::Hosts(&["oauth-login.cloud.huawei.com"]), "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    /// Where Huawei takes messages. One host serves all regions; the others are those of single data locations.
    PushHosts = Rule::Hosts(&[
        "push-api.cloud.huawei.com",
        "push-api.cloud.huawei.asia",
        "push-api.cloud.huawei.eu",
        "push-api.cloud.huawei.ru",
    ]), "https://push-api.cloud.huawei.com";
    /// <https://developer.huawei.com/consumer/cn/doc/HMSCore-Guides/message-classification-0000001149358835>; `PLAY_VOICE` is
    /// left out because it is for data messages only.
    Category = Rule::OneOf(&[
        "IM", "VOIP", "SUBSCRIPTION", "TRAVEL", "HEALTH", "WORK", "ACCOUNT", "EXPRESS", "FINANCE", "DEVICE_REMINDER",
        "MAIL", "MARKETING", "SYSTEM_REMINDER",
    ]);
    /// How strongly a notification disturbs.
    Importance = Rule::OneOf(&["LOW", "NORMAL", "HIGH"]);
    /// A page of a HarmonyOS app, of whatever scheme the app declares.
    Uri = Rule::Bytes {
        max: 2048,
        allows: |byte| byte.is_ascii_graphic(),
        words: "an address of at most 2048 visible ASCII characters",
    };
}
