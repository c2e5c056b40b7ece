//! Pushes to everyone.

use std::{sync::Mutex, time::Duration};

use curlew_tests::history::{Audience, Kind, Sending};
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::instant::Strategy;

use super::{
    app_server::{AppServer, again, text, user},
    turn::Turn,
};
use crate::harness::{canary, until};

/// An app may create so many tasks in five minutes.
const MAX_TASKS: usize = 3;
/// The time between two of them.
const PAUSE: Duration = Duration::from_secs(20);

/// Tasks of the app.
pub struct Tasks<'r, 'w> {
    server: AppServer<'r, 'w>,
    ids: Mutex<Vec<String>>,
}

impl<'r, 'w> Tasks<'r, 'w> {
    pub fn new(server: AppServer<'r, 'w>) -> Self {
        Self { server, ids: Mutex::default() }
    }

    /// Creates tasks, until the story is over or no more are allowed.
    pub async fn play(&self, turn: &Turn) {
        for _ in 0..MAX_TASKS {
            if turn.is_over() {
                return;
            }
            self.create().await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Creates a task until it is accepted.
    async fn create(&self) {
        let text = text();
        let body = json!({"pushMessage": {"title": text, "content": text, "class": "system"}});
        let kind = Kind::Instant(Strategy::default());
        let sending =
            Sending { kind, key: Some(canary::fresh()), ..Sending::chat(&text, user("admin"), Audience::Everyone) };
        again(|| async {
            let answer =
                self.server.run.send(&sending, "/push/task", &body).await.filter(|answer| answer.status == 200);
            let id = answer.and_then(|answer| answer.body["data"].as_str().map(str::to_owned));
            let created = id.is_some();
            self.ids.lock().unwrap().extend(id);
            created
        })
        .await;
    }

    /// Waits until every task is done.
    pub async fn are_done(&self) {
        let ids = self.ids.lock().unwrap().clone();
        for id in ids {
            until(&format!("the end of the task {id}"), async || {
                let call = self.server.tenant.app.call(Method::GET, &format!("/push/task/{id}"));
                let now: Value = call.send().await.ok()?.success().ok()?["data"].take();
                (now["state"] == "done").then_some(())
            })
            .await;
        }
    }
}
