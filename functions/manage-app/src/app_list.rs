//! Route that lists apps with their health, for operators. A value that cannot be read in time is `null`; the other
//! entries are not affected.

use std::{future::Future, sync::Arc, time::Duration};

use axum::extract::State;
use futures::{
    StreamExt,
    future::{join, try_join_all},
    stream,
};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{AppKey, NotifierName},
        invalid::Invalid,
        notifier::NotifierSummary,
        statistics::{CountedRow, Counts, Hour, hours_by_day},
        time::Timestamp,
        warning::{Warning, WarningKind},
    },
    lambda::{
        deadline::Deadline,
        http::{ApiReply, ApiResult},
        list_page::{ListPage, read_cursor},
        page_query,
    },
    ports::{
        app_directory::{AppSummary, ListedApp},
        error::StoreError,
    },
};

use crate::{ManageApp, operator::Operator, page_query::MAX_LISTED, warnings::warnings};

/// Default number of apps in a page. It is small because each app takes several reads.
pub const DEFAULT_LISTED_APPS: usize = 20;
/// Apps that are read in parallel.
const APPS_AT_ONCE: usize = 8;
/// Maximum time for the reads of one app, so that slow apps leave time for the others.
const ONE_APP: Duration = Duration::from_secs(3);
/// Maximum time for all reads. It is shorter than the function's timeout.
const ALL_APPS: Duration = Duration::from_secs(15);
/// Period whose pushes are counted, up to now.
const COUNTED: Duration = Duration::from_secs(24 * 3600);

/// Query parameters of the list.
type AppPage = page_query::PageQuery<DEFAULT_LISTED_APPS, MAX_LISTED>;

/// Lists apps by name (`GET /management/apps?limit&cursor`). The cursor is the last app of the previous page, as
/// `org/app`. The list omits an app that is deleted meanwhile. A page may therefore be shorter than its limit though
/// more follow.
pub async fn list(_: Operator, State(state): State<Arc<ManageApp>>, page: AppPage) -> ApiResult {
    let after = page.cursor.as_deref().map(app_key).transpose()?;
    let listed = ListPage::cut(state.app_directory.listed_apps(after.as_ref(), page.limit + 1).await?, page.limit);
    let cursor = listed.cursor(|last| format!("{}/{}", last.key.org(), last.key.app()));
    let deadline = Deadline::after(ALL_APPS);
    let mut entries: Vec<(AppKey, Value)> = stream::iter(listed.entries)
        .map(|app| state.entry(app, Deadline::after(ONE_APP).min(deadline)))
        .buffer_unordered(APPS_AT_ONCE)
        .filter_map(async |entry| entry)
        .collect()
        .await;
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let data = entries.into_iter().map(|(_, entry)| entry).collect();
    Ok(ApiReply::counted("data", data).with_cursor(cursor))
}

fn app_key(cursor: &str) -> Result<AppKey, Invalid> {
    read_cursor(cursor, |cursor| cursor.split_once('/').and_then(|(org, app)| AppKey::new(org, app).ok()))
}

/// Summary of an app's notifiers.
struct Setup {
    notifiers: usize,
    warnings: Option<usize>,
}

impl ManageApp {
    /// Returns the entry of an app, or `None` if the app is gone.
    async fn entry(&self, app: ListedApp, deadline: Deadline) -> Option<(AppKey, Value)> {
        let key = &app.key;
        let summary = in_time(key, deadline, self.app_directory.app_summary(key));
        let (summary, counted) = join(summary, in_time(key, deadline, self.counted(&app))).await;
        let mut entry = json!({"org": key.org(), "app": key.app(), "createdAt": app.created_at});
        let (setup, pushes) = match summary {
            None => (None, counted.map(|rows| pushes(&rows, app.created_at))),
            Some(None) => return None,
            Some(Some(AppSummary::Deleting)) => {
                entry["state"] = json!("deleting");
                (None, None)
            }
            Some(Some(AppSummary::Held)) => {
                entry["state"] = json!("held");
                (None, None)
            }
            Some(Some(AppSummary::Active { created_at, notifiers })) => {
                entry["createdAt"] = json!(created_at);
                let warnings = in_time(key, deadline, self.count_warnings(key, &notifiers)).await;
                let setup = Setup { notifiers: notifiers.len(), warnings };
                (Some(setup), counted.map(|rows| pushes(&rows, created_at)))
            }
        };
        entry["notifiers"] = json!(setup.as_ref().map(|setup| setup.notifiers));
        entry["warnings"] = json!(setup.and_then(|setup| setup.warnings));
        entry["last_24h"] = json!(pushes);
        Some((app.key, entry))
    }

    async fn count_warnings(&self, app: &AppKey, notifiers: &[NotifierSummary]) -> Result<usize, StoreError> {
        let names: Vec<NotifierName> = notifiers.iter().map(|notifier| notifier.name.clone()).collect();
        let health = self.health.health_of(app, &names).await?;
        let now = self.clock.now();
        // After an upgrade every credential is unchecked. That stops no push, so it does not count.
        let counts = |warning: &Warning| warning.kind != WarningKind::Unchecked;
        let of = |(notifier, seen)| warnings(notifier, seen, now).iter().filter(|warning| counts(warning)).count();
        Ok(notifiers.iter().zip(&health).map(of).sum())
    }

    /// Returns the counts of the last 24 whole hours and the current one, since the creation that the directory has.
    async fn counted(&self, app: &ListedApp) -> Result<Vec<CountedRow>, StoreError> {
        let now = self.clock.now();
        let from = Hour::of(now.minus(COUNTED)).max(Hour::of(app.created_at));
        let days = hours_by_day(from, Hour::of(now).next()).map(|hours| self.counts.counts(&app.key, hours, now));
        Ok(try_join_all(days).await?.into_iter().flatten().collect())
    }
}

/// Returns the sums of delivery results. Hours before the app's creation belong to an earlier app of the same name.
fn pushes(rows: &[CountedRow], created_at: Timestamp) -> Value {
    let mut counts = Counts::default();
    let own = rows.iter().filter(|row| row.hour >= Hour::of(created_at));
    own.for_each(|row| counts.add(&row.counts));
    json!({"accepted": counts.accepted(), "refused": counts.refused()})
}

/// Returns what was read of an app, or `None` if the read failed or took too long.
async fn in_time<T>(app: &AppKey, deadline: Deadline, read: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    match deadline.wait(read).await {
        Some(Ok(found)) => Some(found),
        Some(Err(error)) => {
            tracing::warn!(%app, error = error.chain(), "an entry of the list of apps is not complete");
            None
        }
        None => {
            tracing::warn!(%app, "an entry of the list of apps took too long");
            None
        }
    }
}
