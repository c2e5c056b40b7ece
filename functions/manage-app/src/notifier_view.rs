//! JSON of notifiers as the API shows them: without credentials, with the address for reports.

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        credential_check::FailedChecks,
        id::{AppKey, NotifierName},
        notifier::Notifier,
        time::Timestamp,
        visibility::Visibility,
    },
    lambda::{
        address::{Address, PublicAddress},
        error::ApiError,
    },
    ports::apps::NotifierHealth,
};
use vendors::notifier::receipt_url;

use crate::{ManageApp, warnings::warnings};

impl PublicAddress for ManageApp {
    fn public_base_url(&self) -> Option<&str> {
        self.public_base_url.as_deref()
    }
}

impl ManageApp {
    pub(crate) async fn shown_with_health(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        address: &Address,
        visibility: Visibility,
    ) -> Result<Map<String, Value>, ApiError> {
        let seen = self.health_of(app, &notifier.name).await?;
        Ok(self.view(address, visibility).with_health(notifier, &seen))
    }

    pub(crate) fn view<'a>(&self, address: &'a Address, visibility: Visibility) -> View<'a> {
        View { address, visibility, now: self.clock.now() }
    }

    pub(crate) async fn health_of(&self, app: &AppKey, name: &NotifierName) -> Result<NotifierHealth, ApiError> {
        let mut found = self.health.health_of(app, std::slice::from_ref(name)).await?;
        Ok(found.pop().unwrap_or_default())
    }
}

/// Parameters of a response that shows notifiers.
pub(crate) struct View<'a> {
    address: &'a Address,
    visibility: Visibility,
    now: Timestamp,
}

impl View<'_> {
    /// Returns a notifier with its health and its warnings.
    pub(crate) fn with_health(&self, notifier: &Notifier, seen: &NotifierHealth) -> Map<String, Value> {
        let mut health = json!({"state": notifier.state, "since": notifier.state_since});
        let optional = [
            ("reason", notifier.state_reason.clone().map(Value::from)),
            ("last_success", seen.last_success.map(|at| json!(at))),
            ("last_failure", seen.last_failure.map(|at| json!(at))),
            ("check", seen.failed_checks_of(&notifier.fingerprint).map(failed_checks)),
            ("quota", used_up(seen, notifier, self.now)),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                health[name] = value;
            }
        }
        let mut shown = self.with_warnings(notifier, seen);
        shown.insert("health".into(), health);
        shown
    }

    /// Returns a notifier with its warnings.
    pub(crate) fn with_warnings(&self, notifier: &Notifier, seen: &NotifierHealth) -> Map<String, Value> {
        let mut shown = shown(notifier, self.address, self.visibility);
        shown.insert("warnings".into(), json!(warnings(&notifier.into(), seen, self.now)));
        shown
    }
}

/// Returns what the failed checks of the credential say.
fn failed_checks(failed: &FailedChecks) -> Value {
    let FailedChecks { refused, code, count, since, at, .. } = failed;
    json!({"refused": refused, "code": code, "failed": count, "since": since, "at": at})
}

/// Returns the quotas that are used up now, by message class.
fn used_up(health: &NotifierHealth, notifier: &Notifier, now: Timestamp) -> Option<Value> {
    let holding = health.quotas.iter().filter(|(_, quota)| quota.holds(&notifier.fingerprint, now));
    let shown: Map<String, Value> = holding
        .map(|(class, quota)| (class.name().to_owned(), json!({"code": quota.code, "until": quota.until})))
        .collect();
    (!shown.is_empty()).then_some(Value::Object(shown))
}

fn shown(notifier: &Notifier, Address(base): &Address, visibility: Visibility) -> Map<String, Value> {
    let mut shown = json!({
        "name": notifier.name,
        "vendor": notifier.vendor,
        "state": notifier.state,
        "options": notifier.options,
        "createdAt": notifier.created_at,
        "updatedAt": notifier.updated_at,
        "fingerprint": notifier.fingerprint,
    });
    if let Some(at) = notifier.credential_expires_at {
        shown["expires_at"] = json!(at);
    }
    if let Some(api) = &notifier.api {
        shown["api"] = json!(api);
    }
    if let Some(url) =
        receipt_url::of(base, notifier.vendor, &notifier.receipt_secret).and_then(|url| visibility.secret(url))
    {
        shown["receipt_url"] = json!(url);
    }
    match shown {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
