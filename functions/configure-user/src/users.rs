//! Routes that show a user with the devices, and change how notifications show.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        binding::Binding,
        id::{GroupId, UserId},
        invalid::Invalid,
        profile::{Conversation, DisplayStyle, Disturbance, Nickname, Profile, PushMode},
        quiet::DailyWindow,
        time::Timestamp,
        visibility::Visibility,
        zone::TimeZone,
    },
    lambda::{
        access::{Caller, KnownUser, PathUser},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        reader::Reader,
        user_entity::user_entity,
    },
    ports::apps::AppConfig,
};

use crate::{
    ConfigureUser,
    change::{in_force, names_one, unless_empty, whole_number},
};

const NICKNAME: &str = "nickname";
const STYLE: &str = "notification_display_style";
const ZONE: &str = "time_zone";
/// The older form of the app's daily window, in hours. Source: Easemob, "offline push" of 2023.
const QUIET: &str = "notification_no_disturbing";
const QUIET_START: &str = "notification_no_disturbing_start";
const QUIET_END: &str = "notification_no_disturbing_end";

/// The prefix of the fields that say whether a group is muted.
const IGNORE: &str = "notification_ignore_";
/// Maximum groups read for one answer. The number of a user's groups has no limit.
const MAX_GROUPS: usize = 500;

/// Shows a user with the devices (`GET /{org}/{app}/users/{username}`).
pub async fn show(State(state): State<Arc<ConfigureUser>>, reader: Reader, KnownUser(user): KnownUser) -> ApiResult {
    let visibility = reader.may_read_of(&user, &*state.visible_since).await?;
    let facts = state.facts.facts(reader.app(), &user, &Conversation::User(user.clone())).await?;
    if !facts.known && !state.directory.is_listed(reader.app(), &user).await? {
        return Err(ApiError::user_not_found(&user));
    }
    let mut entity = entity(&user, facts.profile.clone(), reader.config());
    let advanced = in_force(Some(facts.profile), reader.config());
    if advanced.conversations {
        let app = reader.app();
        let groups = state.profiles.group_settings(app, &user, advanced.era, MAX_GROUPS).await?;
        entity.extend(groups.iter().filter_map(|(group, set)| ignored(group, set, state.clock.now())));
    }
    if !facts.bindings.is_empty() {
        entity.insert("pushInfo".into(), facts.bindings.iter().map(|binding| push_info(binding, visibility)).collect());
    }
    Ok(ApiReply::entities(vec![Value::Object(entity)]))
}

/// Changes nickname, display style and settings of a user (`PUT /{org}/{app}/users/{username}`).
pub async fn change(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let change = Change::read(&Fields::parse(&body)?)?;
    let config = match change.quiet {
        Some(_) => state.advanced_config(&caller.config).await?,
        None => caller.config.clone(),
    };
    let apply = |profile: &mut Profile| {
        if let Some(quiet) = change.quiet {
            state.advanced(profile, &config)?.app.interval = quiet;
        }
        change.apply(profile);
        Ok(())
    };
    let changed = state.change_profile(caller.app(), &user, apply).await?;
    Ok(ApiReply::entities(vec![Value::Object(entity(&user, changed, &config))]))
}

/// The change in a request. Fields that the request omits stay as they are.
struct Change {
    nickname: Option<Option<Nickname>>,
    style: Option<DisplayStyle>,
    zone: Option<Option<TimeZone>>,
    quiet: Option<Option<DailyWindow>>,
}

impl Change {
    fn read(fields: &Fields) -> Result<Self, Invalid> {
        names_one(fields, &[NICKNAME, STYLE, ZONE, QUIET])?;
        let nickname = |text| unless_empty(text, |text| Nickname::parse_as(NICKNAME, text));
        let zone = |text| unless_empty(text, TimeZone::parse);
        let quiet = |on| if on { read_quiet(fields).map(Some) } else { Ok(None) };
        Ok(Self {
            nickname: fields.optional_text(NICKNAME)?.map(nickname).transpose()?,
            style: fields.value(STYLE).map(read_style).transpose()?,
            zone: fields.optional_text(ZONE)?.map(zone).transpose()?,
            quiet: fields.optional_flag(QUIET)?.map(quiet).transpose()?,
        })
    }

    fn apply(&self, profile: &mut Profile) {
        if let Some(nickname) = &self.nickname {
            profile.nickname.clone_from(nickname);
        }
        if let Some(style) = self.style {
            profile.style = style;
        }
        if let Some(zone) = &self.zone {
            profile.zone.clone_from(zone);
        }
    }
}

fn read_style(value: &Value) -> Result<DisplayStyle, Invalid> {
    [DisplayStyle::Simple, DisplayStyle::Summary]
        .into_iter()
        .find(|style| whole_number(value) == Some(style.number().into()))
        .ok_or_else(|| Invalid::new(STYLE, "must be 0 or 1"))
}

fn read_quiet(fields: &Fields) -> Result<DailyWindow, Invalid> {
    let hour = |name: &str| {
        let value = fields.value(name).ok_or_else(|| Invalid::new(name, "is required"))?;
        let hour = whole_number(value).and_then(|number| u8::try_from(number).ok()).filter(|hour| *hour < 24);
        hour.ok_or_else(|| Invalid::new(name, "must be 0 to 23"))
    };
    Ok(DailyWindow::of_hours(hour(QUIET_START)?, hour(QUIET_END)?))
}

/// Returns the user as the API shows one. Fields without a value are omitted.
fn entity(user: &UserId, profile: Profile, config: &AppConfig) -> Map<String, Value> {
    let mut entity = user_entity(user, &profile);
    entity.insert(STYLE.into(), json!(profile.style.number()));
    if let Some(zone) = &profile.zone {
        entity.insert(ZONE.into(), json!(zone));
    }
    if let Some((start, end)) = in_force(Some(profile), config).app.interval.and_then(DailyWindow::hours) {
        entity.insert(QUIET.into(), json!(true));
        entity.insert(QUIET_START.into(), json!(start.to_string()));
        entity.insert(QUIET_END.into(), json!(end.to_string()));
    }
    entity
}

/// Returns whether the user muted a group, or `None` if the setting for the whole app applies.
fn ignored(group: &GroupId, set: &Disturbance, now: Timestamp) -> Option<(String, Value)> {
    let silent = set.ignore_until.is_some_and(|until| now < until);
    let ignored = match set.mode {
        Some(PushMode::None) => true,
        Some(PushMode::All | PushMode::At) => silent,
        None if silent => true,
        None => return None,
    };
    Some((format!("{IGNORE}{group}"), json!(ignored)))
}

/// Returns a binding in the form of a user's details.
fn push_info(binding: &Binding, visibility: Visibility) -> Value {
    json!({
        "device_Id": binding.device_id,
        "device_token": visibility.device_token(binding.token.expose()),
        "notifier_name": binding.notifier,
    })
}
