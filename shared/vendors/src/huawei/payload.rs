//! From a notification to Huawei's message for Android.

use super::{
    category,
    codes::TOO_LONG,
    rules::{Account, AndroidApp},
    wire::{Android, Badge, Notification},
};
use crate::{
    hms::message::{ClickAction, HmsMessage, bi_tag, replaces, texts, ttl},
    prelude::*,
};

/// The most bytes of a body without its tokens.
pub(super) const MAX_BYTES: usize = 4096;

const FRAME: Frame =
    Frame { head: r#"{"message":{"token":["#, joint: "],", end: "}", limit: Some((MAX_BYTES, TOO_LONG)) };

/// Writes what all tokens of a call to Android devices share. Refuses what Huawei would refuse.
pub(super) fn new(call: &VendorCall<'_>, app: &AndroidApp) -> Result<Payload, CallError> {
    let settings = settings_of(call)?;
    Payload::new(&FRAME, &message(call, app, &settings))
}

fn message<'a>(call: &VendorCall<'a>, app: &'a AndroidApp, settings: &'a Settings<Account>) -> HmsMessage<Android<'a>> {
    let Settings { own, options } = settings;
    let shown = call.notification;
    let (click_action, data) = ClickAction::new([&own.click_action, &options.click_action], &shown.custom);
    let (title, body) = texts(shown);
    let (tag, notify_id) = replaces(call);
    let badge_class = options.badge_class.get().or(app.badge_class.get());
    let importance = options.importance.get().filter(|_| shown.class.is_chat());
    HmsMessage {
        data,
        android: Android {
            category: app.im_category_granted.get().then(|| category_of(call, settings)),
            ttl: format!("{}s", ttl(call)),
            collapse_key: options.collapse_key.map(Number::get),
            bi_tag: bi_tag(shown),
            receipt_id: own.receipt_id.get().or(options.receipt_id.get()).or(app.receipt_id()),
            target_user_type: own.target_user_type.or(options.target_user_type).map(Number::get),
            notification: Notification {
                title,
                body,
                click_action,
                channel_id: own.channel_id.get().or(options.channel_id.get()),
                importance: importance.unwrap_or(category::IMPORTANCES.of(shown.class)),
                badge: badge_class.filter(|_| shown.badge).map(|class| Badge { add_num: 1, class }),
                tag,
                notify_id,
            },
        },
    }
}

/// Returns the category: the message's own, the configured one of chat messages, or that of the class.
pub(super) fn category_of<'a>(call: &VendorCall<'_>, settings: &'a Settings<Account>) -> &'a str {
    let Settings { own, options } = settings;
    let class = call.notification.class;
    let configured = options.category.get().filter(|_| class.is_chat());
    own.category.get().or(configured).unwrap_or(category::CATEGORIES.of(class))
}
