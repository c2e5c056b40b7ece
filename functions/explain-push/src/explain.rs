//! The dry run.

use serde_json::{Map, Value, json};
use shared::{
    decider::Decided,
    domain::{
        id::{AppKey, MessageId, UserId},
        message::{Content, Receiver},
        push::Notification,
        time::Timestamp,
    },
    ports::{access_tokens::TokenOwner, apps::AppConfig, error::StoreError},
    vendors::{
        describe::{self, describe},
        receipt_url, replace_id,
    },
};

use crate::{handler::ExplainPush, view};

/// Decides as if the message had been sent now. `None` if the app is gone.
pub(crate) async fn explain(
    parts: &ExplainPush,
    app: &AppKey,
    content: Content,
    receiver: UserId,
    base: &str,
) -> Result<Option<Value>, StoreError> {
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
    Ok(config.map(|config| written(&config, &content, &decided, now, base)))
}

fn written(config: &AppConfig, content: &Content, decided: &Decided, now: Timestamp, base: &str) -> Value {
    let mut explained = view::decision(&decided.decision);
    let devices = decided.decision.devices.iter().map(|device| {
        let mut shown = view::device(config, device);
        let chosen = decided.push.as_ref().filter(|(chosen, _)| {
            chosen
                .iter()
                .any(|one| one.device_id == device.device_id && Some(&one.notifier) == device.notifier.as_ref())
        });
        if let (Some((_, notification)), Some(name)) = (chosen, &device.notifier)
            && let Some(notifier) = config.notifiers.get(name)
        {
            shown.insert("notification".into(), notified(notification, &notifier.options));
            let owner = TokenOwner { app: config.app.key.clone(), notifier: name.clone() };
            let receipt_url = receipt_url::in_requests(base, notifier.vendor, describe::MASK, &notifier.options);
            let push = describe::Push {
                owner: &owner,
                api: notifier.api.as_deref(),
                options: &notifier.options,
                notification,
                ttl: content.expires_at.since(now),
                receipt_url: receipt_url.as_deref(),
            };
            match describe(notifier.vendor, &push) {
                Ok(request) => shown.insert("vendor_request".into(), json!(request)),
                Err(error) => shown.insert("vendor_request_refused".into(), json!(error.code())),
            };
        }
        Value::Object(shown)
    });
    explained.insert("devices".into(), devices.collect());
    if let Some(at) = decided.recheck_at {
        explained.insert("recheck_at".into(), json!(at));
    }
    Value::Object(explained)
}

fn notified(notification: &Notification, defaults: &Map<String, Value>) -> Value {
    let Notification { title, body, custom, class, options, .. } = notification;
    json!({
        "title": title,
        "content": body,
        "custom": custom,
        "class": class,
        "replace_id": replace_id::of(notification, defaults),
        "options": options,
    })
}
