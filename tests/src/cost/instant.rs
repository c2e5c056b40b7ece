//! Instant pushes: their cost.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Cost, MAX_USERS, SHORT, Sender};
use crate::stack::StackError;

/// An app may make one synchronous push a second.
const A_SECOND: Duration = Duration::from_millis(1050);
/// The label of the users of a task.
const LABEL: &str = "counted";

impl Sender<'_> {
    /// Pushes to each of these users with this strategy, a hundred a request and all at once.
    pub async fn instant(&self, users: &[String], strategy: u8) -> Result<Cost, StackError> {
        let push = async {
            for targets in users.chunks(MAX_USERS) {
                let body = json!({"targets": targets, "strategy": strategy, "pushMessage": notice()});
                self.post("/push/single", &body).await?;
            }
            Ok(())
        };
        self.counted(users.len(), self.in_full_batches(push)).await
    }

    /// Pushes to these users by a task. They get a label, which is not counted.
    pub async fn instant_by_task(&self, users: &[String]) -> Result<Cost, StackError> {
        self.post("/push/label", &json!({"name": LABEL, "description": ""})).await?;
        for usernames in users.chunks(MAX_USERS) {
            self.post(&format!("/push/label/{LABEL}/user"), &json!({"usernames": usernames})).await?;
        }
        let task = json!({"targets": [LABEL], "pushMessage": notice()});
        self.counted(users.len(), self.in_full_batches(self.post("/push/list/label", &task))).await
    }

    /// Pushes to each of these users, one after the other, and waits for the vendor's answers.
    pub async fn instant_in_sync(&self, users: &[String]) -> Result<Cost, StackError> {
        self.counted(users.len(), async {
            for user in users {
                self.post(&format!("/push/sync/{user}"), &json!({"pushMessage": notice()})).await?;
                tokio::time::sleep(A_SECOND).await;
            }
            Ok(())
        })
        .await
    }
}

fn notice() -> Value {
    json!({"title": "Notice", "content": SHORT})
}
