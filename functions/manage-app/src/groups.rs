//! Groups: what the IM server tells of them, so that a message to a group finds its members.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde_json::{Map, Value, json};
use shared::{
    crypto::encoding::{hex, sha256_bits},
    domain::{
        group::{Group, MAX_FIRST_MEMBERS, MAX_MEMBERS_AT_ONCE, MAX_NAME_CHARS},
        id::{AppKey, GroupId, UserId},
        invalid::Invalid,
    },
    lambda::{
        access::{Caller, path_param},
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply},
        once::{Attempt, once},
    },
    ports::error::StoreError,
};

use crate::{ManageApp, page::Page};

/// The group in the path.
pub struct PathGroup(GroupId);

impl<S: Send + Sync> FromRequestParts<S> for PathGroup {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = path_param(parts, state, "group").await?;
        GroupId::parse_as("group", &id).map(Self).map_err(ApiError::from)
    }
}

/// The users in the path, separated by commas.
pub struct PathUsers(Vec<UserId>);

impl<S: Send + Sync> FromRequestParts<S> for PathUsers {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let listed = path_param(parts, state, "usernames").await?;
        let names: Vec<&str> = listed.split(',').collect();
        if names.len() > MAX_MEMBERS_AT_ONCE {
            return Err(Invalid::new("usernames", format!("must be at most {MAX_MEMBERS_AT_ONCE} users")).into());
        }
        Ok(Self(each_once(names.into_iter().map(|name| UserId::parse_as("usernames", name)))?))
    }
}

/// `POST /{org}/{app}/chatgroups`
pub async fn create(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (parts, app) = (&*parts, caller.app());
    let fields = Fields::parse(&body)?;
    let given = fields.optional_text("groupid")?.map(GroupId::parse).transpose()?;
    let name = fields.optional_text("groupname")?.unwrap_or_default().to_owned();
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(Invalid::new("groupname", format!("must have at most {MAX_NAME_CHARS} characters")).into());
    }
    let owner = fields.optional_text("owner")?.map(|owner| UserId::parse_as("owner", owner)).transpose()?;
    let mut members = match fields.value("members") {
        None => Vec::new(),
        Some(_) => read_users("members", fields.list("members", 0, MAX_FIRST_MEMBERS)?)?,
    };
    members.extend(owner.clone().filter(|owner| !members.contains(owner)));
    once(
        &*parts.claims,
        (&*parts.clock, &*parts.entropy),
        &caller.config.app,
        "chatgroups",
        &headers,
        &body,
        |attempt| async move {
            let group = Group {
                id: match given {
                    Some(id) => id,
                    None => parts.new_group_id(app, &attempt)?,
                },
                name,
                owner,
                members: u32::try_from(members.len()).unwrap_or(u32::MAX),
                created_at: attempt.since,
            };
            match parts.groups.create_group(app, &group, &members).await {
                Ok(()) => {}
                // A call that was cut off after it had created the group is taken up here.
                Err(StoreError::Conflict) if attempt.abandoned => {}
                Err(StoreError::Conflict) => return Err(ApiError::conflict(format!("the group {} exists", group.id))),
                Err(error) => return Err(error.into()),
            }
            Ok(Reply::data(json!({"groupid": group.id})))
        },
    )
    .await
}

/// `GET /{org}/{app}/chatgroups/{group}`
pub async fn show(State(parts): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> Answer {
    caller.must_be_app()?;
    let group = parts.groups.group(caller.app(), &id).await?.ok_or_else(|| unknown(&id))?;
    let mut shown = Map::from_iter([
        ("id".to_owned(), json!(group.id)),
        ("name".to_owned(), json!(group.name)),
        ("affiliations_count".to_owned(), json!(group.members)),
        ("created".to_owned(), json!(group.created_at)),
    ]);
    if let Some(owner) = &group.owner {
        shown.insert("owner".to_owned(), json!(owner));
    }
    Ok(Reply::data(shown))
}

/// `DELETE /{org}/{app}/chatgroups/{group}`
pub async fn delete(State(parts): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> Answer {
    caller.must_be_app()?;
    found(parts.groups.delete_group(caller.app(), &id).await?, &id)?;
    Ok(Reply::data(json!({"groupid": id, "success": true})))
}

/// `POST /{org}/{app}/chatgroups/{group}/users`: whoever is a member already stays one. Repeating it is safe by itself.
pub async fn add(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let users = read_users("usernames", fields.list("usernames", 1, MAX_MEMBERS_AT_ONCE)?)?;
    found(parts.groups.add_members(caller.app(), &id, &users, parts.clock.now()).await?, &id)?;
    Ok(Reply::data(json!({"groupid": id, "newmembers": users})))
}

/// `DELETE /{org}/{app}/chatgroups/{group}/users/{usernames}`: whoever is no member is left alone.
pub async fn remove(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    PathUsers(users): PathUsers,
) -> Answer {
    caller.must_be_app()?;
    found(parts.groups.remove_members(caller.app(), &id, &users).await?, &id)?;
    let removed: Vec<Value> = users.iter().map(|user| json!({"groupid": id, "user": user, "result": true})).collect();
    Ok(Reply::data(removed))
}

/// `GET /{org}/{app}/chatgroups/{group}/users?limit&cursor`: by id; the cursor is the last id of the page before.
pub async fn members(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    page: Page,
) -> Answer {
    caller.must_be_app()?;
    let after = page.cursor.as_deref().map(|cursor| UserId::parse_as("cursor", cursor)).transpose()?;
    found(parts.groups.size(caller.app(), &id).await?.is_some(), &id)?;
    let mut users = parts.groups.members(caller.app(), &id, after.as_ref(), page.limit + 1).await?;
    let more = users.len() > page.limit;
    users.truncate(page.limit);
    let data: Vec<Value> = users.iter().map(|user| json!({"member": user})).collect();
    let mut reply = Map::from_iter([("data".to_owned(), json!(data)), ("count".to_owned(), json!(data.len()))]);
    if let Some(last) = users.last().filter(|_| more) {
        reply.insert("cursor".into(), json!(last));
    }
    Ok(Reply::object(reply))
}

impl ManageApp {
    /// An id for a group that came without one. Under an idempotency key it follows from the key, so that a call that was cut
    /// off is taken up with the same.
    fn new_group_id(&self, app: &AppKey, attempt: &Attempt) -> Result<GroupId, Invalid> {
        let bits = match &attempt.key {
            Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\nnew group", attempt.since)),
            None => self.entropy.bits(),
        };
        GroupId::parse(&hex(&bits.to_be_bytes()))
    }
}

fn read_users(name: &str, listed: &[Value]) -> Result<Vec<UserId>, Invalid> {
    each_once(listed.iter().enumerate().map(|(index, value)| {
        let field = format!("{name}[{index}]");
        let text = value.as_str().ok_or_else(|| Invalid::new(&field, "must be a string"))?;
        UserId::parse_as(&field, text)
    }))
}

/// Users, each once, in their order.
fn each_once(users: impl Iterator<Item = Result<UserId, Invalid>>) -> Result<Vec<UserId>, Invalid> {
    let users: BTreeSet<UserId> = users.collect::<Result<_, _>>()?;
    Ok(users.into_iter().collect())
}

fn found(found: bool, id: &GroupId) -> Result<(), ApiError> {
    if found { Ok(()) } else { Err(unknown(id)) }
}

fn unknown(id: &GroupId) -> ApiError {
    ApiError::not_found(format!("the group {id} does not exist"))
}
