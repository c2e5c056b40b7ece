//! Routes of push mode and do-not-disturb, for the whole app or for one conversation. For the whole app the key is the
//! user.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde_json::json;
use shared::{
    domain::{
        id::{GroupId, UserId},
        invalid::Invalid,
        profile::{Conversation, Disturbance, MAX_CONVERSATIONS, MAX_IGNORE_MILLIS, PushMode},
        quiet::DailyWindow,
        time::Timestamp,
    },
    lambda::{
        access::{Caller, PathUser, path_param},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        reader::Reader,
    },
    ports::users::ConversationSetting,
};

use crate::{
    ConfigureUser,
    change::{in_force, names_one, whole_number},
};

const DURATION: &str = "ignoreDuration";
const NAMES: [&str; 3] = ["type", "ignoreInterval", DURATION];

/// The scope of a setting.
pub enum Level {
    /// the whole app
    App,
    /// one conversation
    Conversation(Conversation),
}

impl<S: Send + Sync> FromRequestParts<S> for Level {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let PathUser(user) = PathUser::from_request_parts(parts, state).await?;
        let (kind, key) = (path_param(parts, state, "chattype").await?, path_param(parts, state, "key").await?);
        match kind.as_str() {
            "user" => {
                let peer = UserId::parse_as("key", &key)?;
                Ok(if peer == user { Self::App } else { Self::Conversation(Conversation::User(peer)) })
            }
            "chatgroup" => Ok(Self::Conversation(Conversation::Group(GroupId::parse_as("key", &key)?))),
            _ => Err(Invalid::new("chattype", "must be one of: user, chatgroup").into()),
        }
    }
}

impl Level {
    fn shown(&self, set: &Disturbance, now: Timestamp) -> ApiReply {
        let unset = match self {
            Self::App => "ALL",
            Self::Conversation(_) => "DEFAULT",
        };
        ApiReply::data(json!({
            "type": set.mode.map_or(unset, PushMode::name),
            "ignoreInterval": set.interval.map(|interval| interval.to_string()).unwrap_or_default(),
            "ignoreDuration": set.ignore_until.filter(|until| now < *until).map_or(0, Timestamp::as_millis),
        }))
    }
}

/// The change in a request. Fields that the request omits stay as they are.
struct Change {
    mode: Option<Option<PushMode>>,
    interval: Option<Option<DailyWindow>>,
    ignore: Option<Duration>,
}

impl Change {
    fn read(fields: &Fields, level: &Level) -> Result<Self, Invalid> {
        names_one(fields, &NAMES)?;
        let interval = match level {
            Level::App => fields.optional_text("ignoreInterval")?.map(DailyWindow::parse).transpose()?,
            Level::Conversation(_) => None,
        };
        Ok(Self {
            mode: fields.optional_text("type")?.map(mode).transpose()?,
            interval,
            ignore: fields.value(DURATION).map(|value| duration(whole_number(value))).transpose()?,
        })
    }

    fn apply(&self, set: &mut Disturbance, now: Timestamp) {
        if let Some(mode) = self.mode {
            set.mode = mode;
        }
        if let Some(interval) = self.interval {
            set.interval = interval;
        }
        if let Some(ignore) = self.ignore {
            set.ignore_until = (!ignore.is_zero()).then(|| now.plus(ignore));
        }
    }
}

/// Parses a mode by the API's name. `DEFAULT` removes the setting: a conversation then follows the whole app, and the
/// whole app uses `ALL`.
fn mode(text: &str) -> Result<Option<PushMode>, Invalid> {
    match PushMode::parse(text) {
        None if text == "DEFAULT" => Ok(None),
        None => Err(Invalid::new("type", "must be one of: ALL, AT, NONE, DEFAULT")),
        mode => Ok(mode),
    }
}

fn duration(millis: Option<u64>) -> Result<Duration, Invalid> {
    let allowed = millis.filter(|millis| *millis <= MAX_IGNORE_MILLIS);
    let refused = || Invalid::new(DURATION, format!("must be 0 to {MAX_IGNORE_MILLIS}"));
    allowed.map(Duration::from_millis).ok_or_else(refused)
}

/// Shows a setting (`GET /{org}/{app}/users/{username}/notification/{chattype}/{key}`).
pub async fn show(
    State(state): State<Arc<ConfigureUser>>,
    reader: Reader,
    PathUser(user): PathUser,
    level: Level,
) -> ApiResult {
    reader.may_read_of(&user, &*state.visible_since).await?;
    let config = state.advanced_config(reader.config()).await?;
    let app = reader.app();
    let set = match &level {
        Level::App => in_force(state.profiles.profile(app, &user).await?, &config).app,
        Level::Conversation(conversation) => {
            state.profiles.conversation(app, &user, conversation, config.app.advanced_era).await?
        }
    };
    Ok(level.shown(&set, state.clock.now()))
}

/// Changes a setting (`PUT /{org}/{app}/users/{username}/notification/{chattype}/{key}`).
pub async fn change(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
    level: Level,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let config = state.advanced_config(&caller.config).await?;
    let change = Change::read(&Fields::parse(&body)?, &level)?;
    let (app, now) = (caller.app(), state.clock.now());
    let set = match &level {
        Level::App => {
            let changed = state
                .change_profile(app, &user, |profile| {
                    change.apply(&mut state.advanced(profile, &config)?.app, now);
                    Ok(())
                })
                .await?;
            changed.advanced.app
        }
        Level::Conversation(conversation) => {
            // The profile stores first that such settings exist. Otherwise no decision reads them.
            state
                .change_profile(app, &user, |profile| {
                    state.advanced(profile, &config)?.conversations = true;
                    Ok(())
                })
                .await?;
            let era = config.app.advanced_era;
            let mut set = state.profiles.conversation(app, &user, conversation, era).await?;
            change.apply(&mut set, now);
            let setting = ConversationSetting { conversation, era, disturbance: set, at: now };
            if !state.profiles.set_conversation(app, &user, &setting, MAX_CONVERSATIONS).await? {
                let rule =
                    format!("must not be new: a user has settings for at most {MAX_CONVERSATIONS} conversations");
                return Err(Invalid::new("key", rule).into());
            }
            set
        }
    };
    Ok(level.shown(&set, now))
}
