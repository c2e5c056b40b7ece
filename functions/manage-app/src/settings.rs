//! Routes of an app's settings, which the app's server may change.

use std::sync::Arc;

use axum::extract::State;
use shared::{
    domain::{
        app::{App, Badge, MultiDevicePolicy, OnlineRecheck, Privacy, Settings},
        invalid::Invalid,
        zone::TimeZone,
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        reader::Reader,
    },
    ports::error::StoreError,
};

use crate::{
    ManageApp,
    callback_setting::{AskedCallback, shown_settings},
};

/// Shows the settings (`GET /{org}/{app}/push/settings`).
pub async fn show(State(state): State<Arc<ManageApp>>, reader: Reader) -> ApiResult {
    reader.may_read()?;
    Ok(shown(&state.config(reader.app()).await?.app))
}

/// Changes the settings that the body names (`PUT /{org}/{app}/push/settings`). One invalid value refuses the whole
/// request.
///
/// Switching advanced push off increments the era in the same write, which invalidates everything that users set. It
/// then deletes the templates. A repeated "off" deletes them again, which completes an interrupted call.
pub async fn change(State(state): State<Arc<ManageApp>>, caller: Caller, RawBody(body): RawBody) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let mut config = state.config(caller.app()).await?;
    let app = &mut config.app;
    let advanced_before = app.settings.advanced_push;
    let asked = AskedCallback::read(&fields, state.url_guard)?;
    app.settings = read(&fields, app.settings.clone())?;
    state.set_callback(&app.key, &mut app.settings, asked).await?;
    if advanced_before && !app.settings.advanced_push {
        app.advanced_era += 1;
    }
    match state.apps.change_app(app).await {
        Ok(()) => state.configs.forget(&app.key),
        Err(StoreError::Conflict) => return Err(ApiError::conflict("the settings were changed at the same time")),
        Err(error) => return Err(error.into()),
    }
    if !config.app.settings.advanced_push {
        state.delete_templates(&config).await?;
        state.configs.forget(&config.app.key);
    }
    Ok(shown(&config.app))
}

/// Reads settings. A setting that the body does not name keeps its value.
pub fn read(fields: &Fields, mut settings: Settings) -> Result<Settings, Invalid> {
    if let Some(on) = fields.optional_flag("advanced_push")? {
        settings.advanced_push = on;
    }
    if let Some(on) = fields.optional_flag("clear_when_read")? {
        settings.clear_when_read = on;
    }
    if let Some(policy) = fields.optional_text("multi_device_policy")? {
        settings.multi_device_policy = match policy {
            "all_offline" => MultiDevicePolicy::AllOffline,
            "any_offline" => MultiDevicePolicy::AnyOffline,
            _ => return Err(Invalid::new("multi_device_policy", "must be one of: all_offline, any_offline")),
        };
    }
    if let Some(zone) = fields.optional_text("time_zone")? {
        settings.time_zone = TimeZone::parse(zone)?;
    }
    if let Some(privacy) = fields.optional_text("privacy")? {
        settings.privacy = match privacy {
            "content" => Privacy::Content,
            "notice" => Privacy::Notice,
            _ => return Err(Invalid::new("privacy", "must be one of: content, notice")),
        };
    }
    if let Some(badge) = fields.optional_text("badge")? {
        settings.badge = match badge {
            "increment" => Badge::Increment,
            "off" => Badge::Off,
            _ => return Err(Invalid::new("badge", "must be one of: increment, off")),
        };
    }
    if let Some(recheck) = fields.optional_object("online_recheck")? {
        let read = read_recheck(&Fields::of(recheck.clone()), settings.online_recheck);
        settings.online_recheck = read.map_err(|invalid| invalid.within("online_recheck"))?;
    }
    let limits = [("max_bindings", &mut settings.max_bindings), ("max_devices", &mut settings.max_devices)];
    for (name, limit) in limits {
        if let Some(value) = fields.optional_integer(name)? {
            *limit = u16::try_from(value).unwrap_or(0);
        }
    }
    let numbers = [
        ("large_group_limit", &mut settings.large_group_limit),
        ("presence_lease_seconds", &mut settings.presence_lease_seconds),
        ("presence_heartbeat_seconds", &mut settings.presence_heartbeat_seconds),
        ("max_token_seconds", &mut settings.max_token_seconds),
        ("task_pushes_per_second", &mut settings.task_pushes_per_second),
    ];
    for (name, number) in numbers {
        if let Some(value) = fields.optional_integer(name)? {
            *number = to_be_checked(value);
        }
    }
    settings.check()
}

fn read_recheck(fields: &Fields, mut recheck: OnlineRecheck) -> Result<OnlineRecheck, Invalid> {
    if let Some(enabled) = fields.optional_flag("enabled")? {
        recheck.enabled = enabled;
    }
    if let Some(seconds) = fields.optional_integer("seconds")? {
        recheck.seconds = to_be_checked(seconds);
    }
    Ok(recheck)
}

/// Converts a number for the range check. A number that does not fit becomes 0, which every range refuses.
fn to_be_checked(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

fn shown(app: &App) -> ApiReply {
    ApiReply::object(shown_settings(app))
}
