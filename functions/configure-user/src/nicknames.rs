//! Route that sets the push nicknames of many users.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use futures::future::try_join_all;
use serde_json::{Value, json};
use shared::{
    domain::{
        id::UserId,
        invalid::Invalid,
        profile::{MAX_NICKNAME_CHARS, Nickname, Profile},
    },
    lambda::{
        access::Caller,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
};

use crate::{ConfigureUser, change::unless_empty};

/// Maximum users of one call. Source: Easemob, "set the push nicknames of multiple users".
pub const MAX_NICKNAMES: usize = 50;

/// Sets the push nicknames of users (`PUT /{org}/{app}/push/nickname`). It changes all of them, or none if one is
/// invalid. Of a user named twice the last nickname counts.
pub async fn change(State(state): State<Arc<ConfigureUser>>, caller: Caller, RawBody(body): RawBody) -> ApiResult {
    caller.must_be_app()?;
    let nicknames = read(&body)?;
    let app = caller.app();
    let last: BTreeMap<&UserId, &Option<Nickname>> = nicknames.iter().map(|(user, name)| (user, name)).collect();
    let state = &*state;
    try_join_all(last.into_iter().map(|(user, nickname)| async move {
        let set = |profile: &mut Profile| {
            profile.nickname.clone_from(nickname);
            Ok(())
        };
        state.change_profile(app, user, set).await
    }))
    .await?;
    let entity = |(user, nickname): &(UserId, Option<Nickname>)| json!({"push_nickname": nickname.as_ref().map_or("", Nickname::as_str), "username": user});
    Ok(ApiReply::entities(nicknames.iter().map(entity).collect()))
}

fn read(body: &[u8]) -> Result<Vec<(UserId, Option<Nickname>)>, Invalid> {
    let refused = |text: &str| Invalid::verbatim("the request body", text);
    let listed = match serde_json::from_slice(body) {
        Ok(Value::Array(listed)) => listed,
        Ok(Value::Null) => Vec::new(),
        Ok(_) => return Err(Invalid::new("the request body", "must be a JSON array")),
        Err(_) if body.is_empty() => Vec::new(),
        Err(_) => return Err(Invalid::new("the request body", "is not valid JSON")),
    };
    if listed.is_empty() {
        return Err(refused("put user push nicknames illegal empty request body"));
    }
    if listed.len() > MAX_NICKNAMES {
        return Err(refused("put user push nicknames exceeds the limit"));
    }
    let entry = |(index, value)| {
        let place = format!("[{index}]");
        match value {
            Value::Object(map) => read_entry(&Fields::of(map)).map_err(|invalid| invalid.within(&place)),
            _ => Err(Invalid::new(place, "must be an object")),
        }
    };
    listed.into_iter().enumerate().map(entry).collect()
}

fn read_entry(fields: &Fields) -> Result<(UserId, Option<Nickname>), Invalid> {
    let user = UserId::parse(fields.text("username")?)?;
    let nickname = fields.text("push_nickname")?;
    if nickname.chars().count() > MAX_NICKNAME_CHARS {
        let text = format!("{user} push nickname length exceeds the limit");
        return Err(Invalid::verbatim("push_nickname", text));
    }
    let nickname = unless_empty(nickname, |text| Nickname::parse_as("push_nickname", text))?;
    Ok((user, nickname))
}
