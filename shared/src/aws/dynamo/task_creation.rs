//! Creation of tasks. Each one changes the row that says how many the app may still have, so of two at once one is
//! tried again.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    CONFLICT_TRIES, RuntimeTable,
    due_tasks::due_row,
    item::{Item, ItemReader, VERSION, corrupt, number, version_is},
    pause,
    task_counts::count_rows,
    tasks::{OPEN, content_row, expiry, room_key, task_row},
    writes::puts,
};
use crate::{
    domain::{
        id::{AppKey, TaskId},
        message::Content,
        task::{Task, TaskRoom},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        tasks::{CreateTask, DueTask, ReadTask, TaskCreation},
    },
};

/// Attribute with the times of the newest creations.
const CREATED: &str = "created";

#[async_trait]
impl CreateTask for RuntimeTable {
    async fn create_task(&self, app: &AppKey, task: &Task, content: &Content) -> Result<TaskCreation, StoreError> {
        for attempt in 0..CONFLICT_TRIES {
            if self.task(app, task.id).await?.is_some() {
                return Ok(TaskCreation::Exists);
            }
            let found = self.row(room_key(app)).await?.unwrap_or_default();
            let room = match read_room(&found)?.with(task.id, task.walk.changed_at) {
                Ok(room) => room,
                Err(refused) => return Ok(TaskCreation::NoRoom(refused)),
            };
            match self.put_task(app, task, content, &room, ItemReader(&found).version()?).await {
                Ok(()) => return Ok(TaskCreation::Created),
                // Another task was created or ended meanwhile, or this one was.
                Err(StoreError::Conflict) => pause(attempt).await,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Throttled)
    }
}

impl RuntimeTable {
    async fn put_task(
        &self,
        app: &AppKey,
        task: &Task,
        content: &Content,
        room: &TaskRoom,
        seen: u32,
    ) -> Result<(), StoreError> {
        let due = DueTask { due_at: task.starts_at, app: app.clone(), id: task.id };
        let mut room = self
            .0
            .put_of(room_row(app, room, seen.saturating_add(1), task.walk.changed_at))
            .condition_expression(version_is(seen))
            .expression_attribute_names("#version", VERSION);
        if seen > 0 {
            room = room.expression_attribute_values(":seen", number(seen.into()));
        }
        let mut writes = vec![
            self.0.put_new(task_row(app, task)?)?,
            puts(self.0.put_of(content_row(app, task.id, content)?))?,
            puts(self.0.put_of(due_row(&due)))?,
            puts(room)?,
        ];
        for item in count_rows(app, task.id) {
            writes.push(puts(self.0.put_of(item))?);
        }
        self.0.transact(writes).await
    }
}

fn room_row(app: &AppKey, room: &TaskRoom, version: u32, now: Timestamp) -> Item {
    let mut item = room_key(app);
    let created = room.created.iter().map(|at| number(at.as_millis())).collect();
    item.insert(CREATED.into(), AttributeValue::L(created));
    item.insert(OPEN.into(), AttributeValue::Ss(room.open.iter().map(TaskId::to_string).collect()));
    item.insert(VERSION.into(), number(version.into()));
    item.insert("expires_at".into(), expiry(now));
    item
}

/// Reads the row. A missing row has room for every task.
fn read_room(item: &Item) -> Result<TaskRoom, StoreError> {
    let time = |value: &AttributeValue| value.as_n().ok()?.parse().ok().map(Timestamp::from_millis);
    let created = item.get(CREATED).and_then(|value| value.as_l().ok()).into_iter().flatten().map(time);
    // A set without members has no attribute.
    let open = item.get(OPEN).and_then(|value| value.as_ss().ok()).into_iter().flatten();
    let open: BTreeSet<TaskId> =
        open.map(|id| TaskId::parse(id).map_err(|_| corrupt(OPEN))).collect::<Result<_, _>>()?;
    Ok(TaskRoom { created: created.collect::<Option<_>>().ok_or_else(|| corrupt(CREATED))?, open })
}
