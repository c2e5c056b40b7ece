//! Instant pushes: their cost.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Cost, MAX_USERS, SHORT, Sender};
use crate::stack::StackError;

/// An app may make one synchronous push a second.
const A_SECOND: Duration = Duration::from_millis(1050);

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
