//! Route that shows one group or several.

use std::sync::Arc;

use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        group::Group,
        group_profile::GroupInfo,
        id::{AppKey, GroupId, UserId},
    },
    lambda::{
        access::Caller,
        http::{ApiReply, ApiResult},
    },
    ports::error::StoreError,
};

use super::{path::PathGroups, unknown};
use crate::ManageApp;

/// Maximum members in one response, over all groups. A group that would exceed it lists none.
pub const MAX_SHOWN_MEMBERS: usize = 5_000;
/// Groups whose members are read in parallel.
const PARALLEL_READS: usize = 8;

/// Shows one group, or several whose ids are separated by commas (`GET /{org}/{app}/chatgroups/{group}`). An unknown
/// group fails only a call that asks for it alone.
pub async fn show(State(state): State<Arc<ManageApp>>, caller: Caller, PathGroups(ids): PathGroups) -> ApiResult {
    caller.must_be_app()?;
    let app = caller.app();
    let found: Vec<Group> = state.group_profiles.find_groups(app, &ids).await?.into_iter().flatten().collect();
    if let ([id], []) = (&ids[..], &found[..]) {
        return Err(unknown(id));
    }
    let infos = state.group_profiles.infos(app, &found).await?;
    let members = state.members_of(app, &found).await?;
    let shown: Vec<Value> = found
        .iter()
        .zip(&infos)
        .zip(members)
        .map(|((group, info), members)| shown(group, info, members.as_deref()))
        .collect();
    Ok(ApiReply::counted("data", shown))
}

impl ManageApp {
    /// Returns the members of each group, or `None` for a group that would exceed [`MAX_SHOWN_MEMBERS`].
    async fn members_of(&self, app: &AppKey, groups: &[Group]) -> Result<Vec<Option<Vec<UserId>>>, StoreError> {
        let mut left = MAX_SHOWN_MEMBERS;
        let mut wanted = Vec::with_capacity(groups.len());
        for group in groups {
            let rest = usize::try_from(group.members).ok().and_then(|members| left.checked_sub(members));
            left = rest.unwrap_or(left);
            wanted.push((group.id.clone(), rest.is_some()));
        }
        let read = |(id, fits): (GroupId, bool)| async move {
            match fits {
                true => self.groups.members(app, &id, None, MAX_SHOWN_MEMBERS).await.map(Some),
                false => Ok(None),
            }
        };
        stream::iter(wanted).map(read).buffered(PARALLEL_READS).try_collect().await
    }
}

fn shown(group: &Group, info: &GroupInfo, members: Option<&[UserId]>) -> Value {
    let settings = &group.settings;
    let mut shown = Map::from_iter(
        [
            ("id", json!(group.id)),
            ("name", json!(group.name)),
            ("description", json!(info.description)),
            ("custom", json!(info.custom)),
            ("avatar", json!(info.avatar)),
            ("public", json!(settings.public)),
            ("membersonly", json!(settings.members_only)),
            ("allowinvites", json!(settings.allow_invites)),
            ("mute", json!(false)),
            ("disabled", json!(settings.disabled)),
            ("affiliations_count", json!(group.members)),
            ("created", json!(group.created_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(owner) = &group.owner {
        shown.insert("owner".into(), json!(owner));
    }
    if let Some(most) = settings.max_users {
        shown.insert("maxusers".into(), json!(most));
    }
    if let Some(members) = members {
        let others = members.iter().filter(|user| Some(*user) != group.owner.as_ref());
        let owner = group.owner.iter().map(|owner| json!({"owner": owner}));
        let all: Vec<Value> = owner.chain(others.map(|user| json!({"member": user}))).collect();
        shown.insert("affiliations".into(), json!(all));
    }
    Value::Object(shown)
}
