//! Servers of apps that answer as a test says.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use async_trait::async_trait;
use serde_json::Value;
use shared::{
    domain::id::AppKey,
    ports::callbacks::{CallbackAnswer, CallbackCall, CallbackFailure, PostCallback},
};
use tokio::time::{Instant, sleep};

/// How a server answers every call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Status(u16),
    /// with a wish to be left alone
    Later(u16, Option<u64>),
    /// after some time
    Slow(Duration, u16),
    /// never; the client gives up after 5 s
    Never,
    Fails(CallbackFailure),
}

/// A call that arrived.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) at: Instant,
    call: CallbackCall,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> &str {
        self.call.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.call.body).unwrap()
    }
}

#[derive(Default)]
struct Server {
    answer: Option<Answer>,
    calls: Vec<Call>,
    running: usize,
    most: usize,
}

/// The servers by the URL of their app.
#[derive(Default)]
pub(super) struct Servers(Mutex<BTreeMap<String, Server>>);

pub(super) fn url(app: &AppKey) -> String {
    format!("https://{}.example.com/", app.app())
}

impl Servers {
    pub(super) fn set(&self, app: &AppKey, answer: Answer) {
        self.0.lock().unwrap().entry(url(app)).or_default().answer = Some(answer);
    }

    pub(super) fn calls(&self, app: &AppKey) -> Vec<Call> {
        self.0.lock().unwrap().get(&url(app)).map(|server| server.calls.clone()).unwrap_or_default()
    }

    pub(super) fn max_at_once(&self, app: &AppKey) -> usize {
        self.0.lock().unwrap()[&url(app)].most
    }

    pub(super) fn forget_calls(&self) {
        self.0.lock().unwrap().values_mut().for_each(|server| server.calls.clear());
    }
}

#[async_trait]
impl PostCallback for Servers {
    async fn post_callback(&self, call: &CallbackCall) -> Result<CallbackAnswer, CallbackFailure> {
        let answer = {
            let mut servers = self.0.lock().unwrap();
            let server = servers.get_mut(&call.url).unwrap();
            server.calls.push(Call { at: Instant::now(), call: call.clone() });
            server.running += 1;
            server.most = server.most.max(server.running);
            server.answer.unwrap()
        };
        let (wait, answered) = match answer {
            Answer::Status(status) => (Duration::ZERO, Ok(CallbackAnswer { status, retry_after: None })),
            Answer::Later(status, seconds) => {
                let retry_after = seconds.map(Duration::from_secs);
                (Duration::ZERO, Ok(CallbackAnswer { status, retry_after }))
            }
            Answer::Slow(wait, status) => (wait, Ok(CallbackAnswer { status, retry_after: None })),
            Answer::Never => (Duration::from_secs(5), Err(CallbackFailure::Timeout)),
            Answer::Fails(failure) => (Duration::ZERO, Err(failure)),
        };
        sleep(wait).await;
        self.0.lock().unwrap().get_mut(&call.url).unwrap().running -= 1;
        answered
    }
}
