//! The dry run: decides for a message without sending it.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use shared::{
    decider::Decided,
    domain::{
        decision::{ChosenDevice, DeviceDecision},
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
    },
    ports::{apps::AppConfig, error::StoreError},
};

use crate::{
    handler::ExplainPush,
    request::{Shown, Viewer},
    view,
};

/// The result of a dry run.
pub(crate) struct Explained {
    config: Arc<AppConfig>,
    content: Content,
    decided: Decided,
}

/// Decides as if the message were sent now. Returns `None` if the app is gone.
pub(crate) async fn explain(
    state: &ExplainPush,
    app: &AppKey,
    content: Content,
    receiver: UserId,
) -> Result<Option<Explained>, StoreError> {
    let now = content.accepted_at;
    let random = state.entropy.bits();
    let (msg_id, members) = match &content.group {
        None => (MessageId::new(now, random), None),
        // As in the pipeline, an unknown group has no members.
        Some(group) => {
            let state = state.members.state(app, group).await?.unwrap_or_default();
            (MessageId::for_group(now, group, random), Some(state))
        }
    };
    let receiver = Receiver { user: receiver, msg_id };
    let Some(context) = state.decider.begin(app, &content, members).await? else {
        return Ok(None);
    };
    let decided = state.decider.decide(&context, receiver).await?;
    let config = state.decider.configs.get_recent(app).await?;
    Ok(config.map(|config| Explained { config, content, decided }))
}

impl Explained {
    /// Returns the decision as the API shows it.
    pub(crate) fn shown(&self, viewer: Viewer<'_>) -> Value {
        let decision = &self.decided.decision;
        let mut shown = view::decision(decision, viewer.visibility);
        let devices = decision.devices.iter().map(|device| Value::Object(self.device(device, viewer)));
        shown.insert("devices".into(), devices.collect());
        if let Some(at) = self.decided.recheck_at {
            shown.insert("recheck_at".into(), json!(at));
        }
        Value::Object(shown)
    }

    /// Returns a device with its verdict, and with its request if it would get a push.
    fn device(&self, device: &DeviceDecision, viewer: Viewer<'_>) -> Map<String, Value> {
        let mut shown = view::device(&self.config, device);
        let is_it = |chosen: &ChosenDevice| {
            chosen.device_id == device.device_id && Some(&chosen.notifier) == device.notifier.as_ref()
        };
        let push = self.decided.push.as_ref().filter(|(chosen, _)| chosen.iter().any(is_it));
        let notifier = device.notifier.as_ref().and_then(|name| self.config.notifiers.get(name));
        if let (Some((_, notification)), Some(notifier)) = (push, notifier) {
            let pushed = Shown { app: &self.config.app.key, content: &self.content, notification };
            pushed.add_to(&mut shown, notifier, viewer);
        }
        shown
    }
}
