//! What an operator configures for Honor: an app's OAuth client, and defaults for the notifications.
//!
//! The values stand on Honor's developer platform under the push service of the app:
//! <https://developer.honor.com/cn/docs/11002/reference/downlink-message>.

use super::{category, codes::FLOW};
use crate::prelude::*;

/// Maximum tokens that a request may be configured to carry: as many as Huawei's, which Honor's interface resembles.
pub(super) const MAX_TOKENS: usize = 1000;
/// Honor publishes neither of these two.
const USUAL_TOKENS: usize = 500;
const USUAL_BYTES: usize = 4096;

/// An app's OAuth client. Its default is one of which nothing is known.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Account {
    pub(super) app_id: Required<Digits>,
    pub(super) client_id: Required<Visible>,
    pub(super) client_secret: Required<Visible>,
    package_name: Optional<JavaName>,
    pub(super) badge_class: Optional<JavaName>,
    pub(super) service_right_granted: Flag<true>,
    pub(super) auth_url: Usual<AuthHosts>,
    push_base_url: Address<PushHosts>,
    max_tokens_per_request: Option<Number<1, 1000>>,
    max_body_bytes: Option<Number<1024, 65_536>>,
}

/// What the preflight reads of a credential.
#[derive(Debug, Deserialize)]
pub(super) struct Facts {
    /// whether Honor granted the right to service and communication messages
    service_right_granted: Flag<true>,
}

impl Configured for Account {
    type Options = Options;
    type MessageOptions = MessageOptions;
    type Facts = Facts;

    const PREFIX: &'static str = "honor_";
    const PREFLIGHT_READS_OPTIONS: bool = false;

    fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        let account: Self = read("credential", record)?;
        if *account.client_id == *account.app_id {
            let rule = "must be the Client ID of the push service, which is not the App ID";
            return Err(Invalid::new("credential.client_id", rule));
        }
        Ok(account)
    }

    fn stored(&self, _: &Map<String, Value>) -> Result<Value, Invalid> {
        let mut stored = stored(self);
        stored["max_tokens_per_request"] = self.max_tokens().into();
        stored["max_body_bytes"] = self.max_bytes().into();
        Ok(stored)
    }

    fn preflight(facts: &Facts, _: &Options, class: SemanticClass) -> Vec<Invalid> {
        category::preflight(facts.service_right_granted.get(), class)
    }
}

impl Account {
    /// One of which nothing is known but that it names the launcher's activity.
    pub(super) fn unknown() -> Self {
        Self { badge_class: Optional::masked(), ..Self::default() }
    }

    /// Where messages of the app go.
    pub(super) fn send_url(&self) -> String {
        format!("{}/api/v1/{}/sendMessage", &*self.push_base_url, &*self.app_id)
    }

    /// The most tokens of one request.
    pub(super) fn max_tokens(&self) -> usize {
        self.max_tokens_per_request.and_then(|max| usize::try_from(max.get()).ok()).unwrap_or(USUAL_TOKENS)
    }

    /// The most bytes of a request without its tokens.
    pub(super) fn max_bytes(&self) -> usize {
        self.max_body_bytes.and_then(|max| usize::try_from(max.get()).ok()).unwrap_or(USUAL_BYTES)
    }
}

/// A notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct Options {
    pub(super) importance: Optional<Importance>,
    pub(super) click_action: Optional<Tap>,
    pub(super) badge_class: Optional<JavaName>,
    pub(super) target_user_type: Option<Number<0, 1>>,
    pub(super) result_codes: Option<Corrections>,
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Deserialize)]
pub(super) struct MessageOptions {
    pub(super) importance: Optional<Importance>,
    pub(super) click_action: Optional<Tap>,
    pub(super) target_user_type: Option<Number<0, 1>>,
}

/// Codes that mean something else than our table says.
pub(super) type Corrections = BTreeMap<String, Optional<Meaning>>;

/// Returns what the operator says of a code.
pub(super) fn correction(corrections: &Corrections, code: &str) -> Option<Verdict> {
    match corrections.get(code)?.get()? {
        "invalid_token" => Some(Verdict::Unregistered { certain: false }),
        "expired" => Some(Verdict::Expired),
        "credential" => Some(Verdict::Credential),
        "rate_limited" => Some(FLOW),
        "unavailable" => Some(Verdict::Unavailable),
        "rejected" => Some(Verdict::Rejected),
        _ => None,
    }
}

forms! {
    /// Where Honor issues access tokens; the second is the name of the years before 2024.
    AuthHosts = Rule::Hosts(&["iam.developer.honor.com", "iam.developer.hihonor.com"]),
        "https://iam.developer.honor.com/auth/token";
    /// Where Honor takes messages; the second is the name of the years before 2024.
    PushHosts = Rule::Hosts(&["push-api.cloud.honor.com", "push-api.cloud.hihonor.com"]), "https://push-api.cloud.honor.com";
    /// The category: service and communication, or information and marketing.
    Importance = Rule::OneOf(&["LOW", "NORMAL"]);
    /// What a result code can mean, as an operator says it; see [`correction`].
    Meaning = Rule::OneOf(&["invalid_token", "expired", "credential", "rate_limited", "unavailable", "rejected"]);
}
