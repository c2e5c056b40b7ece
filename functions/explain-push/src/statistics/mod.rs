//! Counts of an app's pushes, in the form of this API and in Easemob's.
//!
//! | file | holds |
//! |---|---|
//! | `query` | the parameters of a call, and their checks |
//! | `read` | the counts of an app, a few days at a time |
//! | `entries` | counts added up by hour or day, and by vendor, class or reason |
//! | `reporting` | which vendors' pushes are reported as delivered or clicked |
//! | `daily` | counts by day and channel, as Easemob writes them |

mod daily;
mod entries;
mod query;
mod read;
mod reporting;

use std::sync::Arc;

use axum::extract::State;
use shared::lambda::{
    access::Caller,
    http::{ApiReply, ApiResult},
    reader::Reader,
};

use self::{
    daily::Daily,
    entries::Entries,
    query::{DailyQuery, StatisticsQuery},
};
use crate::handler::ExplainPush;

/// Returns counts of pushes by hour or day (`GET /{org}/{app}/push/stats`).
pub(crate) async fn show(State(state): State<Arc<ExplainPush>>, reader: Reader, asked: StatisticsQuery) -> ApiResult {
    // Counts reveal no single user or message.
    reader.may_read()?;
    let (from, to) = asked.hours(state.decider.clock.now())?;
    let mut entries = Entries::new(asked.by, asked.step);
    read::read(&state, &reader.config().app, from, to, |row| entries.add(row)).await?;
    Ok(ApiReply::data(entries.shown(reader.config())))
}

/// Returns counts by day and channel (`GET /{org}/{app}/push/data/offline-push/begin/{begin}/end/{end}`).
pub(crate) async fn show_daily(State(state): State<Arc<ExplainPush>>, caller: Caller, asked: DailyQuery) -> ApiResult {
    caller.must_be_app()?;
    let (first, last) = asked.days(state.decider.clock.now())?;
    let mut daily = Daily::new(asked.platform, first, last);
    read::read(&state, &caller.config.app, first.first_hour(), last.next().first_hour(), |row| daily.add(row)).await?;
    Ok(ApiReply::data(daily.shown(&caller.config)))
}
