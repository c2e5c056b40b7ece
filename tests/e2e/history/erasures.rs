//! Users who come, get messages, and are erased. When nothing fails any more, others get their names.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use curlew_tests::history::Request;
use reqwest::Method;
use serde_json::json;
use shared::{domain::id::UserId, ports::erase_queue::EraseRecord};

use super::{
    app_server::{AppServer, user},
    turn::Turn,
};
use crate::harness::{Phone, until};

/// The time between two erasures.
const PAUSE: Duration = Duration::from_secs(1);

/// Users who are erased.
pub struct Erased<'r, 'w> {
    server: AppServer<'r, 'w>,
    names: Mutex<Vec<String>>,
}

impl<'r, 'w> Erased<'r, 'w> {
    pub fn new(server: AppServer<'r, 'w>) -> Self {
        Self { server, names: Mutex::default() }
    }

    /// Goes on until the story is over.
    pub async fn play(&self, turn: &Turn) {
        turn.repeat("EraseData", async |number| {
            let name = format!("gone{number}");
            self.come_and_be_erased(&name).await;
            self.names.lock().unwrap().push(name);
            tokio::time::sleep(PAUSE).await;
        })
        .await;
    }

    async fn come_and_be_erased(&self, name: &str) {
        self.server.bind(&Phone::new("fcm", name), name).await;
        self.server.join(name).await;
        self.server.send_to(name).await;
        self.server.send_to(name).await;
        let request = Request::EraseUser { user: user(name) };
        self.server.change(request, Method::DELETE, &format!("/users/{name}"), &json!({})).await;
    }

    /// Waits until the first sweep of everybody is complete: the next one is queued then.
    pub async fn are_swept(&self) {
        let names: BTreeSet<UserId> = self.names.lock().unwrap().iter().map(|name| user(name)).collect();
        until("the sweeps of erased users", async || names.is_subset(&self.swept().await).then_some(())).await;
    }

    /// Returns the users of whom a second sweep was queued.
    async fn swept(&self) -> BTreeSet<UserId> {
        let tenant = self.server.tenant;
        let bodies = tenant.world.stack.sent.bodies("EraseQueue").await.unwrap();
        let swept = bodies.iter().filter_map(|body| match serde_json::from_str(body).unwrap() {
            EraseRecord::User1(job) if job.app == tenant.key && job.progress.sweep > 0 => Some(job.user),
            _ => None,
        });
        swept.collect()
    }

    /// Others get the names, and find nothing.
    pub async fn come_back(&self) {
        let names = self.names.lock().unwrap().clone();
        for name in names {
            let request = Request::CreateUser { user: user(&name) };
            let body = json!({"username": name, "password": "-"});
            self.server.change(request, Method::POST, "/users", &body).await;
            self.server.run.pull(&user(&name)).await.unwrap();
        }
    }
}
