//! Callbacks: their cost, without that of the pushes that they tell of.

use std::{future::Future, time::Duration};

use serde_json::{Value, json};
use shared::{
    crypto::system::System,
    domain::id::AppKey,
    ports::{
        callbacks::{ListCallbacks, RemoveCallbacks, StoreCallbacks, StoredCallback},
        clock::Clock,
    },
};

use super::{AppServer, Cost, SHORT, Sender, message};
use crate::stack::{StackError, Used};

const CALLBACK: &str = "CallbackQueue";
const DELIVERS: &str = "DeliverCallback";
const SCHEDULES: &str = "RunSchedule";
/// More events than a measurement has.
const ALL: usize = 10_000;

/// Returns the settings of an app whose server is told of the ends of pushes.
pub fn told(server: &AppServer) -> Value {
    json!({"callback": {"url": server.url, "secret": "of-a-measurement", "events": ["push"]}})
}

impl Sender<'_> {
    /// Sends a message to each of these users, one after the other. Returns what their callbacks cost.
    pub async fn callbacks_one_by_one(&self, users: &[String], server: &AppServer) -> Result<Cost, StackError> {
        self.callbacks(users, server, async {
            for user in users {
                self.post("/messages/users", &message(user, SHORT)).await?;
                self.through().await?;
                self.emptied(CALLBACK).await?;
            }
            Ok(())
        })
        .await
    }

    /// Sends messages to these users, and tells the server of all at once.
    pub async fn callbacks_at_once(&self, users: &[String], server: &AppServer) -> Result<Cost, StackError> {
        self.callbacks(users, server, self.told_at_once(users)).await
    }

    /// The same with a server that takes nothing: until the last of the ten tries.
    ///
    /// Days pass between them. Here each row is due as soon as it is stored.
    pub async fn callbacks_in_vain(&self, users: &[String], server: &AppServer) -> Result<Cost, StackError> {
        server.answers(500);
        let in_vain = async {
            self.told_at_once(users).await?;
            while self.makes_due().await? {
                self.stack.cloud.invoke(SCHEDULES).await?;
                self.emptied(CALLBACK).await?;
            }
            Ok(())
        };
        let cost = self.callbacks(users, server, in_vain).await;
        server.answers(200);
        cost
    }

    async fn told_at_once(&self, users: &[String]) -> Result<(), StackError> {
        self.stack.cloud.feed(DELIVERS, false).await?;
        let sent = self.send_in_batches(users, |user| message(user, SHORT)).await;
        self.stack.cloud.feed(DELIVERS, true).await?;
        sent?;
        self.emptied(CALLBACK).await
    }

    /// Makes the stored events of the app due. Returns `false` if their tries are over.
    async fn makes_due(&self) -> Result<bool, StackError> {
        let failed = |error: shared::ports::error::StoreError| StackError::Aws(error.chain());
        let app = AppKey::new(&self.app.org, &self.app.app).map_err(|refused| StackError::Aws(refused.to_string()))?;
        let (runtime, now) = (self.stack.cloud.runtime(), System::default().now());
        let (mut stored, _) = runtime.stored_callbacks(&app, now, ALL).await.map_err(failed)?;
        stored.retain(|event| event.due.is_some());
        runtime.remove_callbacks(&app, &stored).await.map_err(failed)?;
        let due = Some(now.minus(Duration::from_secs(1)));
        let stored: Vec<_> = stored.into_iter().map(|event| StoredCallback { due, ..event }).collect();
        runtime.store_callbacks(&app, &stored, now).await.map_err(failed)?;
        Ok(!stored.is_empty())
    }

    /// Returns what the callbacks of an action cost, one for each user.
    async fn callbacks(
        &self,
        users: &[String],
        server: &AppServer,
        act: impl Future<Output = Result<(), StackError>>,
    ) -> Result<Cost, StackError> {
        self.emptied(CALLBACK).await?;
        let before = server.calls();
        let cost = self.used(users.len(), act).await?;
        let is_of_callbacks =
            |used: &Used| [DELIVERS, SCHEDULES].contains(&used.caller.as_str()) || used.resource == CALLBACK;
        Ok(Cost {
            pushes: users.len() as u64,
            vendor_requests: server.calls() - before,
            calls: cost.calls.into_iter().filter(is_of_callbacks).collect(),
            partitions: Vec::new(),
            ..cost
        })
    }
}
