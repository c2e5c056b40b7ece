//! Creation of users, one or many in a call. A password is taken and thrown away: the app's server gets the users' tokens.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::HeaderMap};
use futures::{StreamExt, TryStreamExt, stream};
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
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply},
        once::{Attempt, once},
        user_entity::user_entity,
    },
    ports::error::StoreError,
};

use crate::{ConfigureUser, change::unless_empty};

/// The most users of one call. Source: Easemob, "register multiple users".
pub const MAX_NEW_USERS: usize = 60;
/// How many users are created at once.
const PARALLEL_CREATIONS: usize = 16;

/// A user to be created.
struct NewUser {
    user: UserId,
    nickname: Option<Nickname>,
}

/// What a call creates.
enum Creation {
    /// one user, who must not exist
    One(NewUser),
    /// many; who exists already is told of
    Many(Vec<NewUser>),
}

/// `POST /{org}/{app}/users`
pub async fn create(
    State(parts): State<Arc<ConfigureUser>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let creation = Creation::read(&body)?;
    once(
        &*parts.claims,
        (&*parts.clock, &*parts.entropy),
        &caller.config.app,
        "users",
        &headers,
        &body,
        |attempt| async move {
            match creation {
                Creation::One(new) => {
                    let created = parts.create_user(app, &new, &attempt).await?;
                    Ok(Reply::entities(vec![created.ok_or_else(|| ApiError::user_exists(app, &new.user))?]))
                }
                Creation::Many(users) => parts.create_users(app, users, &attempt).await,
            }
        },
    )
    .await
}

impl Creation {
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
            |_| Invalid::new("username", "is not legal, it must be 1 to 64 characters of a-z, 0-9, _, - and .");
        let user = UserId::parse(fields.text("username")?).map_err(illegal)?;
        fields.optional_text("password")?;
        let nickname = fields.optional_text("nickname")?.unwrap_or_default();
        let nickname = unless_empty(nickname, |text| Nickname::parse_as("nickname", text))?;
        Ok(Self { user, nickname })
    }
}

impl ConfigureUser {
    /// Creates a user and shows the user; `None` if the name is taken.
    async fn create_user(&self, app: &AppKey, new: &NewUser, attempt: &Attempt) -> Result<Option<Value>, StoreError> {
        let account = Some(self.account(app, &new.user, attempt));
        let profile = Profile { nickname: new.nickname.clone(), account, ..Profile::default() };
        match self.new_users.create_user(app, &new.user, &profile).await {
            Ok(()) => Ok(Some(Value::Object(user_entity(&new.user, &profile)))),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates each user whose name is free. Of a user who is named twice the first counts.
    async fn create_users(&self, app: &AppKey, users: Vec<NewUser>, attempt: &Attempt) -> Answer {
        let mut named = BTreeSet::new();
        let (first, repeated): (Vec<_>, Vec<_>) = users.into_iter().partition(|new| named.insert(new.user.clone()));
        let created: Vec<(UserId, Option<Value>)> = stream::iter(first)
            .map(|new| async move {
                let shown = self.create_user(app, &new, attempt).await?;
                Ok::<_, StoreError>((new.user, shown))
            })
            .buffered(PARALLEL_CREATIONS)
            .try_collect()
            .await?;
        let (mut entities, mut failed) = (Vec::new(), Vec::new());
        for (user, shown) in created {
            match shown {
                Some(entity) => entities.push(entity),
                None => failed.push(already_exists(&user)),
            }
        }
        failed.extend(repeated.iter().map(|new| already_exists(&new.user)));
        Ok(Reply::fields([("entities", json!(entities)), ("data", json!(failed))]))
    }

    /// The account of a new user. Under an idempotency key it follows from the key, so that a repeat finds its own.
    fn account(&self, app: &AppKey, user: &UserId, attempt: &Attempt) -> Account {
        let bits = match &attempt.key {
            Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\n{user}\nnew user", attempt.since)),
            None => self.entropy.bits(),
        };
        Account::new(bits, attempt.since)
    }
}

fn already_exists(user: &UserId) -> Value {
    json!({"username": user, "registerUserFailReason": format!("the {user} already exists")})
}
