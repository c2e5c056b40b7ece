//! From a notification to Huawei's message for HarmonyOS.

use shared::{domain::outcome::CallError, ports::vendor::VendorCall};

use super::{
    rules::HarmonyProject,
    wire::{Badge, ClickAction, Message, Notification, Payload as Shown, PushOptions},
};
use crate::{
    huawei::{
        MAX_TOKENS, class,
        payload::{BODY_CHARS, Frame, MAX_TTL, Payload, TITLE_CHARS, tag},
        rules::{MessageOptions, Options},
    },
    message::{Click, replace_id, text::cut},
    record::rejected,
};

const FRAME: Frame = Frame { head: b"{\"target\":{\"token\":[", joint: b"]},", end: b"" };
/// Maximum tokens of a request with a test message.
const MAX_TEST_TOKENS: usize = 10;
/// What Huawei takes every other category for while an app may not classify its messages.
const UNCLASSIFIED: &str = "MARKETING";

/// Writes what all tokens of a call share, and says how many of them a request may have. Refuses what Huawei would refuse.
pub(in crate::huawei) fn new(
    call: &VendorCall<'_>,
    project: &HarmonyProject<'_>,
) -> Result<(Payload, usize), CallError> {
    let own = MessageOptions::read(&call.notification.options).map_err(rejected)?;
    let options = Options::read(call.options).map_err(rejected)?;
    let message = message(call, project, &own, &options);
    let max_tokens = if message.push_options.test_message { MAX_TEST_TOKENS } else { MAX_TOKENS };
    Ok((Payload::framed(&FRAME, &message)?, max_tokens))
}

fn message<'a>(
    call: &VendorCall<'a>,
    project: &HarmonyProject<'a>,
    own: &MessageOptions<'a>,
    options: &Options<'a>,
) -> Message<'a> {
    let shown = call.notification;
    let id = tag(&shown.custom, &shown.replace_id);
    let configured = options.category.filter(|_| shown.class.is_chat());
    let category = own.category.or(configured).unwrap_or(class::category(shown.class));
    let page = page(own.uri, own.click_action).or(page(options.uri, options.click_action));
    let data = Some(&shown.custom).filter(|custom| !custom.is_empty());
    Message {
        payload: Shown {
            notification: Notification {
                category: if project.im_category_granted { category } else { UNCLASSIFIED },
                title: cut(&shown.title, TITLE_CHARS),
                body: cut(&shown.body, BODY_CHARS),
                click_action: ClickAction { data, ..page.unwrap_or_default() },
                badge: shown.badge.then_some(Badge { add_num: 1 }),
                notify_id: replace_id::number(&replace_id::of(shown, call.options)),
                app_message_id: id,
            },
        },
        push_options: PushOptions {
            ttl: call.ttl.as_secs().clamp(1, MAX_TTL),
            bi_tag: id,
            receipt_id: own.receipt_id.or(options.receipt_id).or(project.receipt_id()),
            collapse_key: options.collapse_key,
            test_message: own.target_user_type.or(options.target_user_type) == Some(1),
        },
    }
}

/// The page that a tap opens. HarmonyOS knows no intents.
fn page<'a>(uri: Option<&'a str>, click: Option<Click<'a>>) -> Option<ClickAction<'a>> {
    match (uri, click) {
        (Some(uri), _) | (None, Some(Click::Url(uri))) => {
            Some(ClickAction { action_type: 1, uri: Some(uri), ..ClickAction::default() })
        }
        (None, Some(Click::Action(action))) => {
            Some(ClickAction { action_type: 1, action: Some(action), ..ClickAction::default() })
        }
        (None, Some(Click::Intent(_)) | None) => None,
    }
}
