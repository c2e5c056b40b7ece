//! Checks what a landed version wrote of tasks and stored pushes.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use serde_json::{Map, Value, json};
use shared::{
    aws::dynamo::{MessageReader, MessagesTable, RuntimeTable},
    domain::{
        id::{AppKey, StoredPushId, TaskId},
        task::{AskedState, Task, TaskCounts},
        time::Timestamp,
    },
    ports::{
        messages::ReadMessage,
        tasks::{
            ChangeTask, DueTask, EraseTasks, FindDueTasks, ListTasks, ReadTask, ReadTaskContent, ReadTaskCounts,
            StorePushes,
        },
    },
    testing::chance::FixedClock,
};

use super::Story;

/// More tasks than a story has.
const ALL: usize = 1000;
/// The tasks of a story, by what each of them shows.
const TASKS: [&str; 5] = ["everyone", "paused", "cancelled", "label", "scheduled"];

/// Runs every check.
pub async fn all(client: &Client, (runtime, messages): (&str, &str), story: &Story) {
    let table = RuntimeTable::new(client, runtime.to_owned());
    for label in TASKS {
        shown(&table, story, label).await;
    }
    let reader =
        MessageReader::new(MessagesTable::new(client, messages.to_owned()), FixedClock::new(story.captured_at));
    pushed(&reader, story).await;
    due(&table, story).await;
    stored_push(&table, story).await;
    changes(&table, story).await;
    erases(&table, story).await;
}

fn answer<'a>(story: &'a Story, label: &str) -> &'a Map<String, Value> {
    story.answers[&format!("task {label}")].as_object().expect("a task")
}

fn key_of(story: &Story, label: &str) -> (AppKey, TaskId) {
    let text = |name: &str| answer(story, label)[name].as_str().expect("a text").to_owned();
    (AppKey::parse(&text("app")).expect("an app's key"), TaskId::parse(&text("taskId")).expect("a task's id"))
}

async fn read(table: &RuntimeTable, story: &Story, label: &str) -> Task {
    let (app, id) = key_of(story, label);
    table.task(&app, id).await.expect("a task that can be read").unwrap_or_else(|| panic!("no task {label}"))
}

/// Checks that a task says what the API answered.
async fn shown(table: &RuntimeTable, story: &Story, label: &str) {
    let (app, id) = key_of(story, label);
    let (task, expected) = (read(table, story, label).await, answer(story, label));
    let counts = table.task_counts(&app, id).await.expect("counts that can be read");
    assert_eq!(Value::Object(as_answered(&app, &task, &counts)), Value::Object(expected.clone()), "{label}");
    let listed = table.tasks(&app, None, ALL).await.expect("tasks that can be read");
    assert!(listed.contains(&task), "{label}");
    let content = table.task_content(&app, id).await.expect("a content that can be read").expect("a content");
    assert_eq!(content.instant.expect("an instant push").sub_title.as_deref(), Some("Trains"), "{label}");
}

fn as_answered(app: &AppKey, task: &Task, counts: &TaskCounts) -> Map<String, Value> {
    let refused: Map<String, Value> =
        counts.refused.iter().map(|(reason, number)| (reason.code().to_owned(), json!(number))).collect();
    let whole = json!({
        "app": app, "taskId": task.id, "state": task.state, "title": task.title, "strategy": task.strategy,
        "createdAt": task.id.created_at(), "startsAt": task.starts_at, "endedAt": task.ended_at,
        "label": task.audience.label(), "total": task.total(), "done": task.walk.done, "accepted": counts.accepted,
        "refused": refused, "delivered": counts.delivered, "clicked": counts.clicked,
    });
    let Value::Object(mut fields) = whole else { panic!("not an object") };
    fields.retain(|name, value| !value.is_null() || name == "total");
    fields
}

async fn pushed(reader: &MessageReader<FixedClock>, story: &Story) {
    let (app, task) = key_of(story, "label");
    let sent = &story.messages["by a task, ins"];
    let stored = reader.message(&app, &sent.user, sent.msg_id).await.expect("a push that can be read");
    let stored = stored.expect("a push");
    assert_eq!(stored.content.task(), Some(task));
    assert_eq!(stored.decision.expect("a decision").task(), Some(task));
}

async fn due(table: &RuntimeTable, story: &Story) {
    let far = Timestamp::from_millis(9_999_999_999_999);
    let listed = async |now| table.due_tasks(now, ALL).await.expect("tasks that can be read");
    let ids = |due: Vec<DueTask>| -> BTreeSet<TaskId> { due.into_iter().map(|one| one.id).collect() };
    let (_, scheduled) = key_of(story, "scheduled");
    let (_, paused) = key_of(story, "paused");
    assert!(ids(listed(far).await).is_superset(&BTreeSet::from([scheduled, paused])));
    assert!(!ids(listed(story.captured_at).await).contains(&scheduled));
}

async fn stored_push(table: &RuntimeTable, story: &Story) {
    let (app, _) = key_of(story, "everyone");
    let expected = &story.answers["stored push"];
    let id = StoredPushId::parse(expected["pushMsgId"].as_str().expect("an id")).expect("a stored push's id");
    let push = table.stored_push(&app, id).await.expect("a push that can be read").expect("a push");
    assert_eq!(Value::Object(push.message), expected["pushMessage"]);
}

/// Checks that this version can let a task go on that a landed version paused, and end it.
async fn changes(table: &RuntimeTable, story: &Story) {
    let (app, id) = key_of(story, "paused");
    let paused = read(table, story, "paused").await;
    let page = paused.walk.page.as_ref().expect("a begun page");
    assert!(page.end.is_some() && page.newest().is_some());
    for state in [AskedState::Running, AskedState::Cancelled] {
        let task = read(table, story, "paused").await;
        let changed = task.asked(state, story.captured_at).expect("a task that has not ended");
        assert!(table.change_task(&app, &changed).await.expect("a task that can be changed"));
    }
    let ended = table.task(&app, id).await.expect("a task that can be read").expect("a task");
    assert_eq!((ended.ended_at, ended.version), (Some(story.captured_at), paused.version + 2));
}

/// Checks that this version can erase all rows about an app's tasks.
async fn erases(table: &RuntimeTable, story: &Story) {
    let (app, _) = key_of(story, "everyone");
    while table.erase_tasks(&app, 10).await.expect("rows that can go") {}
    assert_eq!(table.tasks(&app, None, ALL).await.expect("tasks that can be read"), []);
}
