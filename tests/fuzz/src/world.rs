//! What targets share in a process: a runtime, and the product with an app.

use std::{future::Future, sync::LazyLock};

use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Stack, TestApp};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

/// Waits for a future.
pub(crate) fn wait<F: Future>(work: F) -> F::Output {
    RUNTIME.block_on(work)
}

/// Begins a task of a test's own server.
pub(crate) fn begin(work: impl Future<Output = ()> + Send + 'static) {
    drop(RUNTIME.spawn(work));
}

/// The product with an app, a user's token and a connection.
pub(crate) struct Product {
    pub(crate) stack: Stack,
    pub(crate) app: TestApp,
    pub(crate) user_token: String,
}

impl Product {
    /// Starts the product.
    pub(crate) async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
        let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
        let user_token = issued["access_token"].as_str().expect("a token").to_owned();
        Self { stack, app, user_token }
    }
}
