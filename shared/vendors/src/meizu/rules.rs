//! What an operator configures for Meizu: an app's id and secret, and defaults for the notifications.
//!
//! The values stand in the console of Flyme's open platform under the app's information: <https://open.flyme.cn>.

use super::category;
use crate::prelude::*;

/// <https://github.com/MEIZUPUSH/PushAPI>, section 消息送达与回执
const RECEIPT_URL: &str = "an http or https address of at most 128 visible ASCII characters";
/// <https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/vo/ClickTypeInfo.java>
const CLICK_URL: &str = "an address with a scheme, of at most 1000 visible ASCII characters";
const SEND_PATH: &str = "/garcia/api/server/push/varnished/pushByPushId";

/// An app at Meizu. Its default is one of which nothing is known.
#[derive(Debug, Default, Serialize)]
pub(super) struct Account {
    #[serde(flatten)]
    pub(super) app: App,
    #[serde(flatten)]
    pub(super) facts: Facts,
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct App {
    pub(super) app_id: Required<Digits>,
    pub(super) app_secret: Required<AppSecret>,
    package_name: Optional<JavaName>,
    /// where Meizu reports deliveries; it must stand in Meizu's console as well, or pushes may be refused
    pub(super) receipt_url: Optional<ReceiptUrl>,
    receipt_access_token: Optional<Visible>,
    base_url: Address<PushHosts>,
}

/// What is stored in the clear as well.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Facts {
    /// 0 public, 1 private
    pub(super) notice_msg_type: Option<Number<0, 1>>,
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = Facts;

    const PREFIX: &'static str = "meizu_";

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        Ok(Self { app: read("credential", record)?, facts: read("credential", record)? })
    }

    fn stored(&self, _: &Map<String, Value>) -> Result<Value, Invalid> {
        Ok(stored(self))
    }

    fn check_options(options: &Options) -> Result<(), Invalid> {
        if options.notice_bar_type.is_some_and(|kind| kind.get() == 1) {
            return Err(Invalid::new("options.notice_bar_type", "must be 0 or 2"));
        }
        if options.click_activity.get().and(options.click_url.get()).is_some() {
            return Err(Invalid::new("options.click_url", "cannot be set beside click_activity"));
        }
        Ok(())
    }

    fn preflight(facts: &Facts, options: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(facts, options, class)
    }
}

impl Account {
    /// Returns where notifications go.
    pub(super) fn send_url(&self) -> String {
        format!("{}{SEND_PATH}", &*self.app.base_url)
    }
}

/// A notifier's defaults.
#[derive(Deserialize)]
pub(super) struct Options {
    pub(super) notice_msg_type: Option<Number<0, 1>>,
    pub(super) notice_bar_type: Option<Number<0, 2>>,
    /// a page of the app, by its class
    pub(super) click_activity: Optional<JavaName>,
    /// a web page, or a page of the app by its own scheme
    pub(super) click_url: Optional<ClickUrl>,
    pub(super) suspend: Flag<true>,
    pub(super) clear_notice_bar: Flag<true>,
    pub(super) vibrate: Flag<true>,
    pub(super) lights: Flag<true>,
    pub(super) sound: Flag<true>,
    pub(super) receipt_type: Option<Number<1, 3>>,
    /// Meizu's library says "at most 50" and not of what: the names, taken here, or their characters
    pub(super) restricted_package_names: List<JavaName, 50>,
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    pub(super) click_activity: Optional<JavaName>,
}

forms! {
    /// A secret as Meizu's console shows it.
    AppSecret = Rule::Bytes {
        max: 64,
        allows: |byte| byte.is_ascii_alphanumeric(),
        words: "1 to 64 of a-z, A-Z and 0-9",
    };
    /// Mainland China and overseas, as Meizu's own library knows them
    /// (<https://github.com/MEIZUPUSH/JavaSdk/blob/master/src/main/java/com/meizu/push/sdk/constant/SystemConstants.java>).
    PushHosts =
        Rule::Hosts(&["server-api-push.meizu.com", "server-api-push.in.meizu.com"]),
        "https://server-api-push.meizu.com";
    /// Where receipts go.
    ReceiptUrl = Rule::Other(
        |text| {
            let web = text.starts_with("https://") || text.starts_with("http://");
            (!web || !is_visible(text, 128)).then(|| format!("must be {RECEIPT_URL}"))
        },
        RECEIPT_URL,
    );
    /// What a tap opens.
    ClickUrl = Rule::Other(
        |text| (!has_scheme(text) || !is_visible(text, 1000)).then(|| format!("must be {CLICK_URL}")),
        CLICK_URL,
    );
}

fn is_visible(text: &str, max: usize) -> bool {
    text.len() <= max && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns whether an address begins with a scheme (RFC 3986, section 3.1).
fn has_scheme(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, rest)| {
        let letters = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        letters && scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && !rest.is_empty()
    })
}
