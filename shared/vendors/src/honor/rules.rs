//! What an operator configures for Honor: an app's OAuth client, and defaults for the notifications.
//!
//! The values stand on Honor's developer platform under the push service of the app:
//! <https://developer.honor.com/cn/docs/11002/reference/downlink-message>.

use std::fmt;

use crate::record::VendorRules;
use serde_json::{Map, Value, json};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::{
    class,
    error::{Corrections, FLOW},
};
use crate::{
    message::Click,
    record::{Fields, Shape, record},
    reporting::Verdict,
    transport::MASK,
};

const AUTH_URL: &str = "https://iam.developer.honor.com/auth/token";
const PUSH_BASE_URL: &str = "https://push-api.cloud.honor.com";
/// The second of each is the name of the years before 2024.
const AUTH_HOSTS: &[&str] = &["iam.developer.honor.com", "iam.developer.hihonor.com"];
const PUSH_HOSTS: &[&str] = &["push-api.cloud.honor.com", "push-api.cloud.hihonor.com"];

/// Maximum tokens that a request may be configured to carry: as many as Huawei's, which Honor's interface resembles.
pub(super) const MAX_TOKENS: usize = 1000;
/// Honor publishes neither of these two.
const USUAL_TOKENS: usize = 500;
const USUAL_BYTES: usize = 4096;

const IMPORTANCES: &[&str] = &["LOW", "NORMAL"];

/// What a result code can mean, as an operator may say it.
const MEANINGS: [(&str, Verdict); 6] = [
    ("invalid_token", Verdict::Unregistered { certain: false }),
    ("expired", Verdict::Expired),
    ("credential", Verdict::Credential),
    ("rate_limited", FLOW),
    ("unavailable", Verdict::Unavailable),
    ("rejected", Verdict::Rejected),
];

/// The options that [`Options::read`] knows.
const OPTIONS: &[&str] = &["importance", "click_action", "badge_class", "target_user_type", "result_codes"];

/// The rules of Honor.
#[derive(Debug, Clone, Copy)]
pub struct HonorRules;

impl VendorRules for HonorRules {
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
        &["service_right_granted"]
    }

    fn preflight(
        &self,
        facts: &Map<String, Value>,
        _options: &Map<String, Value>,
        class: SemanticClass,
    ) -> Result<Vec<Invalid>, Invalid> {
        Ok(class::preflight(&Account::of_facts(facts)?, class))
    }
}

// ----- the credential -----

/// An app's OAuth client.
#[derive(Clone, Copy)]
pub(super) struct Account<'a> {
    pub(super) app_id: &'a str,
    pub(super) client_id: &'a str,
    pub(super) client_secret: &'a str,
    package_name: Option<&'a str>,
    pub(super) badge_class: Option<&'a str>,
    /// whether Honor granted the right to service and communication messages
    pub(super) service_right_granted: bool,
    pub(super) auth_url: &'a str,
    push_base_url: &'a str,
    /// the most tokens of one request
    pub(super) max_tokens: usize,
    /// the most bytes of a request without its tokens
    pub(super) max_bytes: usize,
}

impl<'a> Account<'a> {
    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            app_id: MASK,
            client_id: MASK,
            client_secret: MASK,
            package_name: None,
            badge_class: Some(MASK),
            service_right_granted: true,
            auth_url: AUTH_URL,
            push_base_url: PUSH_BASE_URL,
            max_tokens: USUAL_TOKENS,
            max_bytes: USUAL_BYTES,
        }
    }

    /// One of which nothing is known but what the preflight reads.
    fn of_facts(facts: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", facts);
        let service_right_granted = fields.flag("service_right_granted")?.unwrap_or(true);
        Ok(Self { service_right_granted, ..Self::unknown() })
    }

    pub(super) fn read(record: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("credential", record);
        let app_id = fields.required("app_id", Shape::DIGITS)?;
        let client_id = fields.required("client_id", Shape::VISIBLE)?;
        if client_id == app_id {
            return Err(
                fields.invalid("client_id", "must be the Client ID of the push service, which is not the App ID")
            );
        }
        let most = |name, range, usual| -> Result<usize, Invalid> {
            Ok(fields.integer(name, range)?.and_then(|most| usize::try_from(most).ok()).unwrap_or(usual))
        };
        Ok(Self {
            app_id,
            client_id,
            client_secret: fields.required("client_secret", Shape::VISIBLE)?,
            package_name: fields.formed("package_name", Shape::JAVA_NAME)?,
            badge_class: fields.formed("badge_class", Shape::JAVA_NAME)?,
            service_right_granted: fields.flag("service_right_granted")?.unwrap_or(true),
            auth_url: fields.address("auth_url", AUTH_HOSTS)?.unwrap_or(AUTH_URL),
            push_base_url: fields.address("push_base_url", PUSH_HOSTS)?.unwrap_or(PUSH_BASE_URL).trim_end_matches('/'),
            max_tokens: most("max_tokens_per_request", 1..=1000, USUAL_TOKENS)?,
            max_bytes: most("max_body_bytes", 1024..=65_536, USUAL_BYTES)?,
        })
    }

    /// Where messages of the app go.
    pub(super) fn send_url(&self) -> String {
        format!("{}/api/v1/{}/sendMessage", self.push_base_url, self.app_id)
    }

    fn record(&self) -> Value {
        record([
            ("app_id", Some(self.app_id.into())),
            ("client_id", Some(self.client_id.into())),
            ("client_secret", Some(self.client_secret.into())),
            ("package_name", self.package_name.map(Value::from)),
            ("badge_class", self.badge_class.map(Value::from)),
            ("service_right_granted", Some(json!(self.service_right_granted))),
            ("auth_url", Some(self.auth_url.into())),
            ("push_base_url", Some(self.push_base_url.into())),
            ("max_tokens_per_request", Some(json!(self.max_tokens))),
            ("max_body_bytes", Some(json!(self.max_bytes))),
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
    pub(super) importance: Option<&'static str>,
    pub(super) click_action: Option<Click<'a>>,
    pub(super) badge_class: Option<&'a str>,
    pub(super) target_user_type: Option<i64>,
    /// codes that mean something else than our table says
    pub(super) corrections: Corrections<'a>,
}

impl<'a> Options<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("options", options);
        Ok(Self {
            importance: fields.one_of("importance", IMPORTANCES)?,
            click_action: Click::read(&fields, "click_action")?,
            badge_class: fields.formed("badge_class", Shape::JAVA_NAME)?,
            target_user_type: fields.integer("target_user_type", 0..=1)?,
            corrections: fields
                .object("result_codes")?
                .map(|codes| corrections(&codes))
                .transpose()?
                .unwrap_or_default(),
        })
    }
}

/// Codes with what they mean, in words.
fn corrections<'a>(codes: &Fields<'a>) -> Result<Corrections<'a>, Invalid> {
    let words = MEANINGS.map(|(word, _)| word);
    let verdict = |word| MEANINGS.into_iter().find(|(known, _)| *known == word).map(|(_, verdict)| verdict);
    let mut corrections = Corrections::new();
    for code in codes.names() {
        if let Some(verdict) = codes.one_of(code, &words)?.and_then(verdict) {
            corrections.push((code, verdict));
        }
    }
    Ok(corrections)
}

/// What a single message may set, under `em_android_push_ext`; it beats the notifier's defaults.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageOptions<'a> {
    pub(super) importance: Option<&'static str>,
    pub(super) click_action: Option<Click<'a>>,
    pub(super) target_user_type: Option<i64>,
}

impl<'a> MessageOptions<'a> {
    pub(super) fn read(options: &'a Map<String, Value>) -> Result<Self, Invalid> {
        let fields = Fields::new("em_android_push_ext", options);
        Ok(Self {
            importance: fields.one_of("honor_importance", IMPORTANCES)?,
            click_action: Click::read(&fields, "honor_click_action")?,
            target_user_type: fields.integer("honor_target_user_type", 0..=1)?,
        })
    }
}
