//! Routes of the users who have a push label.

use std::{collections::HashSet, sync::Arc};

use axum::{extract::State, http::HeaderMap};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
        push_label::{LabelKey, LabelledUser, UserLabel},
        time::Timestamp,
    },
    lambda::{
        access::{Caller, PathUser},
        error::ApiError,
        http::{ApiReply, ApiResult, RawBody},
        list_page::ListPage,
    },
    ports::error::StoreError,
};

use super::path::{NamedUsers, PathLabel};
use crate::{ManageApp, page_query::PageQuery};

/// Reason of a user whom the app does not have. Source: Easemob, "send push notifications", `desc`.
const NO_USER: &str = "appUser not exists";
/// Reason of a user who does not have the label.
const NOT_LABELLED: &str = "appUser not in label";
/// Reads of one call at the same time.
const PARALLEL_READS: usize = 16;
/// Shards after the first that are read at the same time. For a label with few users one page needs all of them.
const PARALLEL_SHARDS: usize = 8;

/// Gives a label to users (`POST /{org}/{app}/push/label/{name}/user`). Who has it already keeps it. Who is unknown is
/// named with the reason, and the others get the label.
pub async fn add(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathLabel(name): PathLabel,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let named = NamedUsers::read(&body)?;
    let (state, app, name) = (&*state, caller.app(), &name);
    state
        .idempotent(&caller, &format!("push/label/{name}/user"), &headers, &body)
        .run(|attempt| async move {
            let label = state.find_label(app, name).await?.key;
            let known = state.known_users(app, &named.ids()).await?;
            state.give(app, &label, &known, attempt.since).await?;
            Ok(results(named, &known.into_iter().collect(), NO_USER))
        })
        .await
}

/// Takes a label from users (`DELETE /{org}/{app}/push/label/{name}/user`). Who does not have it is named with the
/// reason.
pub async fn remove(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathLabel(name): PathLabel,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let named = NamedUsers::read(&body)?;
    let label = state.find_label(caller.app(), &name).await?.key;
    let had = state.label_users.remove_labelled(caller.app(), &label, &named.ids()).await?;
    let had = had.ok_or_else(|| ApiError::label_not_found(name.as_str()))?;
    Ok(results(named, &had.into_iter().collect(), NOT_LABELLED))
}

/// Lists the users of a label by shard and name (`GET /{org}/{app}/push/label/{name}/user?limit&cursor`). The cursor is
/// the last name of the previous page.
pub async fn list(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathLabel(name): PathLabel,
    page: PageQuery,
) -> ApiResult {
    caller.must_be_app()?;
    let after = page.cursor.as_deref().map(|cursor| UserId::parse_as("cursor", cursor)).transpose()?;
    let label = state.find_label(caller.app(), &name).await?.key;
    let users = state.labelled(caller.app(), &label, after, page.limit + 1).await?;
    let users = ListPage::cut(users.ok_or_else(|| ApiError::label_not_found(name.as_str()))?, page.limit);
    let data: Vec<Value> = users.entries.iter().map(|labelled| shown(&labelled.user, labelled.since)).collect();
    Ok(ApiReply::data(data).with_cursor(users.cursor(|last| last.user.to_string())))
}

/// Shows since when a user has a label (`GET /{org}/{app}/push/label/{name}/user/{username}`). It shows nothing of a
/// user who does not have it.
pub async fn show(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathLabel(name): PathLabel,
    PathUser(user): PathUser,
) -> ApiResult {
    caller.must_be_app()?;
    let app = caller.app();
    let label = state.find_label(app, &name).await?.key;
    let since = state.label_users.labelled_since(app, &label, &user).await?;
    let own = match since {
        Some(since) => !state.is_left_behind(app, &user, &label, since).await?,
        None => false,
    };
    Ok(ApiReply::data(since.filter(|_| own).map_or_else(|| json!({}), |since| shown(&user, since))))
}

impl ManageApp {
    /// Returns those of the users whom the app has. Lists users of earlier versions in the directory, so that everybody
    /// who has a label is found there.
    async fn known_users(&self, app: &AppKey, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let listed = self.listed.are_listed(app, users).await?;
        let known = stream::iter(users.iter().cloned().zip(listed))
            .map(|(user, listed)| async move {
                let known = listed || self.listing.list_user(app, &user).await?;
                Ok::<_, StoreError>(known.then_some(user))
            })
            .buffered(PARALLEL_READS);
        Ok(known.try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
    }

    /// Gives the label to users. Who has it from a time before an erasure loses it first, because the sweep of the
    /// erasure would take it away.
    async fn give(&self, app: &AppKey, label: &LabelKey, users: &[UserId], since: Timestamp) -> Result<(), ApiError> {
        let deleted = || ApiError::label_not_found(label.name.as_str());
        let had = self.label_users.add_labelled(app, label, users, since).await?.ok_or_else(deleted)?;
        let again = self.labelled_before_erasure(app, label, had).await?;
        if !again.is_empty() {
            self.label_users.remove_labelled(app, label, &again).await?.ok_or_else(deleted)?;
            self.label_users.add_labelled(app, label, &again, since).await?.ok_or_else(deleted)?;
        }
        Ok(())
    }

    /// Returns those who have the label from a time before an erasure.
    async fn labelled_before_erasure(
        &self,
        app: &AppKey,
        label: &LabelKey,
        had: Vec<LabelledUser>,
    ) -> Result<Vec<UserId>, StoreError> {
        let left = stream::iter(had)
            .map(|LabelledUser { user, since }| async move {
                let left = self.is_left_behind(app, &user, label, since).await?;
                Ok::<_, StoreError>(left.then_some(user))
            })
            .buffered(PARALLEL_READS);
        Ok(left.try_collect::<Vec<_>>().await?.into_iter().flatten().collect())
    }

    async fn is_left_behind(
        &self,
        app: &AppKey,
        user: &UserId,
        label: &LabelKey,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let erased_at = self.user_erasures.erased_at(app, user).await?;
        Ok(UserLabel { label: label.clone(), since }.is_left_behind(erased_at))
    }

    /// Returns up to `most` users of a label after this one, in the order of the list, or `None` if the label was
    /// deleted.
    async fn labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        after: Option<UserId>,
        most: usize,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError> {
        let first = after.as_ref().map(Shard::of);
        let mut users = match first {
            Some(shard) => match self.label_users.labelled(app, label, shard, after.as_ref(), most).await? {
                Some(users) => users,
                None => return Ok(None),
            },
            None => Vec::new(),
        };
        let missing = most - users.len();
        let rest = Shard::all().filter(|shard| first.is_none_or(|first| *shard > first));
        let mut rest = stream::iter(rest)
            .map(|shard| self.label_users.labelled(app, label, shard, None, missing))
            .buffered(PARALLEL_SHARDS);
        while users.len() < most {
            match rest.try_next().await? {
                Some(Some(more)) => users.extend(more),
                Some(None) => return Ok(None),
                None => break,
            }
        }
        users.truncate(most);
        Ok(Some(users))
    }
}

/// Returns who succeeded, and the reason of all others, each as the caller spells the name.
fn results(named: NamedUsers, succeeded: &HashSet<UserId>, reason: &str) -> ApiReply {
    let (success, failed): (Vec<_>, Vec<_>) = named.users.into_iter().partition(|(_, user)| succeeded.contains(user));
    let success: Vec<String> = success.into_iter().map(|(sent, _)| sent).collect();
    let failed = failed.into_iter().map(|(sent, _)| sent).chain(named.nobody);
    let fail: Map<String, Value> = failed.map(|sent| (sent, json!(reason))).collect();
    ApiReply::data(json!({"success": success, "fail": fail}))
}

fn shown(user: &UserId, since: Timestamp) -> Value {
    json!({"username": user, "created": since})
}
