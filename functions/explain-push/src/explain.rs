//! The dry run.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use shared::{
    decider::Decided,
    domain::{
        decision::{ChosenDevice, DeviceDecision},
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
        notifier::Notifier,
        outcome::CallError,
        push::Notification,
        visibility::Visibility,
    },
    ports::{access_tokens::TokenOwner, apps::AppConfig, error::StoreError},
    vendors::{
        describe::{self, Description, describe},
        receipt_url, replace_id,
    },
};

use crate::{handler::ExplainPush, view};

/// What would become of a message.
pub(crate) struct Explained {
    config: Arc<AppConfig>,
    content: Content,
    decided: Decided,
}

/// Decides as if the message had been sent now. `None` if the app is gone.
pub(crate) async fn explain(
    parts: &ExplainPush,
    app: &AppKey,
    content: Content,
    receiver: UserId,
) -> Result<Option<Explained>, StoreError> {
    let now = content.accepted_at;
    let random = parts.entropy.bits();
    let (msg_id, members) = match &content.group {
        None => (MessageId::new(now, random), None),
        // As in the pipeline, a group that nobody told of has no members.
        Some(group) => {
            let state = parts.members.state(app, group).await?.unwrap_or_default();
            (MessageId::for_group(now, group, random), Some(state))
        }
    };
    let receiver = Receiver { user: receiver, msg_id };
    let Some(context) = parts.decider.begin(app, &content, members).await? else {
        return Ok(None);
    };
    let decided = parts.decider.decide(&context, receiver).await?;
    let config = parts.decider.configs.get_recent(app).await?;
    Ok(config.map(|config| Explained { config, content, decided }))
}

impl Explained {
    /// The decision as the API shows it. `base` is where vendors report to.
    pub(crate) fn shown(&self, visibility: Visibility, base: &str) -> Value {
        let decision = &self.decided.decision;
        let mut shown = view::decision(decision, visibility);
        let devices = decision.devices.iter().map(|device| Value::Object(self.device(device, visibility, base)));
        shown.insert("devices".into(), devices.collect());
        if let Some(at) = self.decided.recheck_at {
            shown.insert("recheck_at".into(), json!(at));
        }
        Value::Object(shown)
    }

    /// A device with its verdict; one that would be pushed to with what it would be sent.
    fn device(&self, device: &DeviceDecision, visibility: Visibility, base: &str) -> Map<String, Value> {
        let mut shown = view::device(&self.config, device);
        let is_it = |chosen: &ChosenDevice| {
            chosen.device_id == device.device_id && Some(&chosen.notifier) == device.notifier.as_ref()
        };
        let push = self.decided.push.as_ref().filter(|(chosen, _)| chosen.iter().any(is_it));
        let notifier = device.notifier.as_ref().and_then(|name| self.config.notifiers.get(name));
        if let (Some((_, notification)), Some(notifier)) = (push, notifier) {
            shown.insert("notification".into(), notified(notification, &notifier.options, visibility));
            match self.request(notifier, notification, base) {
                Ok(request) => shown.insert("vendor_request".into(), visibility.json(&request)),
                Err(error) => shown.insert("vendor_request_refused".into(), json!(error.code())),
            };
        }
        shown
    }

    /// The vendor request; `Err` if there would be none.
    fn request(&self, notifier: &Notifier, notification: &Notification, base: &str) -> Result<Description, CallError> {
        let owner = TokenOwner { app: self.config.app.key.clone(), notifier: notifier.name.clone() };
        let receipt_url = receipt_url::in_requests(base, notifier.vendor, describe::MASK, &notifier.options);
        let push = describe::Push {
            owner: &owner,
            api: notifier.api.as_deref(),
            options: &notifier.options,
            notification,
            ttl: self.content.expires_at.since(self.content.accepted_at),
            receipt_url: receipt_url.as_deref(),
        };
        describe(notifier.vendor, &push)
    }
}

/// The notification. Its options are the sender's own words as well.
fn notified(notification: &Notification, defaults: &Map<String, Value>, visibility: Visibility) -> Value {
    let Notification { title, body, custom, class, options, .. } = notification;
    json!({
        "title": visibility.text(title),
        "content": visibility.text(body),
        "custom": visibility.json(custom),
        "class": class,
        "replace_id": replace_id::of(notification, defaults),
        "options": visibility.json(options),
    })
}
