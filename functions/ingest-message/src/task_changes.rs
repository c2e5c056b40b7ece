//! Tasks are listed and shown with their progress, paused, resumed and cancelled.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        app::App,
        id::TaskId,
        task::{AskedState, Task, TaskCounts},
    },
    lambda::{
        access::{Caller, path_param},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        list_page::{ListPage, read_cursor},
        page_query::PageQuery,
    },
};

use crate::handler::IngestMessage;

/// Maximum tasks of a page, and their number without a limit.
pub const MAX_TASKS_LISTED: usize = 100;
/// Tries to change a task that others change at the same time.
const TRIES: usize = 5;

/// The task in the path. An invalid id belongs to no task, so the task is not found.
pub(crate) struct PathTask(TaskId);

impl<S: Send + Sync> FromRequestParts<S> for PathTask {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = path_param(parts, state, "id").await?;
        TaskId::parse(&id).map(Self).map_err(|_| ApiError::not_found(format!("task {id} does not exist")))
    }
}

/// Lists the tasks, the newest first (`GET /{org}/{app}/push/task`).
pub(crate) async fn list_tasks(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    page: PageQuery<MAX_TASKS_LISTED, MAX_TASKS_LISTED>,
) -> ApiResult {
    caller.must_be_app()?;
    let app = &caller.config.app;
    let before = page.cursor.map(|cursor| read_cursor(&cursor, |text| TaskId::parse(text).ok())).transpose()?;
    let tasks = state.tasks.list.tasks(&app.key, before, page.limit + 1).await?;
    let page = ListPage::cut(tasks, page.limit);
    let cursor = page.cursor(|last| last.id.to_string());
    let shown = page.entries.iter().filter(|task| task.is_of(app.created_at, state.clock.now()));
    Ok(ApiReply::data(shown.map(listed).collect::<Vec<_>>()).with_cursor(cursor))
}

/// Shows a task with its counts (`GET /{org}/{app}/push/task/{id}`).
pub(crate) async fn show_task(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    PathTask(id): PathTask,
) -> ApiResult {
    caller.must_be_app()?;
    let app = &caller.config.app;
    let task = state.shown_task(app, id).await?;
    state.answer(app, &task).await
}

/// Pauses, resumes or cancels a task (`PUT /{org}/{app}/push/task/{id}`).
pub(crate) async fn change_task(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    PathTask(id): PathTask,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let app = &caller.config.app;
    let asked = AskedState::parse(Fields::parse(&body)?.text("state")?)?;
    for _ in 0..TRIES {
        let task = state.shown_task(app, id).await?;
        let changed = task.asked(asked, state.clock.now()).map_err(|ended| ApiError::conflict(ended.to_string()))?;
        if changed.state == task.state {
            return state.answer(app, &task).await;
        }
        if state.tasks.changes.change_task(&app.key, &changed).await? {
            state.queue_page(&app.key, &changed).await;
            return state.answer(app, &changed).await;
        }
    }
    Err(ApiError::conflict("the task changes at the same time, try again"))
}

impl IngestMessage {
    async fn answer(&self, app: &App, task: &Task) -> ApiResult {
        let counts = self.tasks.counts.task_counts(&app.key, task.id).await?;
        let mut shown = listed(task);
        shown.extend(counted(&counts));
        Ok(ApiReply::data(shown))
    }
}

/// Returns a task as lists show it.
fn listed(task: &Task) -> Map<String, Value> {
    let fields = [
        ("taskId", json!(task.id)),
        ("state", json!(task.state)),
        ("title", json!(task.title)),
        ("strategy", json!(task.strategy)),
        ("createdAt", json!(task.id.created_at())),
        ("startsAt", json!(task.starts_at)),
        ("total", json!(task.total())),
        ("done", json!(task.walk.done)),
    ];
    let optional =
        [("label", task.audience.label().map(|name| json!(name))), ("endedAt", task.ended_at.map(|at| json!(at)))];
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    fields.into_iter().chain(optional).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn counted(counts: &TaskCounts) -> Map<String, Value> {
    let refused = counts.refused.iter().filter(|(_, number)| **number > 0);
    let refused: Map<String, Value> =
        refused.map(|(reason, number)| (reason.code().to_owned(), json!(number))).collect();
    let fields = [
        ("accepted", json!(counts.accepted)),
        ("refused", Value::Object(refused)),
        ("delivered", json!(counts.delivered)),
        ("clicked", json!(counts.clicked)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
