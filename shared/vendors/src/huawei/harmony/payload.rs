//! From a notification to Huawei's message for HarmonyOS.

use super::{
    rules::HarmonyProject,
    wire::{Badge, ClickAction, HarmonyMessage, Notification, PushOptions, Shown},
};
use crate::{
    hms::message::{bi_tag, replaces, short_message_id, texts, ttl},
    huawei::{
        MAX_TOKENS,
        codes::TOO_LONG,
        payload::{MAX_BYTES, category_of},
        rules::Account,
    },
    prelude::*,
};

const FRAME: Frame =
    Frame { head: r#"{"target":{"token":["#, joint: "]},", end: "", limit: Some((MAX_BYTES, TOO_LONG)) };
/// Maximum tokens of a request with a test message.
const MAX_TEST_TOKENS: usize = 10;
/// What Huawei takes every other category for while an app may not classify its messages.
const UNCLASSIFIED: &str = "MARKETING";

/// Writes what all tokens of a call share, and says how many of them a request may have. Refuses what Huawei would refuse.
pub(in crate::huawei) fn new(call: &VendorCall<'_>, project: &HarmonyProject) -> Result<(Payload, usize), CallError> {
    let settings = settings_of(call)?;
    let message = message(call, project, &settings);
    let max_tokens = if message.push_options.test_message { MAX_TEST_TOKENS } else { MAX_TOKENS };
    Ok((Payload::new(&FRAME, &message)?, max_tokens))
}

fn message<'a>(
    call: &VendorCall<'a>,
    project: &'a HarmonyProject,
    settings: &'a Settings<Account>,
) -> HarmonyMessage<'a> {
    let Settings { own, options } = settings;
    let shown = call.notification;
    let (title, body) = texts(shown);
    let page = page(own.uri.get(), Click::of_option(&own.click_action))
        .or(page(options.uri.get(), Click::of_option(&options.click_action)));
    let data = Some(&shown.custom).filter(|custom| !custom.is_empty());
    HarmonyMessage {
        payload: Shown {
            notification: Notification {
                category: if project.im_category_granted.get() { category_of(call, settings) } else { UNCLASSIFIED },
                title,
                body,
                click_action: ClickAction { data, ..page.unwrap_or_default() },
                badge: shown.badge.then_some(Badge { add_num: 1 }),
                notify_id: replaces(call).1,
                app_message_id: short_message_id(shown),
            },
        },
        push_options: PushOptions {
            ttl: ttl(call).max(1),
            bi_tag: bi_tag(shown),
            receipt_id: own.receipt_id.get().or(options.receipt_id.get()).or(project.receipt_id()),
            collapse_key: options.collapse_key.map(Number::get),
            test_message: own.target_user_type.or(options.target_user_type).is_some_and(|kind| kind.get() == 1),
        },
    }
}

/// The page that a tap opens. HarmonyOS knows no intents.
fn page<'a>(uri: Option<&'a str>, click: Option<Click<'a>>) -> Option<ClickAction<'a>> {
    let (uri, action) = match (uri, click) {
        (Some(uri), _) | (None, Some(Click::Url(uri))) => (Some(uri), None),
        (None, Some(Click::Action(action))) => (None, Some(action)),
        (None, Some(Click::Intent(_)) | None) => return None,
    };
    Some(ClickAction { action_type: 1, uri, action, data: None })
}
