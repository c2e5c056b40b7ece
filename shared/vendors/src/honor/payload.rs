//! From a notification to Honor's message.

use bytes::Bytes;
use serde_json::{Map, Value};
use shared::{
    domain::{binding::DeviceToken, outcome::CallError},
    ports::vendor::VendorCall,
};

use super::{
    class,
    rules::{Account, MessageOptions, Options},
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

/// Honor sets no length; other senders cut here (<https://github.com/wildfirechat/push_server>).
const TITLE_CHARS: usize = 40;
const BODY_CHARS: usize = 256;
/// The code that Honor would answer to a body that is too long.
const TOO_LONG: &str = "413";
/// 15 days, the longest life of a message.
const MAX_TTL: u64 = 1_296_000;
/// Bytes of the tag that comes back in receipts.
const MAX_TAG: usize = 64;

const HEAD: &[u8] = b"{\"token\":[";

/// A message, written once and completed with the tokens of one request after the other.
pub(super) struct Payload {
    /// everything behind the tokens
    tail: Vec<u8>,
}

impl Payload {
    /// Writes what all tokens of a call share. Refuses what Honor would refuse.
    pub(super) fn new(call: &VendorCall<'_>, account: &Account<'_>, options: &Options<'_>) -> Result<Self, CallError> {
        let message = serde_json::to_vec(&message(call, account, options)?);
        let message = message.map_err(|error| CallError::Rejected { code: error.to_string() })?;
        // the message's opening brace stands in the head
        let tail = [b"],", message.get(1..).unwrap_or_default()].concat();
        if HEAD.len() + tail.len() > account.max_bytes {
            return Err(CallError::Rejected { code: TOO_LONG.to_owned() });
        }
        Ok(Self { tail })
    }

    /// The request body for some tokens.
    pub(super) fn to(&self, tokens: &[DeviceToken]) -> Bytes {
        let length: usize = tokens.iter().map(|token| token.expose().len() + 3).sum();
        let mut body = Vec::with_capacity(HEAD.len() + length + self.tail.len());
        body.extend_from_slice(HEAD);
        push_tokens(&mut body, tokens);
        body.extend_from_slice(&self.tail);
        Bytes::from(body)
    }
}

fn message<'a>(call: &VendorCall<'a>, account: &Account<'a>, options: &Options<'a>) -> Result<Message<'a>, CallError> {
    let shown = call.notification;
    let own = MessageOptions::read(&shown.options).map_err(rejected)?;
    let click = own.click_action.or(options.click_action);
    let badge_class = options.badge_class.or(account.badge_class);
    let configured = options.importance.filter(|_| shown.class.is_chat());
    Ok(Message {
        // an intent has extras of its own
        data: match click {
            Some(Click::Intent(_)) => None,
            _ => Some(&shown.custom).filter(|custom| !custom.is_empty()).map(text),
        },
        android: Android {
            ttl: format!("{}s", call.ttl.as_secs().min(MAX_TTL)),
            bi_tag: tag(&shown.custom, &shown.replace_id),
            target_user_type: own.target_user_type.or(options.target_user_type),
            notification: Notification {
                title: cut(&shown.title, TITLE_CHARS),
                body: cut(&shown.body, BODY_CHARS),
                click_action: click_action(click, &shown.custom),
                importance: own.importance.or(configured).unwrap_or(class::importance(shown.class, account)),
                badge: badge_class.filter(|_| shown.badge).map(|badge_class| Badge { add_num: 1, badge_class }),
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
fn tag<'a>(custom: &'a Map<String, Value>, replace_id: &'a str) -> &'a str {
    let id = custom.get("m").and_then(Value::as_str).unwrap_or(replace_id);
    &id[..id.floor_char_boundary(MAX_TAG)]
}
