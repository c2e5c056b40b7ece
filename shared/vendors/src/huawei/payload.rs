//! From a notification to Huawei's message for Android.

use shared::{domain::outcome::CallError, ports::vendor::VendorCall};

use super::{
    category,
    codes::TOO_LONG,
    rules::{AndroidApp, MessageOptions, Options},
    wire::{Android, Badge, Notification},
};
use crate::{
    hms::{
        message::{ClickAction, HmsMessage, bi_tag, replaces, texts, ttl},
        payload::{Frame, Payload},
    },
    record::{Number, read, rejected},
};

/// The most bytes of a body without its tokens.
pub(super) const MAX_BYTES: usize = 4096;

const FRAME: Frame =
    Frame { head: r#"{"message":{"token":["#, joint: "],", end: "}", max_bytes: MAX_BYTES, too_long: TOO_LONG };

/// Writes what all tokens of a call to Android devices share. Refuses what Huawei would refuse.
pub(super) fn new(call: &VendorCall<'_>, app: &AndroidApp) -> Result<Payload, CallError> {
    let own = read("em_android_push_ext", &call.notification.options).map_err(rejected)?;
    let options = read("options", call.options).map_err(rejected)?;
    Payload::new(&FRAME, &message(call, app, &own, &options))
}

fn message<'a>(
    call: &VendorCall<'a>,
    app: &'a AndroidApp,
    own: &'a MessageOptions,
    options: &'a Options,
) -> HmsMessage<Android<'a>> {
    let shown = call.notification;
    let (click_action, data) = ClickAction::new([&own.click_action, &options.click_action], &shown.custom);
    let (title, body) = texts(shown);
    let (tag, notify_id) = replaces(call);
    let badge_class = options.badge_class.get().or(app.badge_class.get());
    let importance = options.importance.get().filter(|_| shown.class.is_chat());
    HmsMessage {
        data,
        android: Android {
            category: app.im_category_granted.get().then(|| category_of(call, own, options)),
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
                importance: importance.unwrap_or(category::importance(shown.class)),
                badge: badge_class.filter(|_| shown.badge).map(|class| Badge { add_num: 1, class }),
                tag,
                notify_id,
            },
        },
    }
}

/// Returns the category: the message's own, the configured one of chat messages, or that of the class.
pub(super) fn category_of<'a>(call: &VendorCall<'_>, own: &'a MessageOptions, options: &'a Options) -> &'a str {
    let class = call.notification.class;
    let configured = options.category.get().filter(|_| class.is_chat());
    own.category.get().or(configured).unwrap_or(category::category(class))
}
