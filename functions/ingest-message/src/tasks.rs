//! Tasks: instant pushes to all users, or to those of a label. A task is stored, and its first page is queued.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, http::HeaderMap};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        app::App,
        id::{AppKey, LabelName, StoredPushId, TaskId},
        invalid::Invalid,
        push::SemanticClass,
        task::{Audience, NewTask, Task, TaskState, parse_start},
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::RequestAttempt,
        instant_call::InstantCall,
    },
    name_ports,
    ports::{
        push_labels::ReadLabels,
        queue::{QueueTask, TaskJob},
        tasks::{ChangeTask, CreateTask, ListTasks, ReadTaskCounts, StorePushes, TaskCreation},
    },
};

use crate::{handler::IngestMessage, ids::random_of};

/// The class of a push to many users that names none. Vendors punish advertising in other classes.
pub(crate) const CLASS: SemanticClass = SemanticClass::Marketing;

/// The ports of tasks.
pub struct TaskPorts {
    /// creates tasks
    pub creation: Arc<dyn CreateTask>,
    /// reads and changes tasks
    pub changes: Arc<dyn ChangeTask>,
    /// lists tasks
    pub list: Arc<dyn ListTasks>,
    /// reads what became of their pushes
    pub counts: Arc<dyn ReadTaskCounts>,
    /// stores pushes for broadcasts
    pub pushes: Arc<dyn StorePushes>,
    /// reads push labels
    pub labels: Arc<dyn ReadLabels>,
    /// the queue of decisions, for pages of tasks
    pub queue: Arc<dyn QueueTask>,
}

name_ports! { TaskPorts { creation, changes, list, counts, pushes, labels, queue } }

/// A checked call that creates a task.
struct TaskCall {
    push: InstantCall,
    /// the label whose users get it; `None` for all users
    label: Option<LabelName>,
    /// when it starts, as the caller wrote it
    start: Option<String>,
}

impl TaskCall {
    fn of(fields: &Fields, push: InstantCall, label: Option<LabelName>) -> Result<Self, Invalid> {
        Ok(Self { push, label, start: fields.optional_text("startDate")?.map(str::to_owned) })
    }
}

/// Pushes to all users (`POST /{org}/{app}/push/task`).
pub(crate) async fn push_to_all(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let call = TaskCall::of(&fields, InstantCall::of(&fields, CLASS)?, None)?;
    let (state, app) = (&*state, &caller.config.app);
    let work = |attempt| async move { Ok(ApiReply::data(json!(state.create_task(app, &attempt, call).await?))) };
    state.idempotent(&caller, "push/task", &headers, &body).run(work).await
}

/// Pushes to the users of a label (`POST /{org}/{app}/push/list/label`).
pub(crate) async fn push_to_label(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let call = TaskCall::of(&fields, InstantCall::of(&fields, CLASS)?, Some(label(&fields)?))?;
    let (state, app) = (&*state, &caller.config.app);
    let work =
        |attempt| async move { Ok(ApiReply::data(json!({"taskId": state.create_task(app, &attempt, call).await?}))) };
    state.idempotent(&caller, "push/list/label", &headers, &body).run(work).await
}

/// Pushes a stored push to all users (`POST /{org}/{app}/push/task/broadcast`).
pub(crate) async fn broadcast(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let id = StoredPushId::parse(fields.text("pushMsgId")?)?;
    let (state, app) = (&*state, &caller.config.app);
    let work = |attempt| async move {
        let push = state.shown_push(app, id).await?;
        let named = ["strategy", "push_ttl"].into_iter().filter_map(|name| Some((name, fields.value(name)?.clone())));
        let push = named.chain([(InstantCall::FIELD, Value::Object(push.message))]);
        let push = Fields::of(push.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>());
        let call = TaskCall::of(&fields, InstantCall::of(&push, CLASS)?, None)?;
        Ok(ApiReply::data(json!(state.create_task(app, &attempt, call).await?)))
    };
    state.idempotent(&caller, "push/task/broadcast", &headers, &body).run(work).await
}

/// Reads the label of a call.
fn label(fields: &Fields) -> Result<LabelName, ApiError> {
    let name = fields.list("targets", 1, 1)?[0].as_str();
    let name = name.ok_or_else(|| Invalid::new("targets[0]", "must be a string"))?;
    // A name that no label can have is one that no label has.
    LabelName::parse(name).map_err(|_| ApiError::label_not_found(name))
}

impl IngestMessage {
    /// Stores a task and queues its first page. With an idempotency key its id follows from the key.
    async fn create_task(&self, app: &App, attempt: &RequestAttempt, call: TaskCall) -> Result<TaskId, ApiError> {
        let (key, now) = (&app.key, self.clock.now());
        let start = |text: String| parse_start(&text, &app.settings.time_zone, attempt.since);
        let starts_at = call.start.map(start).transpose()?;
        let audience = self.audience(key, call.label).await?;
        let id = TaskId::new(attempt.since, random_of(key, attempt, attempt.since, "task", &*self.entropy));
        let (title, strategy) = (call.push.title().to_owned(), call.push.strategy());
        let content = call.push.content_of(id, now)?;
        let task = Task::new(NewTask { id, audience, title, strategy, starts_at }, now);
        match self.tasks.creation.create_task(key, &task, &content).await? {
            TaskCreation::Created | TaskCreation::Exists => {}
            TaskCreation::NoRoom(refused) => return Err(refused.into()),
        }
        self.queue_page(key, &task).await;
        Ok(id)
    }

    async fn audience(&self, app: &AppKey, label: Option<LabelName>) -> Result<Audience, ApiError> {
        let Some(name) = label else {
            return Ok(Audience::Everyone);
        };
        let found = self.tasks.labels.label(app, &name).await?;
        let label = found.ok_or_else(|| ApiError::label_not_found(name.as_str()))?;
        Ok(Audience::Label(label.key))
    }

    /// Queues the next page of a running task. If that fails, run-schedule queues it within minutes.
    pub(crate) async fn queue_page(&self, app: &AppKey, task: &Task) {
        if task.state != TaskState::Running {
            return;
        }
        let job = TaskJob { app: app.clone(), task: task.id, step: task.walk.step, not_before: None, attempts: 0 };
        if let Err(error) = self.tasks.queue.queue_task(&job, Duration::ZERO).await {
            tracing::warn!(%app, task = %task.id, error = error.chain(), "run-schedule starts a task that could not be queued");
        }
    }

    /// Returns a task of this app, or the error that there is none.
    pub(crate) async fn shown_task(&self, app: &App, id: TaskId) -> Result<Task, ApiError> {
        let found = self.tasks.changes.task(&app.key, id).await?;
        let task = found.filter(|task| task.is_of(app.created_at, self.clock.now()));
        task.ok_or_else(|| ApiError::not_found(format!("task {id} does not exist")))
    }
}
