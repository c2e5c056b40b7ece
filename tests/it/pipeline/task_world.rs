//! An app with users and tasks.

use std::time::Duration;

use curlew_tests::simulators::huawei;
use serde_json::{Value, json};
use shared::{
    domain::{
        id::{MessageId, TaskId},
        instant::{PushMessage, Strategy},
        push::SemanticClass,
        push_label::{LabelKey, PushLabel},
        task::{AskedState, Audience, NewTask, Task, TaskCounts},
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        push_labels::ManageLabels,
        queue::{DispatchRecord, QueueTask, TaskJob},
        tasks::{ChangeTask, CreateTask, ReadTask, ReadTaskCounts, TaskCreation},
    },
    testing::sample,
};

use super::harness::{HUAWEI, Stack, TestApp};

/// Longer than a redelivered record takes to come again.
pub const REDELIVERED: Duration = Duration::from_secs(180);

/// An app whose users have a phone each.
pub struct World {
    pub stack: Stack,
    pub app: TestApp,
    pub tokens: Vec<String>,
}

impl World {
    /// Starts an app with so many users, `u0` and so on.
    pub async fn with(users: usize, settings: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let mut world = Self { stack, app, tokens: Vec::new() };
        (0..users).for_each(|_| world.join());
        world
    }

    /// Adds a user with a phone.
    pub fn join(&mut self) {
        let (number, token) = (self.tokens.len(), huawei::device_token());
        let bound = sample::binding("phone", HUAWEI, &token, self.stack.clock.now());
        self.stack.users.add_bound(&self.app.key, &sample::user(&format!("u{number}")), bound);
        self.tokens.push(token);
    }

    /// Creates a task for everyone, and queues its first page.
    pub async fn task(&self, strategy: i64) -> TaskId {
        self.task_for(strategy, Audience::Everyone).await
    }

    pub async fn task_for(&self, strategy: i64, audience: Audience) -> TaskId {
        self.stack.clock.advance(Duration::from_secs(120));
        let now = self.stack.clock.now();
        let message = sample::object(json!({"title": "Notice", "content": "The service is back"}));
        let strategy = Strategy::parse(Some(strategy)).unwrap();
        let message = PushMessage::parse(&message, SemanticClass::Marketing).unwrap();
        let content = message.content(strategy, now, now.plus(Duration::from_secs(3600))).unwrap();
        let id = TaskId::new(now, u128::from(now.as_millis().unsigned_abs()));
        let task = Task::new(NewTask { id, audience, title: "Notice".into(), strategy, starts_at: None }, now);
        let created = self.stack.runtime.create_task(&self.app.key, &task, &content).await.unwrap();
        assert_eq!(created, TaskCreation::Created);
        self.queue(id, 0).await;
        id
    }

    /// Queues a record of a task.
    pub async fn queue(&self, task: TaskId, step: u64) {
        let job = TaskJob { app: self.app.key.clone(), task, step, not_before: None, attempts: 0 };
        self.stack.dispatch_queue.queue_task(&job, Duration::ZERO).await.unwrap();
    }

    pub async fn state(&self, task: TaskId) -> Task {
        self.stack.runtime.task(&self.app.key, task).await.unwrap().unwrap()
    }

    pub async fn counts(&self, task: TaskId) -> TaskCounts {
        self.stack.runtime.task_counts(&self.app.key, task).await.unwrap()
    }

    /// Changes a task as the app asks for it.
    pub async fn ask(&self, task: TaskId, state: AskedState) {
        let asked = self.state(task).await.asked(state, self.stack.clock.now()).unwrap();
        assert!(self.stack.runtime.change_task(&self.app.key, &asked).await.unwrap());
    }

    /// Gives a new label to these users.
    pub async fn label(&self, users: &[usize]) -> LabelKey {
        let body = json!({"name": "vips"});
        self.stack.ok("POST", &self.app.path("push/label"), &self.app.token, body).await;
        for users in users.chunks(100) {
            let names: Vec<String> = users.iter().map(|number| format!("u{number}")).collect();
            let path = self.app.path("push/label/vips/user");
            self.stack.ok("POST", &path, &self.app.token, json!({"usernames": names})).await;
        }
        let labels: Vec<PushLabel> = self.stack.labels.labels(&self.app.key, None, 1).await.unwrap();
        labels[0].key.clone()
    }

    /// Takes the visible record of a task from the queue. Other records stay.
    pub fn take_task_record(&self) -> Option<String> {
        let queue = &self.stack.dispatch_queue;
        let (mut found, mut others) = (None, Vec::new());
        for body in queue.take(usize::MAX) {
            let is_task = matches!(serde_json::from_str(&body).unwrap(), DispatchRecord::Task1(_));
            match is_task && found.is_none() {
                true => found = Some(body),
                false => others.push(body),
            }
        }
        others.into_iter().for_each(|body| queue.put(body));
        found
    }

    /// Handles everything but tasks, until only their records are left.
    pub async fn push_all(&self) {
        loop {
            let record = self.take_task_record();
            let worked = self.stack.step().await;
            if let Some(record) = record {
                self.stack.dispatch_queue.put(record);
            }
            if !worked {
                return;
            }
        }
    }

    /// Returns how many notifications each phone shows.
    pub fn shown(&self) -> Vec<usize> {
        self.tokens.iter().map(|token| self.stack.shown("huawei", token)).collect()
    }

    /// Returns how many phones show so many notifications, and got as many.
    pub fn phones_with(&self, notifications: usize) -> usize {
        let of = |token: &&String| {
            let phone = self.stack.simulators.device("huawei", token);
            phone.shade.len() == notifications && phone.delivered == notifications as u64
        };
        self.tokens.iter().filter(of).count()
    }

    /// Returns the ids of the messages that the store has for a user.
    pub fn ids_of(&self, number: usize) -> Vec<MessageId> {
        let user = sample::user(&format!("u{number}"));
        let all = self.stack.messages.all(&self.app.key).into_iter();
        all.filter(|(receiver, _)| receiver.user == user).map(|(receiver, _)| receiver.msg_id).collect()
    }

    /// Returns how long it takes to handle all records, by the clock of the test.
    pub async fn drained(&self) -> Duration {
        let begin: Timestamp = self.stack.clock.now();
        self.stack.drain().await;
        self.stack.clock.now().since(begin)
    }
}
