//! The notification of a push and the request of its vendor, as the API writes them.

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        id::AppKey, message::Content, notifier::Notifier, outcome::CallError, push::Notification,
        visibility::Visibility,
    },
    ports::access_tokens::TokenOwner,
};
use vendors::{
    message::replace_id,
    notifier::{
        describe::{self, describe},
        receipt_url,
    },
    transport::{Description, MASK},
};

/// The reader of a notification, and the address that reports go to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewer<'a> {
    /// how much the reader may see
    pub(crate) visibility: Visibility,
    /// the address that vendors report to
    pub(crate) base: &'a str,
}

/// What the API shows about a message for the devices of one receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) content: &'a Content,
    pub(crate) notification: &'a Notification,
}

impl Shown<'_> {
    /// Adds to a device the notification, and the request of the vendor that serves it.
    pub(crate) fn add_to(&self, device: &mut Map<String, Value>, notifier: &Notifier, viewer: Viewer<'_>) {
        let own = self.content.instant.as_ref().map(|_| self.notification.of_block(notifier.vendor));
        Shown { notification: own.as_ref().unwrap_or(self.notification), ..*self }.add(device, notifier, viewer);
    }

    fn add(&self, device: &mut Map<String, Value>, notifier: &Notifier, viewer: Viewer<'_>) {
        let notification = notified(self.notification, &notifier.options, viewer.visibility);
        device.insert("notification".into(), notification);
        match self.request(notifier, viewer.base) {
            Ok(request) => device.insert("vendor_request".into(), viewer.visibility.json(&request)),
            Err(error) => device.insert("vendor_request_refused".into(), json!(error.code())),
        };
    }

    /// Returns the vendor request, or an error if the vendor would get none.
    fn request(&self, notifier: &Notifier, base: &str) -> Result<Description, CallError> {
        let owner = TokenOwner { app: self.app.clone(), notifier: notifier.name.clone() };
        let receipt_url = receipt_url::in_requests(base, notifier.vendor, MASK, &notifier.options);
        let push = describe::PushRequest {
            owner: &owner,
            api: notifier.api.as_deref(),
            options: &notifier.options,
            notification: self.notification,
            ttl: self.content.expires_at.since(self.content.accepted_at),
            receipt_url: receipt_url.as_deref(),
        };
        describe(notifier.vendor, &push)
    }
}

/// Returns the notification. The sender wrote its options, too, so they are masked like its text.
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
