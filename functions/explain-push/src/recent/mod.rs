//! The recent messages to a user, newest first: one-to-one messages and those of the user's groups, with what became of them.
//!
//! | file | holds |
//! |---|---|
//! | `walk` | the newest messages of all timelines below a point |
//! | `cursor` | where the next page begins |
//! | `view` | a message as the API shows it |
//!
//! What a call reads is bounded. A page that reaches a bound is shorter than asked for, and its cursor says where the next one begins.

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

/// How many messages a page has without a limit.
pub const DEFAULT_RECENT: usize = 20;
/// Maximum messages of a page.
pub const MAX_RECENT: usize = 100;
/// How many reads are under way at once.
const PARALLEL_READS: usize = 16;

/// How much a call looks at. 1 000 messages of half a KB are about 65 read units at half the price; functions behind the API have 10 s.
pub const RECENT_BOUNDS: Bounds = Bounds { rows: 1_000, time: Duration::from_secs(5) };

/// How long a call may last. Behind slow tables the first read of each timeline, which no bound ends, lasts longer than the function may run.
const ANSWER: Duration = Duration::from_secs(8);

/// Lists the recent messages of users.
pub struct RecentMessages {
    /// messages
    pub timelines: Arc<dyn ReadTimeline>,
    /// which groups users are in
    pub memberships: Arc<dyn ReadMemberships>,
    /// what became of messages
    pub traces: Arc<dyn ReadTraces>,
    /// how much a call looks at
    pub bounds: Bounds,
    /// the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { RecentMessages { timelines, memberships, traces, clock } without { bounds } }

/// Whose messages.
#[derive(Debug, Clone, Copy)]
struct Whose<'a> {
    app: &'a AppKey,
    user: &'a UserId,
    /// what is as old is hidden
    hidden_until: Timestamp,
}

/// Some of the messages, newest first.
struct Recent {
    messages: Vec<(Header, MessageTrace)>,
    /// where the next page begins, if others may follow
    rest: Option<MessageId>,
}

/// `GET /{org}/{app}/users/{username}/messages`
pub async fn list(
    State(state): State<Arc<ExplainPush>>,
    reader: Reader,
    KnownUser(user): KnownUser,
    page: PageQuery<DEFAULT_RECENT, MAX_RECENT>,
) -> ApiResult {
    // Everybody who may read sees the same: there is no text in it, and no token.
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
    /// The newest `limit` messages up to `up_to`.
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

    /// The messages with what became of them, in their order.
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
