//! Notifiers as they are shown: without their credentials, with the address of their reports.

use serde_json::{Map, Value, json};
use shared::{
    domain::{id::AppKey, notifier::Notifier, time::Timestamp, visibility::Visibility},
    lambda::{
        address::{Address, PublicAddress},
        error::ApiError,
    },
    ports::{apps::NotifierHealth, vendor::Warning},
    vendors::receipt_url,
};

use crate::ManageApp;

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
        let seen = self.health.health(app, &notifier.name).await?;
        let mut health = json!({"state": notifier.state, "since": notifier.state_since});
        let optional = [
            ("reason", notifier.state_reason.clone().map(Value::from)),
            ("last_success", seen.last_success.map(|at| json!(at))),
            ("last_failure", seen.last_failure.map(|at| json!(at))),
            ("quota", used_up(&seen, notifier, self.clock.now())),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                health[name] = value;
            }
        }
        let mut shown = shown(notifier, address, visibility);
        shown.insert("health".into(), health);
        Ok(shown)
    }
}

/// The quotas that are used up now, by class.
fn used_up(health: &NotifierHealth, notifier: &Notifier, now: Timestamp) -> Option<Value> {
    let holding = health.quotas.iter().filter(|(_, quota)| quota.holds(&notifier.fingerprint, now));
    let shown: Map<String, Value> = holding
        .map(|(class, quota)| (class.name().to_owned(), json!({"code": quota.code, "until": quota.until})))
        .collect();
    (!shown.is_empty()).then_some(Value::Object(shown))
}

pub(crate) fn shown(notifier: &Notifier, Address(base): &Address, visibility: Visibility) -> Map<String, Value> {
    let mut shown = json!({
        "name": notifier.name,
        "vendor": notifier.vendor,
        "state": notifier.state,
        "options": notifier.options,
        "createdAt": notifier.created_at,
        "updatedAt": notifier.updated_at,
        "fingerprint": notifier.fingerprint,
    });
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

pub(crate) fn with(mut shown: Map<String, Value>, warnings: &[Warning]) -> Map<String, Value> {
    shown.insert("warnings".into(), json!(warnings));
    shown
}
