//! Routes of callbacks that could not be delivered. Source: Easemob, "callback storage info" and "callback storage retry".

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::{Map, json};
use shared::{
    domain::{
        app::App,
        callback::{endpoint::Door, event::CallbackEvent, schedule::window_of},
        invalid::Invalid,
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
    ports::{
        callbacks::{CallbackRecord, StoredCallback},
        error::StoreError,
    },
};

use crate::ManageApp;

/// Maximum events that a call reads: about 5 MB.
pub const MAX_READ: usize = 10_000;
/// Maximum events that a call has sent again.
pub const MAX_REPLAYED: usize = 1000;

/// Shows how many events wait or could not be delivered, by windows of ten minutes (`GET /{org}/{app}/callbacks/storage/info`),
/// and until when the server is left alone.
pub async fn info(State(state): State<Arc<ManageApp>>, caller: Caller) -> ApiResult {
    caller.must_be_app()?;
    let app = &caller.config.app;
    let (stored, more) = state.stored_callbacks(app).await?;
    let now = state.clock.now();
    let health = state.endpoints.endpoint(&app.key, now).await?;
    let mut windows: BTreeMap<String, usize> = BTreeMap::new();
    stored.iter().for_each(|one| *windows.entry(window_of(one.event.at)).or_default() += 1);
    let data: Vec<_> =
        windows.into_iter().map(|(date, size)| json!({"date": date, "size": size, "retry": 0})).collect();
    let mut fields = Map::from_iter([("data".to_owned(), json!(data)), ("more".to_owned(), json!(more))]);
    if let Door::Closed(until) = health.door(now) {
        fields.insert("paused_until".to_owned(), json!(until));
    }
    Ok(ApiReply::object(fields))
}

/// Sends the events of one window again, at once (`POST /{org}/{app}/callbacks/storage/retry`). A ban of the server
/// ends.
pub async fn retry(State(state): State<Arc<ManageApp>>, caller: Caller, RawBody(body): RawBody) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    let window = fields.text("date")?;
    let is_window = window.len() == 12 && window.bytes().all(|byte| byte.is_ascii_digit());
    if !is_window {
        return Err(Invalid::new("date", "must be a window as the storage info names it: yyyyMMddHHmm").into());
    }
    fields.optional_integer("retry")?;
    let app = &state.config(caller.app()).await?.app;
    let Some(callback) = app.callback() else {
        return Err(ApiError::conflict("the app has no callback, or it is switched off: set it before"));
    };
    if fields.optional_text("targetUrl")?.is_some_and(|url| url != callback.url) {
        return Err(Invalid::new("targetUrl", "must be absent, or callback.url of the settings").into());
    }
    let (stored, mut more) = state.stored_callbacks(app).await?;
    let mut of_window: Vec<StoredCallback> =
        stored.into_iter().filter(|one| window_of(one.event.at) == window).collect();
    more |= of_window.len() > MAX_REPLAYED;
    of_window.truncate(MAX_REPLAYED);
    state.open_door(app).await?;
    let events = of_window.iter().map(|one| CallbackEvent { tries: 0, ..one.event.clone() }).collect();
    // Queued first: a call that is cut off sends them twice, under the same ids.
    state.callback_queue.queue_callbacks(&CallbackRecord::of(&app.key, events), Duration::ZERO).await?;
    state.callback_removals.remove_callbacks(&app.key, &of_window).await?;
    let fields = [("data", json!("success")), ("replayed", json!(of_window.len())), ("more", json!(more))];
    Ok(ApiReply::fields(fields))
}

impl ManageApp {
    /// Returns stored events of the app, and whether there are more. An app of this name may be newer than an event.
    async fn stored_callbacks(&self, app: &App) -> Result<(Vec<StoredCallback>, bool), ApiError> {
        let now = self.clock.now();
        let (mut stored, more) = self.stored_callbacks.stored_callbacks(&app.key, now, MAX_READ).await?;
        stored.retain(|one| one.event.at >= app.created_at);
        Ok((stored, more))
    }

    /// Ends a ban, because somebody says that the server is back.
    async fn open_door(&self, app: &App) -> Result<(), ApiError> {
        let now = self.clock.now();
        let known = self.endpoints.endpoint(&app.key, now).await?;
        if known.door(now) == Door::Open {
            return Ok(());
        }
        match self.endpoints.change_endpoint(&app.key, &known.after_success(), now).await {
            // The server's health changes at this moment, which says more than the caller.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
