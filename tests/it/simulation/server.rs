//! The apps' own servers, which are told what becomes of pushes. They answer, fail, hang, are slow or busy.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use curlew_tests::history::What;
use serde_json::Value;
use shared::{
    domain::id::{AppKey, MessageId, UserId},
    ports::callbacks::{CallbackAnswer, CallbackCall, CallbackFailure, PostCallback},
};

use super::{
    operators::Change,
    process::Life,
    random::Random,
    recorder::Recorder,
    story::{Action, Function, ServerTrouble, Service, Story, Trouble, TroubleKind},
    weather::Weather,
    world::World,
};

/// How long `deliver-callback` waits for an answer, at most.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest usual time of a server, in milliseconds.
const USUAL: u64 = 80;

/// How many of 100 stories tell the first app's server from the beginning, and in how many of them it is disturbed.
const TOLD: u8 = 40;
const DISTURBED: u8 = 50;
/// A function may know an app's settings for so long.
const CACHED: Duration = Duration::from_secs(121);

/// Has the first app's server told from the beginning in some stories. The story lasts so many milliseconds.
pub fn listen(story: &mut Story, lasts: u64) {
    let random = Random::of(story.seed, "told");
    story.told = random.percent(TOLD);
    if story.told && random.percent(DISTURBED) {
        let kind = match trouble(&random, story) {
            TroubleKind::Server { how, percent, .. } => TroubleKind::Server { app: 0, how, percent },
            other => other,
        };
        story.troubles.push(Trouble { from: 0, lasts, kind });
    }
}

impl World {
    /// Has the first app's server told, and waits until every function knows that.
    pub async fn tell_server(&self) {
        self.change(0, &Change::Tell { secret: Some(0) }).await;
        tokio::time::sleep(CACHED).await;
    }
}

/// Lets an app have its server told, under a secret of this number.
pub fn action(random: &Random, _: &Story) -> Action {
    let app = u8::from(random.percent(30));
    let secret = random.percent(85).then(|| random.below(3) as u8);
    Action::Change { app, change: Change::Tell { secret } }
}

/// Returns what goes wrong with a server, or with the function that calls it.
pub fn trouble(random: &Random, _: &Story) -> TroubleKind {
    let how = match random.below(6) {
        0 => return TroubleKind::Death { of: Function::DeliverCallback, at: random.between(0, 20) as u32, late: true },
        1 => ServerTrouble::Fails,
        2 => ServerTrouble::Hangs,
        3 => ServerTrouble::TakesSilently,
        4 => ServerTrouble::Slow(random.between(100, 9000) as u32),
        _ => ServerTrouble::Busy(random.between(1, 120) as u32),
    };
    TroubleKind::Server { app: u8::from(random.percent(30)), how, percent: random.between(20, 100) as u8 }
}

/// Returns the address of an app's server.
pub fn url_of(app: u8) -> String {
    format!("https://server-of-a{app}.example.com/curlew")
}

/// Returns a secret of an app's server.
pub fn secret_of(app: u8, number: u8) -> String {
    format!("callback-secret-{number}-of-a{app}")
}

/// The servers of all apps.
pub struct Servers {
    recorder: Recorder,
    weather: Arc<Weather>,
    /// the app of each address
    apps: Mutex<BTreeMap<String, (u8, AppKey)>>,
}

impl Servers {
    /// Returns servers of no app.
    pub fn new(recorder: Recorder, weather: Arc<Weather>) -> Arc<Self> {
        Arc::new(Self { recorder, weather, apps: Mutex::default() })
    }

    /// Adds the server of an app.
    pub fn add(&self, number: u8, app: &AppKey) {
        self.apps.lock().unwrap().insert(url_of(number), (number, app.clone()));
    }

    /// Writes down what a server got. An event without a message is not checked.
    fn take(&self, app: &AppKey, call: &CallbackCall) {
        let body = String::from_utf8(call.body.clone()).unwrap();
        let parsed: Value = serde_json::from_str(&body).unwrap();
        let user = parsed["target"].as_str().and_then(|user| UserId::parse(user).ok());
        let message = parsed["msg_id"].as_str().and_then(|id| MessageId::parse(id).ok());
        let (Some(user), Some(message)) = (user, message) else { return };
        let id = call.headers.iter().find(|(name, _)| *name == "webhook-id");
        let webhook_id = id.map(|(_, id)| id.clone()).unwrap_or_default();
        self.recorder.add(What::Callback { app: app.clone(), user, message, webhook_id, body });
    }

    async fn answer(
        &self,
        (number, app): (u8, AppKey),
        call: &CallbackCall,
    ) -> Result<CallbackAnswer, CallbackFailure> {
        let answer = |status, retry_after| Ok(CallbackAnswer { status, retry_after });
        let mut late = Duration::from_millis(self.weather.draw(Service::Servers, USUAL));
        match self.weather.of_server(number) {
            Some(ServerTrouble::Fails) => return answer(500, None),
            Some(ServerTrouble::Busy(seconds)) => return answer(429, Some(Duration::from_secs(seconds.into()))),
            Some(ServerTrouble::Hangs) => {
                tokio::time::sleep(PATIENCE).await;
                return Err(CallbackFailure::Timeout);
            }
            Some(ServerTrouble::TakesSilently) => {
                self.take(&app, call);
                tokio::time::sleep(PATIENCE).await;
                return Err(CallbackFailure::Timeout);
            }
            Some(ServerTrouble::Slow(most)) => {
                late = Duration::from_millis(self.weather.draw(Service::Servers, most.into()));
            }
            None => {}
        }
        self.take(&app, call);
        tokio::time::sleep(late.min(PATIENCE)).await;
        if late > PATIENCE { Err(CallbackFailure::Timeout) } else { answer(200, None) }
    }
}

#[async_trait]
impl PostCallback for Servers {
    async fn post_callback(&self, call: &CallbackCall) -> Result<CallbackAnswer, CallbackFailure> {
        let unreachable = |_| CallbackFailure::Unreachable;
        let chaos = self.weather.of(Service::Servers);
        chaos.before("post_callback").await.map_err(unreachable)?;
        let server = self.apps.lock().unwrap().get(&call.url).cloned().ok_or(CallbackFailure::Refused)?;
        let answered = self.answer(server, call).await;
        let after = chaos.after("post_callback");
        // Who died learns nothing.
        if Life::of_caller().is_some_and(|life| life.is_over()) {
            std::future::pending::<()>().await;
        }
        after.map_err(unreachable)?;
        answered
    }
}
