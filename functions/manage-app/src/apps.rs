//! Routes by which the operator creates, shows and deletes apps.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::{Map, Value, json};
use shared::{
    crypto::encoding::{hex, sha256_hex},
    domain::{
        app::{App, Settings},
        id::AppKey,
        invalid::Invalid,
    },
    lambda::{
        access::PathApp,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
    ports::{
        apps::{AppConfig, HeldName},
        erase_queue::{EraseApp, EraseProgress, EraseRecord},
        error::StoreError,
    },
};

use crate::{
    ManageApp,
    callback_setting::{AskedCallback, shown_settings},
    operator::Operator,
    settings,
};

/// Names that no org may have, because routes outside any app begin with them.
pub const RESERVED_ORGS: [&str; 3] = ["console", "management", "push"];

/// Creates an app (`POST /management/apps`).
pub async fn create(_: Operator, State(state): State<Arc<ManageApp>>, RawBody(body): RawBody) -> ApiResult {
    let fields = Fields::parse(&body)?;
    let key = AppKey::new(fields.text("org")?, fields.text("app")?)?;
    if RESERVED_ORGS.contains(&key.org()) {
        let rule = format!("must not be one of: {}; other routes begin with these", RESERVED_ORGS.join(", "));
        return Err(Invalid::new("org", rule).into());
    }
    let mut settings = Settings::default();
    if let Some(asked) = fields.optional_object("settings")? {
        let asked = Fields::of(asked.clone());
        let within = |invalid: Invalid| invalid.within("settings");
        let callback = AskedCallback::read(&asked, state.url_guard).map_err(within)?;
        settings = settings::read(&asked, settings).map_err(within)?;
        state.set_callback(&key, &mut settings, callback).await?;
    }
    let secret = state.new_client_secret();
    let app = new_app(&state, key, settings, &secret).await?;
    match state.apps.create_app(&app).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => {
            return Err(ApiError::conflict(state.why_taken(&app.key).await?));
        }
        Err(error) => return Err(error.into()),
    }
    state.configs.forget(&app.key);
    let mut shown = show_app(&app);
    shown.insert("client_secret".into(), json!(secret));
    Ok(ApiReply::object(shown).created())
}

/// Shows an app (`GET /management/apps/{org}/{app}`).
pub async fn show(_: Operator, State(state): State<Arc<ManageApp>>, PathApp(key): PathApp) -> ApiResult {
    match state.config(&key).await {
        Ok(config) => Ok(ApiReply::object(show_app(&config.app))),
        Err(unknown) => match state.apps.held_name(&key).await? {
            Some(HeldName::Deleting(since)) => Ok(ApiReply::fields([
                ("org", json!(key.org())),
                ("app", json!(key.app())),
                ("state", json!("deleting")),
                ("deletingSince", json!(since)),
            ])),
            Some(HeldName::Buried) | None => Err(unknown),
        },
    }
}

/// Deletes an app (`DELETE /management/apps/{org}/{app}`). The app does not exist from then on. erase-data deletes its
/// users' data later. A repeated call is safe: it queues the erasure of an interrupted call again.
pub async fn delete(_: Operator, State(state): State<Arc<ManageApp>>, PathApp(key): PathApp) -> ApiResult {
    let since = state.apps.delete_app(&key, state.clock.now()).await?;
    state.configs.forget(&key);
    let since = since.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))?;
    let job = EraseApp { app: key.clone(), at: since, progress: EraseProgress::default() };
    state.erasures.queue_erase(&EraseRecord::App1(job), Duration::ZERO).await?;
    Ok(ApiReply::data(
        json!({"org": key.org(), "app": key.app(), "deleted": true, "state": "deleting", "deletingSince": since}),
    ))
}

impl ManageApp {
    /// Returns why an app cannot be created under this name.
    async fn why_taken(&self, key: &AppKey) -> Result<String, ApiError> {
        Ok(match self.apps.held_name(key).await? {
            Some(HeldName::Deleting(_)) => {
                format!("the app {key} is being deleted; its name is free once GET answers 404 for it")
            }
            Some(HeldName::Buried) => {
                format!(
                    "the app {key} was deleted, and data of its users may be left: delete it again to free its name"
                )
            }
            None => format!("the app {key} exists"),
        })
    }

    /// Returns the stored app with everything configured for it, without the cache.
    pub async fn config(&self, key: &AppKey) -> Result<AppConfig, ApiError> {
        self.apps.app(key).await?.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))
    }
}

async fn new_app(state: &ManageApp, key: AppKey, settings: Settings, secret: &str) -> Result<App, ApiError> {
    Ok(App {
        client_id: hex(&state.entropy.bits().to_be_bytes()),
        client_secret_sha256: sha256_hex(secret.as_bytes()),
        previous_secrets: Vec::new(),
        token_key: state.new_key(&key).await?,
        previous_token_key: None,
        key,
        settings,
        advanced_era: 0,
        support_era: 0,
        backfilled: true,
        has_connections: false,
        callback_off: None,
        created_at: state.clock.now(),
        version: 0,
    })
}

fn show_app(app: &App) -> Map<String, Value> {
    let shown = json!({
        "org": app.key.org(),
        "app": app.key.app(),
        "state": "active",
        "client_id": app.client_id,
        "settings": shown_settings(app),
        "createdAt": app.created_at,
    });
    match shown {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
