//! Routes of tasks and stored pushes: what a caller is answered, and what is stored and queued.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    domain::{
        id::TaskId,
        push::SemanticClass,
        task::{Audience, MAX_OPEN_TASKS, NEW_TASKS_WINDOW, Task, TaskCounts, TaskState, Walk},
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        tasks::{ChangeTask, CountTaskPushes, ReadTask, ReadTaskContent},
    },
};

use super::harness::{Stack, TestApp};

/// An app, and its calls about tasks.
pub(super) struct World {
    pub stack: Stack,
    pub app: TestApp,
}

impl World {
    pub(super) async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        Self { stack, app }
    }

    /// Makes a call, a second after the call before.
    pub(super) async fn call(&self, method: &str, route: &str, body: Value) -> (u16, Value) {
        self.stack.clock.advance(Duration::from_secs(1));
        self.stack.call(method, &self.app.path(route), &self.app.token, &body).await
    }

    /// Returns the `data` of a call that succeeds.
    pub(super) async fn ok(&self, method: &str, route: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, route, body).await;
        assert_eq!(status, 200, "{method} {route}: {answer}");
        answer["data"].clone()
    }

    /// Returns status, exception and text of a call that is refused.
    async fn refused(&self, method: &str, route: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = self.call(method, route, body).await;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (status, text("exception"), text("error_description"))
    }

    /// Creates a task for all users, some minutes after the one before.
    pub(super) async fn create(&self, more: Value) -> String {
        self.stack.clock.advance(NEW_TASKS_WINDOW);
        self.ok("POST", "push/task", sale(more)).await.as_str().unwrap().to_owned()
    }

    pub(super) async fn show(&self, id: &str) -> Value {
        self.ok("GET", &format!("push/task/{id}"), json!({})).await
    }

    async fn set(&self, id: &str, state: &str) -> Value {
        self.ok("PUT", &format!("push/task/{id}"), json!({"state": state})).await
    }

    pub(super) async fn stored(&self, id: &str) -> Task {
        self.stack.runtime.task(&self.app.key, TaskId::parse(id).unwrap()).await.unwrap().unwrap()
    }

    /// Returns the tasks and steps of the queued pages.
    pub(super) fn pages(&self) -> Vec<(String, u64)> {
        self.stack.dispatch_queue.task_jobs().into_iter().map(|job| (job.task.to_string(), job.step)).collect()
    }

    async fn label(&self, name: &str) {
        self.ok("POST", "push/label", json!({"name": name})).await;
    }
}

/// Returns the body of a push, and more.
pub(super) fn sale(more: Value) -> Value {
    let mut body = json!({"pushMessage": {"title": "Sale", "content": "Until Sunday"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Returns a time as the API takes it, in the time zone of apps by default, eight hours before UTC.
pub(super) fn start_date(at: Timestamp) -> String {
    let shanghai = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let local = shanghai.to_datetime(jiff::Timestamp::from_millisecond(at.as_millis()).unwrap());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[tokio::test]
async fn a_task_for_everyone_runs_at_once_and_its_first_page_is_queued() {
    let world = World::start().await;
    let id = world.create(json!({"strategy": 3})).await;
    let now = world.stack.clock.now();
    assert_eq!(world.pages(), [(id.clone(), 0)]);
    let task = world.stored(&id).await;
    assert_eq!((task.state, &task.audience, task.starts_at), (TaskState::Running, &Audience::Everyone, now));
    let content = world.stack.runtime.task_content(&world.app.key, task.id).await.unwrap().unwrap();
    assert_eq!(content.ext["em_push_class"], json!(SemanticClass::Marketing));
    assert_eq!(content.instant.unwrap().task, Some(task.id));
    let shown = world.show(&id).await;
    let expected = json!({
        "taskId": id, "state": "running", "title": "Sale", "strategy": 3, "createdAt": now, "startsAt": now,
        "total": null, "done": 0, "accepted": 0, "refused": {}, "delivered": 0, "clicked": 0,
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_task_that_could_not_be_queued_is_created_and_the_schedule_starts_it() {
    let world = World::start().await;
    world.stack.dispatch_queue.faults.fail_next_of("queue_task", 1);
    let id = world.create(json!({})).await;
    assert_eq!(world.pages(), []);
    for _ in 0..6 {
        world.stack.clock.advance(Duration::from_secs(60));
        world.stack.tick().await;
    }
    assert_eq!(world.pages()[0], (id, 0));
}

#[tokio::test]
async fn a_repeated_call_gets_the_first_task_also_after_a_lost_answer() {
    let world = World::start().await;
    let (path, body) = (world.app.path("push/task"), sale(json!({})).to_string());
    let call = async || {
        world.stack.clock.advance(Duration::from_secs(40));
        world.stack.call_with("POST", &path, &world.app.token, &[("idempotency-key", "k1")], body.clone()).await
    };
    world.stack.runtime.faults.lose_answer_of("create_task", 1);
    assert_eq!(call().await.0, 503);
    let (status, first) = call().await;
    assert_eq!((status, call().await.1["data"].clone()), (200, first["data"].clone()));
    let listed = world.ok("GET", "push/task", json!({})).await;
    assert_eq!(listed.as_array().unwrap().iter().map(|task| &task["taskId"]).collect::<Vec<_>>(), [&first["data"]]);
}

#[tokio::test]
async fn a_scheduled_task_waits_in_the_app_s_time_zone() {
    let world = World::start().await;
    let at = Timestamp::from_millis((world.stack.clock.now().as_seconds() + 7200) * 1000);
    let id = world.create(json!({"startDate": start_date(at)})).await;
    let shown = world.show(&id).await;
    assert_eq!((&shown["state"], &shown["startsAt"]), (&json!("scheduled"), &json!(at)));
    assert_eq!(world.pages(), []);
    world.stack.clock.advance(at.since(world.stack.clock.now()) - Duration::from_secs(1));
    world.stack.tick().await;
    assert_eq!(world.pages(), []);
    world.stack.clock.advance(Duration::from_secs(1));
    world.stack.tick().await;
    assert_eq!((world.pages(), world.show(&id).await["state"].clone()), (vec![(id, 0)], json!("running")));
}

#[tokio::test]
async fn a_start_that_is_too_near_too_far_or_no_time_is_refused_with_the_rule() {
    let world = World::start().await;
    let day = Duration::from_secs(86_400);
    let now = world.stack.clock.now();
    let ahead = "startDate must be 1 hour to 30 days ahead, in the app's time zone Asia/Shanghai";
    let shape = "startDate must be a time as yyyy-MM-dd HH:mm:ss";
    for (start, text) in [
        (json!(start_date(now.plus(Duration::from_secs(3500)))), ahead),
        (json!(start_date(now.plus(day * 31))), ahead),
        (json!(start_date(now.minus(day))), ahead),
        (json!("2026-02-30 10:00:00"), shape),
        (json!("2026-12-24T18:00:00"), shape),
        (json!(""), shape),
        (json!(1_798_106_400), "startDate must be a string"),
    ] {
        let refused = world.refused("POST", "push/task", sale(json!({"startDate": start}))).await;
        assert_eq!(refused, (400, "IllegalArgumentException".into(), text.into()), "{start}");
    }
    assert_eq!(world.stack.runtime.task_rows(&world.app.key), 0);
}

#[tokio::test]
async fn a_push_that_breaks_a_rule_creates_nothing() {
    let world = World::start().await;
    for route in ["push/task", "push/list/label", "push/message"] {
        let wide = json!({"targets": ["vip"], "pushMessage": {"title": "x".repeat(33)}});
        let (status, exception, _) = world.refused("POST", route, wide).await;
        assert_eq!((status, exception.as_str()), (400, "MessageException"), "{route}");
        let large = json!({"targets": ["vip"], "pushMessage": {"easemob": {"a": "x".repeat(6000)}}});
        assert_eq!(world.refused("POST", route, large).await.0, 413, "{route}");
        assert_eq!(world.refused("POST", route, json!({"targets": ["vip"]})).await.0, 400, "{route}");
    }
    // Fields that nothing reads are stored with a push, so they count.
    let unread = json!({"pushMessage": {"title": "Sale", "unread": "x".repeat(6000)}});
    assert_eq!(world.refused("POST", "push/message", unread).await.0, 413);
    assert_eq!(world.stack.runtime.task_rows(&world.app.key), 0);
}

#[tokio::test]
async fn a_push_to_a_label_names_one_that_exists() {
    let world = World::start().await;
    let push = |targets: Value| sale(json!({"targets": targets}));
    for (targets, status, text) in [
        (json!([]), 400, "targets must have 1 to 1 entries"),
        (json!(["vip", "old"]), 400, "targets must have 1 to 1 entries"),
        (json!([7]), 400, "targets[0] must be a string"),
        (json!("vip"), 400, "targets must be an array"),
        (json!(["vip"]), 400, "push label not exists of vip"),
        (json!(["a/b"]), 400, "push label not exists of a/b"),
    ] {
        let (refused, _, said) = world.refused("POST", "push/list/label", push(targets.clone())).await;
        assert_eq!((refused, said.as_str()), (status, text), "{targets}");
    }
    world.label("vip").await;
    let data = world.ok("POST", "push/list/label", push(json!(["vip"]))).await;
    let id = data["taskId"].as_str().unwrap();
    let shown = world.show(id).await;
    assert_eq!((&shown["label"], &shown["state"]), (&json!("vip"), &json!("running")));
    assert_eq!(world.pages(), [(id.to_owned(), 0)]);
}

#[tokio::test]
async fn a_stored_push_is_shown_as_it_was_sent_and_broadcast_as_often_as_one_likes() {
    let world = World::start().await;
    let message = json!({"title": "Sale", "content": "Until Sunday", "huawei": {"a": 1}, "unread": [1]});
    let stored = world.ok("POST", "push/message", json!({"pushMessage": message})).await;
    let (id, now) = (stored.as_str().unwrap(), world.stack.clock.now());
    let shown = world.ok("GET", &format!("push/message/{id}"), json!({})).await;
    assert_eq!(shown, json!({"pushMsgId": id, "pushMessage": message, "createdAt": now}));
    let at = Timestamp::from_millis((now.as_seconds() + 7200) * 1000);
    for (more, state, strategy) in
        [(json!({}), "running", 2), (json!({"strategy": 0, "startDate": start_date(at)}), "scheduled", 0)]
    {
        let mut body = json!({"pushMsgId": id});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let task = world.ok("POST", "push/task/broadcast", body).await;
        let shown = world.show(task.as_str().unwrap()).await;
        assert_eq!((&shown["state"], &shown["strategy"]), (&json!(state), &json!(strategy)));
        assert_eq!(shown["title"], "Sale");
    }
    world.stack.clock.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(world.call("GET", &format!("push/message/{id}"), json!({})).await.0, 404);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let world = World::start().await;
    let unknown = TaskId::new(world.stack.clock.now(), 7).to_string();
    for (method, route, body) in [
        ("GET", format!("push/task/{unknown}"), json!({})),
        ("GET", "push/task/nonsense".into(), json!({})),
        ("PUT", format!("push/task/{unknown}"), json!({"state": "paused"})),
        ("GET", format!("push/message/{unknown}"), json!({})),
        ("POST", "push/task/broadcast".into(), json!({"pushMsgId": unknown})),
    ] {
        let (status, exception, _) = world.refused(method, &route, body).await;
        assert_eq!((status, exception.as_str()), (404, "ServiceResourceNotFoundException"), "{method} {route}");
    }
    let nonsense = world.refused("POST", "push/task/broadcast", json!({"pushMsgId": "nonsense"})).await;
    assert_eq!((nonsense.0, nonsense.2.as_str()), (400, "pushMsgId must be the 26 characters of a stored push's id"));
}

#[tokio::test]
async fn three_tasks_are_created_in_five_minutes_whatever_they_are() {
    let world = World::start().await;
    world.label("vip").await;
    let stored = world.ok("POST", "push/message", sale(json!({}))).await;
    let at = world.stack.clock.now().plus(Duration::from_secs(7200));
    world.ok("POST", "push/task", sale(json!({"startDate": start_date(at)}))).await;
    world.ok("POST", "push/list/label", sale(json!({"targets": ["vip"]}))).await;
    world.ok("POST", "push/task/broadcast", json!({"pushMsgId": stored})).await;
    let expected = (403, "LimitException".to_owned(), "limit request".to_owned());
    assert_eq!(world.refused("POST", "push/task", sale(json!({}))).await, expected);
    assert_eq!(world.refused("POST", "push/task/broadcast", json!({"pushMsgId": stored})).await, expected);
    let other = world.stack.app("other", json!({})).await;
    assert_eq!(world.stack.call("POST", &other.path("push/task"), &other.token, &sale(json!({}))).await.0, 200);
    world.stack.clock.advance(NEW_TASKS_WINDOW);
    world.ok("POST", "push/task", sale(json!({}))).await;
}

#[tokio::test]
async fn an_app_has_a_hundred_tasks_that_have_not_ended() {
    let world = World::start().await;
    let first = world.create(json!({})).await;
    for _ in 1..MAX_OPEN_TASKS {
        world.create(json!({})).await;
    }
    world.stack.clock.advance(NEW_TASKS_WINDOW);
    let full = world.refused("POST", "push/task", sale(json!({}))).await;
    let text = "limit request: an app has at most 100 tasks that have not ended";
    assert_eq!(full, (403, "LimitException".into(), text.into()));
    world.set(&first, "cancelled").await;
    world.create(json!({})).await;
}

#[tokio::test]
async fn a_hundred_pushes_are_stored_a_day() {
    let world = World::start().await;
    let day = Duration::from_secs(86_400);
    // The day is one in UTC, so it begins anew.
    let into_day = Duration::from_millis(world.stack.clock.now().as_millis().unsigned_abs() % 86_400_000);
    world.stack.clock.advance(day - into_day);
    for _ in 0..100 {
        world.ok("POST", "push/message", sale(json!({}))).await;
    }
    let refused = world.refused("POST", "push/message", sale(json!({}))).await;
    let text = "limit request: an app stores at most 100 pushes a day";
    assert_eq!(refused, (403, "LimitException".into(), text.into()));
    world.stack.clock.advance(day);
    world.ok("POST", "push/message", sale(json!({}))).await;
}

#[tokio::test]
async fn routes_that_push_to_many_have_the_rates_and_the_refusal_of_easemob() {
    let world = World::start().await;
    let (path, body) = (|route: &str| world.app.path(route), json!({}));
    for (route, calls) in [("push/task", 1), ("push/task/broadcast", 1), ("push/message", 1), ("push/list/label", 10)] {
        for _ in 0..calls {
            assert_eq!(world.stack.call("POST", &path(route), &world.app.token, &body).await.0, 400, "{route}");
        }
        let (status, answer) = world.stack.call("POST", &path(route), &world.app.token, &body).await;
        assert_eq!((status, &answer["exception"]), (403, &json!("LimitException")), "{route}");
    }
    // Progress is read as often as anything else.
    for _ in 0..20 {
        assert_eq!(world.stack.call("GET", &path("push/task"), &world.app.token, &body).await.0, 200);
    }
}

#[tokio::test]
async fn a_task_is_paused_resumed_and_cancelled_and_then_stays_so() {
    let world = World::start().await;
    let id = world.create(json!({})).await;
    assert_eq!(world.set(&id, "paused").await["state"], "paused");
    assert_eq!(world.set(&id, "paused").await["state"], "paused");
    assert_eq!(world.pages().len(), 1, "nothing is queued for a paused task");
    assert_eq!(world.set(&id, "running").await["state"], "running");
    assert_eq!(world.pages().len(), 2, "the page that it resumes with is queued");
    assert_eq!(world.set(&id, "running").await["state"], "running");
    assert_eq!(world.pages().len(), 2);
    let cancelled = world.set(&id, "cancelled").await;
    assert_eq!((&cancelled["state"], &cancelled["total"]), (&json!("cancelled"), &json!(null)));
    assert_eq!(cancelled["endedAt"], json!(world.stack.clock.now()));
    for state in ["paused", "running", "cancelled"] {
        let refused = world.refused("PUT", &format!("push/task/{id}"), json!({"state": state})).await;
        assert_eq!(refused, (409, "ConflictException".into(), "the task has ended".into()));
    }
    let unknown = world.refused("PUT", &format!("push/task/{id}"), json!({"state": "done"})).await;
    assert_eq!((unknown.0, unknown.2.as_str()), (400, "state must be paused, running or cancelled"));
}

#[tokio::test]
async fn a_pause_of_a_task_that_changes_meanwhile_is_repeated() {
    let world = World::start().await;
    let id = world.create(json!({})).await;
    // The answer of the change is lost, so the call fails, and its repeat finds what it did.
    world.stack.runtime.faults.lose_answer_of("change_task", 1);
    assert_eq!(world.call("PUT", &format!("push/task/{id}"), json!({"state": "paused"})).await.0, 503);
    assert_eq!(world.set(&id, "paused").await["state"], "paused");
}

#[tokio::test]
async fn progress_shows_what_was_counted() {
    let world = World::start().await;
    let id = world.create(json!({})).await;
    let task = world.stored(&id).await;
    let refused = [(shared::domain::reason::Reason::NoPushBinding, 4)].into();
    let counts = TaskCounts { accepted: 7, refused, delivered: 5, clicked: 2 };
    world.stack.runtime.add_task_counts(&world.app.key, task.id, &counts).await.unwrap();
    let walk = Walk { done: 11, ..task.walk.clone() };
    let (state, ended_at) = (TaskState::Done, Some(world.stack.clock.now()));
    let done = Task { state, ended_at, walk, version: task.version + 1, ..task };
    assert!(world.stack.runtime.change_task(&world.app.key, &done).await.unwrap());
    let shown = world.show(&id).await;
    let numbers = ["total", "done", "accepted", "delivered", "clicked"].map(|name| shown[name].as_u64());
    assert_eq!(numbers, [Some(11), Some(11), Some(7), Some(5), Some(2)]);
    assert_eq!((&shown["refused"], &shown["state"]), (&json!({"no push binding": 4}), &json!("done")));
}

#[tokio::test]
async fn tasks_are_listed_the_newest_first_in_pages_without_counts() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.create(json!({})).await);
    }
    ids.reverse();
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = world.call("GET", &format!("push/task?limit=2{cursor}"), json!({})).await;
        let tasks = page["data"].as_array().unwrap();
        assert!(tasks.iter().all(|task| task.get("accepted").is_none()), "{page}");
        read.extend(tasks.iter().map(|task| task["taskId"].as_str().unwrap().to_owned()));
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, ids);
    for query in ["limit=0", "limit=101", "cursor=x"] {
        assert_eq!(world.call("GET", &format!("push/task?{query}"), json!({})).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn users_of_an_app_open_no_task() {
    let world = World::start().await;
    let id = world.create(json!({})).await;
    let path = world.app.path("token");
    let inherit = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let token = world.stack.ok("POST", &path, &world.app.token, inherit).await["access_token"].clone();
    for (method, route) in [
        ("POST", "push/task".to_owned()),
        ("GET", "push/task".into()),
        ("GET", format!("push/task/{id}")),
        ("PUT", format!("push/task/{id}")),
        ("POST", "push/list/label".into()),
        ("POST", "push/message".into()),
        ("GET", format!("push/message/{id}")),
        ("POST", "push/task/broadcast".into()),
    ] {
        world.stack.clock.advance(Duration::from_secs(1));
        let path = world.app.path(&route);
        let (status, _) = world.stack.call(method, &path, token.as_str().unwrap(), &sale(json!({}))).await;
        assert_eq!(status, 403, "{method} {route}");
    }
}
