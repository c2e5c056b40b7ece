//! From a notification to Honor's message.

use super::{
    category,
    codes::TOO_LONG,
    rules::Account,
    wire::{Android, Badge, Notification},
};
use crate::{
    hms::message::{ClickAction, HmsMessage, bi_tag, replaces, texts, ttl},
    prelude::*,
};

/// Writes what all tokens of a call share. Refuses what Honor would refuse.
pub(super) fn new(
    call: &VendorCall<'_>,
    account: &Account,
    settings: &Settings<Account>,
) -> Result<Payload, CallError> {
    let frame = Frame { head: r#"{"token":["#, joint: "],", end: "", limit: Some((account.max_bytes(), TOO_LONG)) };
    Payload::new(&frame, &message(call, account, settings))
}

fn message<'a>(
    call: &VendorCall<'a>,
    account: &'a Account,
    settings: &'a Settings<Account>,
) -> HmsMessage<Android<'a>> {
    let Settings { own, options } = settings;
    let shown = call.notification;
    let (click_action, data) = ClickAction::new([&own.click_action, &options.click_action], &shown.custom);
    let (title, body) = texts(shown);
    let (tag, notify_id) = replaces(call);
    let badge_class = options.badge_class.get().or(account.badge_class.get());
    let importance = options.importance.get().filter(|_| shown.class.is_chat());
    let usual = category::importance(shown.class, account.service_right_granted.get());
    HmsMessage {
        data,
        android: Android {
            ttl: format!("{}s", ttl(call)),
            bi_tag: bi_tag(shown),
            target_user_type: own.target_user_type.or(options.target_user_type).map(Number::get),
            notification: Notification {
                title,
                body,
                click_action,
                importance: own.importance.get().or(importance).unwrap_or(usual),
                badge: badge_class.filter(|_| shown.badge).map(|badge_class| Badge { add_num: 1, badge_class }),
                tag,
                notify_id,
            },
        },
    }
}
