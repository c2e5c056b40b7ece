//! From a notification to Huawei's message for Android, and what it shares with the one for HarmonyOS.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    domain::{binding::DeviceToken, outcome::CallError},
    ports::vendor::VendorCall,
};

use super::{
    class,
    rules::{AndroidApp, MessageOptions, Options},
    wire::{Android, Badge, ClickAction, Message, Notification},
};
use crate::{
    message::{
        Click,
        custom::with_extras,
        replace_id,
        text::{cut, push_tokens},
    },
    record::rejected,
};

/// Huawei sets no length; beyond these, phones show nothing more.
pub(super) const TITLE_CHARS: usize = 40;
pub(super) const BODY_CHARS: usize = 256;
/// The request's body without its tokens.
const MAX_BYTES: usize = 4096;
/// The code that Huawei would answer to more.
const TOO_LONG: &str = "80300008";
/// 15 days, the longest life of a message.
pub(super) const MAX_TTL: u64 = 1_296_000;
/// Bytes of the tag that comes back in receipts.
const MAX_TAG: usize = 64;

const FRAME: Frame = Frame { head: b"{\"message\":{\"token\":[", joint: b"],", end: b"}" };

/// How an interface puts tokens and message together: head, tokens, joint, the message without its opening brace, end.
pub(super) struct Frame {
    pub(super) head: &'static [u8],
    pub(super) joint: &'static [u8],
    pub(super) end: &'static [u8],
}

/// A message, written once and completed with the tokens of one request after the other.
pub(super) struct Payload {
    head: &'static [u8],
    /// everything behind the tokens
    tail: Vec<u8>,
}

impl Payload {
    /// Writes what all tokens of a call to Android devices share. Refuses what Huawei would refuse.
    pub(super) fn new(call: &VendorCall<'_>, account: &AndroidApp<'_>) -> Result<Self, CallError> {
        Self::framed(&FRAME, &message(call, account)?)
    }

    /// Writes a message of either interface, unless it is too long.
    pub(super) fn framed(frame: &Frame, message: &impl Serialize) -> Result<Self, CallError> {
        let message = serde_json::to_vec(message);
        let message = message.map_err(|error| CallError::Rejected { code: error.to_string() })?;
        let tail = [frame.joint, message.get(1..).unwrap_or_default(), frame.end].concat();
        if frame.head.len() + tail.len() > MAX_BYTES {
            return Err(CallError::Rejected { code: TOO_LONG.to_owned() });
        }
        Ok(Self { head: frame.head, tail })
    }

    /// The request body for some tokens.
    pub(super) fn to(&self, tokens: &[DeviceToken]) -> Bytes {
        let length: usize = tokens.iter().map(|token| token.expose().len() + 3).sum();
        let mut body = Vec::with_capacity(self.head.len() + length + self.tail.len());
        body.extend_from_slice(self.head);
        push_tokens(&mut body, tokens);
        body.extend_from_slice(&self.tail);
        Bytes::from(body)
    }
}

fn message<'a>(call: &VendorCall<'a>, account: &AndroidApp<'a>) -> Result<Message<'a>, CallError> {
    let shown = call.notification;
    let own = MessageOptions::read(&shown.options).map_err(rejected)?;
    let options = Options::read(call.options).map_err(rejected)?;
    let click = own.click_action.or(options.click_action);
    let badge_class = options.badge_class.or(account.badge_class);
    let (configured, importance) =
        if shown.class.is_chat() { (options.category, options.importance) } else { (None, None) };
    Ok(Message {
        // an intent has extras of its own
        data: match click {
            Some(Click::Intent(_)) => None,
            _ => Some(&shown.custom).filter(|custom| !custom.is_empty()).map(text),
        },
        android: Android {
            category: account
                .im_category_granted
                .then(|| own.category.or(configured).unwrap_or(class::category(shown.class))),
            ttl: format!("{}s", call.ttl.as_secs().min(MAX_TTL)),
            collapse_key: options.collapse_key,
            bi_tag: tag(&shown.custom, &shown.replace_id),
            receipt_id: own.receipt_id.or(options.receipt_id).or(account.receipt_id()),
            target_user_type: own.target_user_type.or(options.target_user_type),
            notification: Notification {
                title: cut(&shown.title, TITLE_CHARS),
                body: cut(&shown.body, BODY_CHARS),
                click_action: click_action(click, &shown.custom),
                channel_id: own.channel_id.or(options.channel_id),
                importance: importance.unwrap_or(class::importance(shown.class)),
                badge: badge_class.filter(|_| shown.badge).map(|class| Badge { add_num: 1, class }),
                tag: replace_id::of(shown, call.options),
                notify_id: replace_id::number(&replace_id::of(shown, call.options)),
            },
        },
    })
}

fn click_action<'a>(click: Option<Click<'a>>, custom: &Map<String, Value>) -> ClickAction<'a> {
    match click {
        None => ClickAction { kind: 3, ..ClickAction::default() },
        Some(Click::Intent(intent)) => {
            ClickAction { kind: 1, intent: Some(with_extras(intent, custom)), ..ClickAction::default() }
        }
        Some(Click::Action(action)) => ClickAction { kind: 1, action: Some(action), ..ClickAction::default() },
        Some(Click::Url(url)) => ClickAction { kind: 2, url: Some(url), ..ClickAction::default() },
    }
}

fn text(custom: &Map<String, Value>) -> String {
    serde_json::to_string(custom).unwrap_or_default()
}

/// What comes back in receipts: the message's id, else the replace id.
pub(super) fn tag<'a>(custom: &'a Map<String, Value>, replace_id: &'a str) -> &'a str {
    let id = custom.get("m").and_then(Value::as_str).unwrap_or(replace_id);
    &id[..id.floor_char_boundary(MAX_TAG)]
}
