//! The recent messages to a user, the newest first: one-to-one messages, instant pushes and messages of the user's
//! groups, with their results.
//!
//! | file | holds |
//! |---|---|
//! | `walk` | the newest messages of all timelines below a point |
//! | `cursor` | where the next page begins |
//! | `view` | a message as the API shows it |
//!
//! The reads of a call are limited. A page that reaches a limit is shorter than requested, and its cursor names the
//! start of the next one.

mod cursor;
#[cfg(test)]
mod tests;
mod view;
mod walk;

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::State;
use futures::future::try_join_all;
use serde_json::Value;
use shared::{
    domain::{
        erasure::hidden_until,
        id::{AppKey, MessageId, UserId},
        profile::Conversation,
        time::Timestamp,
    },
    lambda::{
        access::KnownUser,
        deadline::Deadline,
        error::ApiError,
        http::{ApiReply, ApiResult},
        page_query::PageQuery,
        reader::Reader,
    },
    name_ports,
    offline::{Bounds, Budget},
    ports::{
        clock::Clock,
        error::StoreError,
        groups::ReadMemberships,
        timelines::ReadTimeline,
        traces::{MessageTrace, ReadTraces},
    },
};

use self::{
    cursor::Cursor,
    walk::{Below, Header},
};
use crate::ExplainPush;

/// Messages of a page if the caller gives no limit.
pub const DEFAULT_RECENT: usize = 20;
/// Maximum messages of a page.
pub const MAX_RECENT: usize = 100;
/// Reads at the same time.
const PARALLEL_READS: usize = 16;

/// Maximum reads of a call. 1 000 messages of half a KB cost about 65 read units with eventually consistent reads.
/// Functions behind the API have 10 s.
pub const RECENT_BOUNDS: Bounds = Bounds { rows: 1_000, time: Duration::from_secs(5) };

/// Maximum duration of a call. If tables are slow, the first read of each timeline, which no bound ends, could exceed
/// the function's timeout.
const ANSWER: Duration = Duration::from_secs(8);

/// Lists the recent messages of users.
pub struct RecentMessages {
    /// reads messages
    pub timelines: Arc<dyn ReadTimeline>,
    /// reads the groups of users
    pub memberships: Arc<dyn ReadMemberships>,
    /// reads the results of messages
    pub traces: Arc<dyn ReadTraces>,
    /// the bounds of a call's reads
    pub bounds: Bounds,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { RecentMessages { timelines, memberships, traces, clock } without { bounds } }

/// The user whose messages are listed.
#[derive(Debug, Clone, Copy)]
struct Whose<'a> {
    app: &'a AppKey,
    user: &'a UserId,
    /// messages up to this time are hidden
    hidden_until: Timestamp,
}

/// Some of the messages, the newest first.
struct Recent {
    messages: Vec<(Header, MessageTrace)>,
    /// where the next page begins, if others may follow
    rest: Option<MessageId>,
}

/// Lists the recent messages to a user (`GET /{org}/{app}/users/{username}/messages`).
pub async fn list(
    State(state): State<Arc<ExplainPush>>,
    reader: Reader,
    KnownUser(user): KnownUser,
    page: PageQuery<DEFAULT_RECENT, MAX_RECENT>,
) -> ApiResult {
    // Every permitted reader sees the same, because the answer has no text and no token.
    reader.may_read()?;
    let listed = Deadline::after(ANSWER).wait(listed(&state, &reader, &user, page)).await;
    listed.unwrap_or_else(|| Err(StoreError::Throttled.into()))
}

async fn listed(
    state: &ExplainPush,
    reader: &Reader,
    user: &UserId,
    page: PageQuery<DEFAULT_RECENT, MAX_RECENT>,
) -> ApiResult {
    let app = reader.app();
    let from = page.cursor.map(|text| Cursor::parse(&text, app, user)).transpose()?;
    let erased = state.erasures.erased_at(app, user).await?;
    let facts = state.decider.facts.facts(app, user, &Conversation::User(user.clone())).await?;
    if !facts.known && !state.directory.is_listed(app, user).await? {
        return Err(ApiError::user_not_found(user));
    }
    let whose = Whose { app, user, hidden_until: hidden_until(&reader.config().app, erased) };
    let from = from.map_or(MessageId::MAX, |cursor| cursor.up_to);
    let recent = state.recent.page(whose, from, page.limit).await?;
    let shown = recent.messages.iter().map(|(header, trace)| view::message(header, trace));
    let cursor = recent.rest.map(|up_to| Cursor::new(app, user, up_to).to_string());
    Ok(ApiReply::data(shown.collect::<Value>()).with_cursor(cursor))
}

impl RecentMessages {
    /// Returns the newest `limit` messages up to `up_to`.
    async fn page(&self, whose: Whose<'_>, up_to: MessageId, limit: usize) -> Result<Recent, StoreError> {
        let budget = Budget::new(self.bounds, self.clock.now(), self.clock.clone());
        let Below { headers, mut rest } = self.below(whose, up_to, limit, &budget).await?;
        let mut messages: Vec<(Header, MessageTrace)> = Vec::with_capacity(headers.len());
        for part in headers.chunks(PARALLEL_READS) {
            if let Some((last, _)) = messages.last()
                && budget.is_late()
            {
                rest = Some(last.msg_id.previous());
                break;
            }
            messages.extend(self.traced(whose, part).await?);
        }
        Ok(Recent { messages, rest })
    }

    /// Returns the messages with their results, in their order.
    async fn traced(&self, whose: Whose<'_>, headers: &[Header]) -> Result<Vec<(Header, MessageTrace)>, StoreError> {
        let Whose { app, user, .. } = whose;
        let (of_groups, single): (Vec<_>, Vec<_>) =
            headers.iter().map(|header| header.msg_id).partition(|id| id.is_of_group());
        let (own, of_group) = futures::try_join!(
            self.traces.traces(app, user, &single),
            try_join_all(of_groups.iter().map(|id| self.traces.group_trace(app, user, *id)))
        )?;
        let mut traces: HashMap<MessageId, MessageTrace> =
            single.into_iter().zip(own).chain(of_groups.into_iter().zip(of_group)).collect();
        let traced = |header: &Header| (header.clone(), traces.remove(&header.msg_id).unwrap_or_default());
        Ok(headers.iter().map(traced).collect())
    }
}
