//! Route that creates groups.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use serde_json::json;
use shared::{
    crypto::encoding::{hex, sha256_bits},
    domain::{
        group::{Group, MAX_FIRST_MEMBERS},
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, UserId},
        invalid::Invalid,
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::RequestAttempt,
    },
    ports::error::StoreError,
};

use super::{
    fields::{Described, users},
    too_many_members,
};
use crate::ManageApp;

/// The group that a body describes.
struct NewGroup {
    id: Option<GroupId>,
    name: String,
    owner: Option<UserId>,
    members: Vec<UserId>,
    settings: GroupSettings,
    info: GroupInfo,
}

impl NewGroup {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let fields = Fields::parse(body)?;
        let said = Described::read(&fields, &["groupname"])?;
        let owner = fields.optional_text("owner")?.map(|owner| UserId::parse_as("owner", owner)).transpose()?;
        let mut members = match fields.value("members") {
            None => Vec::new(),
            Some(_) => users("members", fields.list("members", 0, MAX_FIRST_MEMBERS)?)?,
        };
        members.extend(owner.clone().filter(|owner| !members.contains(owner)));
        let is = |flag: Option<(&str, bool)>| flag.is_some_and(|(_, on)| on);
        let text = |text: Option<(&str, String)>| text.map(|(_, text)| text).unwrap_or_default();
        let settings = GroupSettings {
            public: is(said.public),
            members_only: is(said.members_only),
            // A public group starts without invitations, whatever the body says. Source: Easemob, "create a group".
            allow_invites: is(said.allow_invites) && !is(said.public),
            max_users: said.max_users.map(|(_, most)| most),
            disabled: false,
        };
        if !settings.has_room_for(members.len()) {
            return Err(too_many_members());
        }
        let (description, custom, avatar) = (text(said.description), text(said.custom), text(said.avatar));
        Ok(Self {
            id: fields.optional_text("groupid")?.map(GroupId::parse).transpose()?,
            name: text(said.name),
            owner,
            members,
            settings,
            info: GroupInfo { description, custom, avatar, announcement: String::new() },
        })
    }
}

/// Creates a group (`POST /{org}/{app}/chatgroups`).
pub async fn create(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let new = NewGroup::read(&body)?;
    let work = |attempt: RequestAttempt| async move {
        let group = Group {
            id: match new.id {
                Some(id) => id,
                None => state.new_group_id(app, &attempt)?,
            },
            name: new.name,
            owner: new.owner,
            members: u32::try_from(new.members.len()).unwrap_or(u32::MAX),
            created_at: attempt.since,
            settings: new.settings,
            changes: 0,
        };
        match state.groups.create_group(app, &group, &new.info, &new.members).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => state.must_be_of(app, &group.id, &attempt).await?,
            Err(error) => return Err(error.into()),
        }
        Ok(ApiReply::data(json!({"groupid": group.id})))
    };
    state.idempotent(&caller, "chatgroups", &headers, &body).run(work).await
}

impl ManageApp {
    /// Accepts an existing group if an earlier try of this call created it and was interrupted before it answered.
    async fn must_be_of(&self, app: &AppKey, id: &GroupId, attempt: &RequestAttempt) -> Result<(), ApiError> {
        if attempt.abandoned {
            // Here the group is being removed, or another call has half created it. The next try sees the result.
            let found = self.groups.group(app, id).await?.ok_or(StoreError::Conflict)?;
            if found.created_at == attempt.since {
                return Ok(());
            }
        }
        Err(ApiError::bad_request(format!("group ID {id} already exists!")))
    }

    /// Returns an id for a group whose body has none. With an idempotency key the id is derived from the key, so a
    /// retry of an interrupted call gets the same id.
    fn new_group_id(&self, app: &AppKey, attempt: &RequestAttempt) -> Result<GroupId, Invalid> {
        let bits = match &attempt.key {
            Some(key) => sha256_bits(&format!("{app}\n{key}\n{}\nnew group", attempt.since)),
            None => self.entropy.bits(),
        };
        GroupId::parse(&hex(&bits.to_be_bytes()))
    }
}
