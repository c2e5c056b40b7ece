//! Apps: created, shown and removed by the operator; their settings, which the app's own server may change.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};
use shared::{
    crypto::encoding::{base64url, hex, sha256_hex},
    domain::{
        app::{App, MultiDevicePolicy, Settings},
        id::AppKey,
        invalid::Invalid,
    },
    lambda::{
        access::{Caller, PathApp},
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply},
        token::SigningKey,
    },
    ports::error::StoreError,
};

use crate::{ManageApp, operator::Operator};

/// `POST /management/apps`
pub async fn create(_: Operator, State(parts): State<Arc<ManageApp>>, RawBody(body): RawBody) -> Answer {
    let fields = Fields::parse(&body)?;
    let key = AppKey::new(fields.text("org")?, fields.text("app")?)?;
    if key.org() == "management" {
        return Err(Invalid::new("org", "must not be management, which the operator's routes begin with").into());
    }
    let settings = match fields.optional_object("settings")? {
        Some(settings) => read_settings(&Fields::of(settings.clone()), Settings::default())
            .map_err(|invalid| invalid.within("settings"))?,
        None => Settings::default(),
    };
    let secret = base64url(&[parts.entropy.bits().to_be_bytes(), parts.entropy.bits().to_be_bytes()].concat());
    let app = new_app(&parts, key, settings, &secret).await?;
    match parts.apps.create_app(&app).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => {
            return Err(ApiError::conflict(format!("the app {} exists, or existed", app.key)));
        }
        Err(error) => return Err(error.into()),
    }
    parts.configs.forget(&app.key);
    let mut shown = show_app(&app);
    shown.insert("client_secret".into(), json!(secret));
    Ok(Reply::object(shown).created())
}

/// `GET /management/apps/{org}/{app}`
pub async fn show(_: Operator, State(parts): State<Arc<ManageApp>>, PathApp(key): PathApp) -> Answer {
    Ok(Reply::object(show_app(&parts.app(&key).await?)))
}

/// `DELETE /management/apps/{org}/{app}`
pub async fn delete(_: Operator, State(parts): State<Arc<ManageApp>>, PathApp(key): PathApp) -> Answer {
    let existed = parts.apps.delete_app(&key).await?;
    parts.configs.forget(&key);
    if existed {
        Ok(Reply::data(json!({"org": key.org(), "app": key.app(), "deleted": true})))
    } else {
        Err(ApiError::app_not_found(key.org(), key.app()))
    }
}

/// `GET /{org}/{app}/push/settings`
pub async fn settings(State(parts): State<Arc<ManageApp>>, caller: Caller) -> Answer {
    caller.must_be_app()?;
    Ok(show_settings(&parts.app(caller.app()).await?.settings))
}

/// `PUT /{org}/{app}/push/settings`: what is not named stays as it is; a value that breaks a rule changes nothing.
pub async fn change_settings(State(parts): State<Arc<ManageApp>>, caller: Caller, RawBody(body): RawBody) -> Answer {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let mut app = parts.app(caller.app()).await?;
    let changed = read_settings(&fields, app.settings.clone())?;
    let seen = std::mem::replace(&mut app.settings, changed);
    match parts.apps.change_settings(&app, &seen).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => return Err(ApiError::conflict("the settings were changed at the same time")),
        Err(error) => return Err(error.into()),
    }
    parts.configs.forget(&app.key);
    Ok(show_settings(&app.settings))
}

impl ManageApp {
    async fn app(&self, key: &AppKey) -> Result<App, ApiError> {
        let config = self.apps.app(key).await?;
        config.map(|config| config.app).ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))
    }
}

async fn new_app(parts: &ManageApp, key: AppKey, settings: Settings, secret: &str) -> Result<App, ApiError> {
    let key_id = hex(&parts.entropy.bits().to_be_bytes());
    let stack_secret = parts.signing_secret.secret().await?;
    let signing = SigningKey::derive(&stack_secret, &key, &key_id)
        .ok_or_else(|| StoreError::Corrupt("no signing key follows from the stack's secret".into()))?;
    Ok(App {
        key,
        client_id: hex(&parts.entropy.bits().to_be_bytes()),
        client_secret_sha256: sha256_hex(secret.as_bytes()),
        token_key_id: key_id,
        token_public_key: signing.public_key(),
        settings,
        advanced_era: 0,
        created_at: parts.clock.now(),
    })
}

/// Reads settings; what is not named stays as it is.
fn read_settings(fields: &Fields, mut settings: Settings) -> Result<Settings, Invalid> {
    if let Some(policy) = fields.optional_text("multi_device_policy")? {
        settings.multi_device_policy = match policy {
            "all_offline" => MultiDevicePolicy::AllOffline,
            "any_offline" => MultiDevicePolicy::AnyOffline,
            _ => return Err(Invalid::new("multi_device_policy", "must be one of: all_offline, any_offline")),
        };
    }
    if let Some(most) = fields.optional_integer("max_bindings")? {
        settings.max_bindings = u16::try_from(most).unwrap_or(0);
    }
    if let Some(seconds) = fields.optional_integer("presence_lease_seconds")? {
        settings.presence_lease_seconds = u32::try_from(seconds).unwrap_or(0);
    }
    settings.check()
}

fn show_settings(settings: &Settings) -> Reply {
    match json!(settings) {
        Value::Object(map) => Reply::object(map),
        _ => Reply::object(Map::new()),
    }
}

fn show_app(app: &App) -> Map<String, Value> {
    let shown = json!({
        "org": app.key.org(),
        "app": app.key.app(),
        "client_id": app.client_id,
        "settings": app.settings,
        "createdAt": app.created_at,
    });
    match shown {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
