//! Sample values for tests.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::domain::{
    app::{App, Settings, TokenKey},
    binding::{Binding, DeviceToken},
    id::{AppKey, DeviceId, GatewayId, NotifierName, SessionId, TemplateName, UserId},
    invalid::Invalid,
    message::{Content, MessageType},
    notifier::{Notifier, NotifierState},
    presence::{PresenceEvent, PresenceStatus},
    template::Template,
    time::Timestamp,
    vendor::Vendor,
};

/// Returns an app key from `org#app`.
pub fn app_key(text: &str) -> AppKey {
    valid(AppKey::parse(text))
}

/// Returns a user id.
pub fn user(text: &str) -> UserId {
    valid(UserId::parse(text))
}

/// Returns a device id.
pub fn device(text: &str) -> DeviceId {
    valid(DeviceId::parse(text))
}

/// Returns a gateway's id.
pub fn gateway(text: &str) -> GatewayId {
    valid(GatewayId::parse(text))
}

/// Returns a notifier's name.
pub fn notifier_name(text: &str) -> NotifierName {
    valid(NotifierName::parse(text))
}

/// Returns a device token.
pub fn token(text: &str) -> DeviceToken {
    valid(DeviceToken::parse(text))
}

/// Returns an app with default settings. Its keys are not usable.
pub fn app(key: &AppKey, created_at: Timestamp) -> App {
    App {
        key: key.clone(),
        client_id: "client-id".into(),
        client_secret_sha256: "0".repeat(64),
        previous_secrets: Vec::new(),
        token_key: TokenKey { id: "key-id".into(), public_key: "public-key".into() },
        previous_token_key: None,
        settings: Settings::default(),
        advanced_era: 0,
        support_era: 0,
        backfilled: true,
        has_connections: false,
        callback_off: None,
        created_at,
        version: 0,
    }
}

/// Returns an enabled notifier. Its credential is not a ciphertext.
pub fn notifier(name: &str, vendor: Vendor, at: Timestamp) -> Notifier {
    Notifier {
        name: notifier_name(name),
        vendor,
        state: NotifierState::Enabled,
        state_reason: None,
        state_since: at,
        options: Map::new(),
        credential: b"sealed".to_vec(),
        credential_expires_at: None,
        credential_facts: None,
        api: None,
        fingerprint: "0123456789abcdef".into(),
        receipt_secret: format!("{name} at {}", at.as_millis()),
        receipt_credential: None,
        created_at: at,
        updated_at: at,
    }
}

/// Returns a template with this title.
pub fn template(name: &str, title_pattern: &str, at: Timestamp) -> Template {
    Template {
        name: valid(TemplateName::parse(name)),
        title_pattern: title_pattern.into(),
        content_pattern: "{$msg}".into(),
        created_at: at,
        updated_at: at,
    }
}

/// Returns a binding.
pub fn binding(device_id: &str, notifier: &str, device_token: &str, bound_at: Timestamp) -> Binding {
    Binding { device_id: device(device_id), notifier: notifier_name(notifier), token: token(device_token), bound_at }
}

/// Returns a presence event.
pub fn event(user_id: &str, device_id: &str, session: &str, status: PresenceStatus, at: Timestamp) -> PresenceEvent {
    PresenceEvent {
        user: user(user_id),
        device_id: device(device_id),
        session: valid(SessionId::parse(session)),
        status,
        at,
        platform: None,
        gateway: None,
    }
}

/// Returns a text message that may be pushed for a day.
pub fn content(text: &str, accepted_at: Timestamp) -> Content {
    Content {
        from: user("sender"),
        group: None,
        kind: MessageType::Txt,
        body: object(json!({ "msg": text })),
        ext: Map::new(),
        online_only: false,
        instant: None,
        accepted_at,
        expires_at: accepted_at.plus(Duration::from_secs(86_400)),
    }
}

/// Returns the fields of a JSON object.
pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("a sample must be an object, not {other}"),
    }
}

fn valid<T>(parsed: Result<T, Invalid>) -> T {
    parsed.unwrap_or_else(|refused| panic!("a sample must be valid: {refused}"))
}
