//! Creates users, one or many in a call. A password is ignored: the app's server gets the users' tokens.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use axum::{extract::State, http::HeaderMap};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::{
    crypto::encoding::sha256_bits,
    domain::{
        account::Account,
        id::{AppKey, UserId},
        invalid::Invalid,
        profile::{Nickname, Profile},
    },
    lambda::{
        access::Caller,
        deadline::Deadline,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::{IdempotentRequest, RequestAttempt},
        user_entity::user_entity,
    },
    ports::error::StoreError,
};

use crate::{ConfigureUser, change::unless_empty};

/// Maximum users of one call. Source: Easemob, "register multiple users".
pub const MAX_NEW_USERS: usize = 60;
/// Users created at the same time.
const PARALLEL_CREATIONS: usize = 16;
/// Maximum duration of the creations of one call. Users not created by then count as failed, so that time is left to
/// answer.
pub const CREATION_TIME: Duration = Duration::from_secs(20);
/// The error of a user who was not created, and whom a repeated call creates.
const UNAVAILABLE: &str = "temporarily unavailable, try again";

/// A user to create.
struct NewUser {
    user: UserId,
    nickname: Option<Nickname>,
}

/// The users that a call creates.
enum Creation {
    /// one user, who must be new
    One(NewUser),
    /// many users; the answer names those who exist already
    Many(Vec<NewUser>),
}

/// Creates one user or many (`POST /{org}/{app}/users`).
pub async fn create(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let creation = Creation::read(&body)?;
    let deadline = Deadline::after(CREATION_TIME);
    let body = creation.without_passwords();
    let request = IdempotentRequest {
        claims: &*state.claims,
        clock: &*state.clock,
        entropy: &*state.entropy,
        app: &caller.config.app,
        route: "users",
        headers: &headers,
        body: body.as_bytes(),
    };
    let work = |attempt: RequestAttempt| async move {
        match creation {
            Creation::One(new) => {
                let created = deadline.wait(state.create_user(app, &new, &attempt)).await;
                let created = created.unwrap_or(Err(StoreError::Throttled))?;
                Ok(ApiReply::entities(vec![created.ok_or_else(|| ApiError::user_exists(app, &new.user))?]))
            }
            Creation::Many(users) => state.create_users(app, users, &attempt, deadline).await,
        }
    };
    request.run(work).await
}

impl Creation {
    /// Returns the text that distinguishes this creation from others. Its hash is stored, so it must not contain a
    /// password.
    fn without_passwords(&self) -> String {
        let named = |new: &NewUser| json!([new.user, new.nickname]);
        match self {
            Self::One(new) => named(new).to_string(),
            Self::Many(users) => json!({"users": users.iter().map(named).collect::<Vec<_>>()}).to_string(),
        }
    }

    fn read(body: &[u8]) -> Result<Self, Invalid> {
        match serde_json::from_slice(body) {
            Ok(Value::Array(listed)) => Self::read_many(listed).map(Self::Many),
            _ => NewUser::read(&Fields::parse(body)?).map(Self::One),
        }
    }

    fn read_many(listed: Vec<Value>) -> Result<Vec<NewUser>, Invalid> {
        let size = listed.len();
        if size == 0 {
            return Err(Invalid::new("the request body", format!("must have 1 to {MAX_NEW_USERS} users")));
        }
        if size > MAX_NEW_USERS {
            let range = format!("the upper range value[{MAX_NEW_USERS}]");
            let text = format!("Request body array size[{size}] had almost reached or been greater than {range}");
            return Err(Invalid::verbatim("the request body", text));
        }
        let user = |(index, value)| {
            let place = format!("[{index}]");
            match value {
                Value::Object(map) => NewUser::read(&Fields::of(map)).map_err(|invalid| invalid.within(&place)),
                _ => Err(Invalid::new(place, "must be an object")),
            }
        };
        listed.into_iter().enumerate().map(user).collect()
    }
}

impl NewUser {
    fn read(fields: &Fields) -> Result<Self, Invalid> {
        let illegal =
            || Invalid::new("username", "is not legal, it must be 1 to 64 characters of a-z, 0-9, _, - and .");
        let user = UserId::parse(fields.text("username")?).ok().filter(UserId::can_stand_in_a_path);
        let user = user.ok_or_else(illegal)?;
        fields.optional_text("password")?;
        let nickname = fields.optional_text("nickname")?.unwrap_or_default();
        let nickname = unless_empty(nickname, |text| Nickname::parse_as("nickname", text))?;
        Ok(Self { user, nickname })
    }
}

impl ConfigureUser {
    /// Creates a user and returns the user's entity, or `None` if the name is taken.
    async fn create_user(
        &self,
        app: &AppKey,
        new: &NewUser,
        attempt: &RequestAttempt,
    ) -> Result<Option<Value>, StoreError> {
        let account = Some(self.account(app, &new.user, attempt).await?);
        let profile = Profile { nickname: new.nickname.clone(), account, ..Profile::default() };
        match self.new_users.create_user(app, &new.user, &profile).await {
            Ok(()) => Ok(Some(Value::Object(user_entity(&new.user, &profile)))),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates each user whose name is free. Of a user named twice the first one counts. Without an idempotency key a
    /// failure concerns only its own user, if any other user was tried with success. Otherwise the whole call fails,
    /// and a repeat completes it.
    async fn create_users(
        &self,
        app: &AppKey,
        users: Vec<NewUser>,
        attempt: &RequestAttempt,
        deadline: Deadline,
    ) -> ApiResult {
        let mut named = BTreeSet::new();
        let (first, repeated): (Vec<_>, Vec<_>) = users.into_iter().partition(|new| named.insert(new.user.clone()));
        let tried: Vec<(UserId, Result<Option<Value>, StoreError>)> = stream::iter(first)
            .map(|new| async move {
                let created = deadline.wait(self.create_user(app, &new, attempt)).await;
                (new.user, created.unwrap_or(Err(StoreError::Throttled)))
            })
            .buffered(PARALLEL_CREATIONS)
            .collect()
            .await;
        let may_be_partial = attempt.key.is_none() && tried.iter().any(|(_, created)| created.is_ok());
        let (mut entities, mut failed) = (Vec::new(), Vec::new());
        for (user, created) in tried {
            match created {
                Ok(Some(entity)) => entities.push(entity),
                Ok(None) => failed.push(already_exists(&user)),
                Err(error) if may_be_partial => {
                    tracing::warn!(app = %app, error = error.chain(), "one of several users cannot be created");
                    failed.push(refused(&user, UNAVAILABLE));
                }
                Err(error) => return Err(error.into()),
            }
        }
        failed.extend(repeated.iter().map(|new| already_exists(&new.user)));
        Ok(ApiReply::fields([("entities", json!(entities)), ("data", json!(failed))]))
    }

    /// Returns the account of a new user. With an idempotency key it follows from the key, so that a repeat recognises
    /// its own account. After an erasure of the user it is another one.
    async fn account(&self, app: &AppKey, user: &UserId, attempt: &RequestAttempt) -> Result<Account, StoreError> {
        let Some(key) = &attempt.key else {
            return Ok(Account::new(self.entropy.bits(), attempt.since));
        };
        let erased = if attempt.abandoned { self.erasures.erased_at(app, user).await? } else { None };
        let since = erased.map_or(attempt.since, |erased| erased.plus(Duration::from_millis(1)).max(attempt.since));
        let bits = sha256_bits(&format!("{app}\n{key}\n{since}\n{user}\nnew user"));
        Ok(Account::new(bits, since))
    }
}

fn already_exists(user: &UserId) -> Value {
    refused(user, &format!("the {user} already exists"))
}

fn refused(user: &UserId, reason: &str) -> Value {
    json!({"username": user, "registerUserFailReason": reason})
}
