//! The setting `callback`: where an app's own server is told about pushes. Its secrets are stored as ciphertexts that
//! only `deliver-callback` may open.

use serde_json::{Map, Value};
use shared::{
    crypto::{
        encoding::{base64url, sha256_hex},
        webhook,
    },
    domain::{
        app::{App, Settings},
        callback::{Callback, EventKind},
        id::AppKey,
        invalid::Invalid,
        time::Timestamp,
        url_guard::UrlGuard,
    },
    lambda::{error::ApiError, fields::Fields},
    ports::cipher::{Purpose, callback_secrets},
};

use crate::ManageApp;

/// The name of the setting.
const CALLBACK: &str = "callback";

/// What a request says about the callback. It holds secrets, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) enum AskedCallback {
    /// nothing
    #[default]
    Nothing,
    /// `null`: no callback
    None,
    /// new values; what is absent stays
    Some { url: Option<String>, secret: Option<String>, previous_secret: AskedSecret, events: Option<Vec<String>> },
}

/// What a request says about the second secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) enum AskedSecret {
    /// nothing
    #[default]
    Nothing,
    /// `null`: it signs no more
    None,
    /// a new one
    Some(String),
}

impl AskedCallback {
    /// Reads what a request says. Every value is judged here, so that one invalid value refuses the whole request.
    pub(crate) fn read(fields: &Fields, guard: UrlGuard) -> Result<Self, Invalid> {
        match fields.raw(CALLBACK) {
            None => Ok(Self::Nothing),
            Some(Value::Null) => Ok(Self::None),
            Some(Value::Object(map)) => Self::read_object(map, guard).map_err(|invalid| invalid.within(CALLBACK)),
            Some(_) => Err(Invalid::new(CALLBACK, "must be an object or null")),
        }
    }

    fn read_object(map: &Map<String, Value>, guard: UrlGuard) -> Result<Self, Invalid> {
        let fields = Fields::of(map.clone());
        let url = fields.optional_text("url")?.map(|url| guard.judge(url)).transpose();
        let url = url.map_err(|refused| Invalid::new("url", refused))?.map(String::from);
        let secret = fields.optional_text("secret")?.map(|secret| checked("secret", secret)).transpose()?;
        let previous_secret = match fields.raw("previous_secret") {
            None => AskedSecret::Nothing,
            Some(Value::Null) => AskedSecret::None,
            Some(_) => AskedSecret::Some(checked("previous_secret", fields.text("previous_secret")?)?),
        };
        let events = match fields.raw("events") {
            None | Some(Value::Null) => None,
            Some(_) => Some(read_events(fields.list("events", 0, EventKind::ALL.len())?)?),
        };
        Ok(Self::Some { url, secret, previous_secret, events })
    }
}

fn checked(field: &str, secret: &str) -> Result<String, Invalid> {
    webhook::check(field, secret)?;
    Ok(secret.to_owned())
}

fn read_events(list: &[Value]) -> Result<Vec<String>, Invalid> {
    let known = |value: &Value| {
        let kind = EventKind::ALL.into_iter().find(|kind| value.as_str() == Some(kind.name()));
        kind.map(|kind| kind.name().to_owned()).ok_or_else(|| {
            let names = EventKind::ALL.map(EventKind::name).join(", ");
            Invalid::new("events", format!("must have entries of: {names}"))
        })
    };
    list.iter().map(known).collect()
}

impl ManageApp {
    /// Changes the callback of these settings as a request says. A callback that was switched off is on afterwards.
    pub(crate) async fn set_callback(
        &self,
        app: &AppKey,
        settings: &mut Settings,
        asked: AskedCallback,
    ) -> Result<(), ApiError> {
        let (url, secret, previous_secret, events) = match asked {
            AskedCallback::Nothing => return Ok(()),
            AskedCallback::None => {
                settings.callback = None;
                return Ok(());
            }
            AskedCallback::Some { url, secret, previous_secret, events } => (url, secret, previous_secret, events),
        };
        let before = settings.callback.take();
        let missing = |field: &str| ApiError::from(Invalid::new(format!("{CALLBACK}.{field}"), "is required"));
        let url = url.or_else(|| Some(before.as_ref()?.url.clone())).ok_or_else(|| missing("url"))?;
        // A new secret alone ends the one before; the app names both while its server changes over.
        let kept = before.as_ref().filter(|_| secret.is_none()).and_then(|before| before.previous_secret.clone());
        let previous_secret = match previous_secret {
            AskedSecret::Some(previous) => Some(self.seal_secret(app, &previous).await?),
            AskedSecret::None => None,
            AskedSecret::Nothing => kept,
        };
        let (secret, fingerprint) = match (secret, &before) {
            (Some(secret), _) => (self.seal_secret(app, &secret).await?, fingerprint(&secret)),
            (None, Some(before)) => (before.secret.clone(), before.fingerprint.clone()),
            (None, None) => return Err(missing("secret")),
        };
        let events = events.or_else(|| before.as_ref()?.events.clone());
        let set_at = later_than(before.as_ref(), self.clock.now());
        let unknown = before.map(|before| before.unknown).unwrap_or_default();
        settings.callback = Some(Callback { url, secret, previous_secret, events, fingerprint, set_at, unknown });
        Ok(())
    }

    async fn seal_secret(&self, app: &AppKey, secret: &str) -> Result<String, ApiError> {
        let sealed = self.cipher.encrypt(app, &callback_secrets()?, Purpose::Callback, secret.as_bytes()).await?;
        Ok(base64url(&sealed))
    }
}

fn fingerprint(secret: &str) -> String {
    sha256_hex(secret.as_bytes())[..16].to_owned()
}

/// Returns a time that differs from that of the setting before, because a note that it is off names its time.
fn later_than(before: Option<&Callback>, now: Timestamp) -> Timestamp {
    let next = |before: &Callback| before.set_at.plus(std::time::Duration::from_millis(1));
    before.map_or(now, |before| now.max(next(before)))
}

/// Returns an app's settings as the API shows them. No secret is shown.
pub(crate) fn shown_settings(app: &App) -> Map<String, Value> {
    let mut shown = match serde_json::json!(app.settings) {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if let Some(callback) = &app.settings.callback {
        shown.insert(CALLBACK.to_owned(), callback.shown(app.callback_switched_off()));
    }
    shown
}
