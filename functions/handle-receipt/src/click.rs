//! Clicks that an app reports itself: the user opened a notification.
//!
//! A click is a receipt like those of vendors, for the device's push through the notifier in its recorded outcome.
//! Without such an outcome nothing is written, so made-up ids cost no write. A report costs one eventually consistent
//! read, and a write if there was such a push. A repeated report costs the same.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::{
        decision::Decision,
        id::{AppKey, DeviceId, MessageId, TaskId, UserId},
        message::{OFFLINE_RETENTION, Receiver},
        outcome::{DeviceOutcome, PushStatus},
        receipt::{DeviceReceipt, Event},
    },
    lambda::{
        access::{Caller, PathUser},
        deadline::Deadline,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
    ports::{apps::AppConfig, error::StoreError, traces::MessageTrace},
};

use crate::{HandleReceipt, receive::FLUSH};

/// The code of a receipt that an app reported. A vendor's receipt has the vendor's own word.
const BY_APP: &str = "app";

/// The body of a report.
struct Click {
    msg_id: MessageId,
    device_id: DeviceId,
}

impl Click {
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let fields = Fields::parse(body)?;
        Ok(Self {
            msg_id: MessageId::parse(fields.text("msg_id")?)?,
            device_id: DeviceId::parse(fields.text("device_id")?)?,
        })
    }
}

/// Records a click (`POST /{org}/{app}/users/{username}/push/clicked`).
pub async fn clicked(
    State(state): State<Arc<HandleReceipt>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    let known = caller.must_speak_for(&user, &*state.visible_since).await?;
    let click = Click::read(&body)?;
    let beginning = match known {
        Some(beginning) => beginning,
        None => state.visible_since.visible_since(caller.app(), &user).await?,
    };
    let accepted = click.msg_id.accepted_at();
    let is_older = beginning.at.is_some_and(|begun| accepted < begun);
    let has_expired = state.clock.now().since(accepted) >= OFFLINE_RETENTION;
    let recorded = !is_older && !has_expired && state.record_click(&caller.config, &user, &click).await?;
    let flushed = Deadline::after(FLUSH);
    futures::join!(
        state.statistics.flush_if_due(flushed),
        state.task_counts.flush_if_due(state.clock.now(), flushed),
        state.callbacks.flush(flushed, None)
    );
    Ok(ApiReply::data(json!({"recorded": recorded})))
}

impl HandleReceipt {
    /// Records and counts the click, unless it is recorded already. Returns `false` if the user's device got no push of
    /// the message.
    async fn record_click(&self, config: &AppConfig, user: &UserId, click: &Click) -> Result<bool, StoreError> {
        let app = &config.app.key;
        let to_device = |outcome: &DeviceOutcome| outcome.device_id == click.device_id;
        let Some((outcome, task)) = self.accepted_push(app, user, click.msg_id, to_device).await? else {
            return Ok(false);
        };
        // The vendor of a removed notifier is unknown, so its clicks are recorded but not counted.
        let vendor = config.notifiers.get(&outcome.notifier).map(|notifier| notifier.vendor);
        let now = self.clock.now();
        let receipt = DeviceReceipt {
            device_id: outcome.device_id,
            notifier: outcome.notifier,
            event: Event::Clicked,
            code: BY_APP.to_owned(),
            vendor_message_id: outcome.vendor_message_id,
            at: now,
        };
        let receiver = Receiver { user: user.clone(), msg_id: click.msg_id };
        let is_first = self.messages.record_receipt(app, &receiver, &receipt, now).await?;
        if is_first {
            self.tell(&config.app, &receiver, &receipt, vendor);
        }
        if let Some(vendor) = vendor.filter(|_| is_first) {
            self.count(app, vendor, (click.msg_id, task), Event::Clicked);
        }
        Ok(true)
    }

    /// Returns the recorded push of the message that its vendor accepted and that `is_asked`, and the task that pushed it.
    /// Of several pushes it returns the last one.
    pub(crate) async fn accepted_push(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
        is_asked: impl Fn(&DeviceOutcome) -> bool,
    ) -> Result<Option<(DeviceOutcome, Option<TaskId>)>, StoreError> {
        let trace = match msg_id.is_of_group() {
            true => Some(self.traces.group_trace(app, user, msg_id).await?),
            false => self.traces.traces(app, user, &[msg_id]).await?.into_iter().next(),
        };
        let Some(MessageTrace { decision, outcomes }) = trace else {
            return Ok(None);
        };
        let accepted = outcomes.into_iter().filter(|one| one.status == PushStatus::Success && is_asked(one));
        let task = decision.as_ref().and_then(Decision::task);
        Ok(accepted.max_by_key(|outcome| outcome.at).map(|outcome| (outcome, task)))
    }
}
