//! From a notification to OPPO's message.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};
use shared::{
    domain::{binding::DeviceToken, outcome::CallError},
    ports::vendor::VendorCall,
};

use super::{
    MAX_TOKENS, class,
    click::Click,
    rules::{self, Account, MessageOptions, Options},
    wire::Notification,
};
use crate::{
    access_token::AccessToken,
    message::{
        replace_id,
        text::{cut, push_token},
    },
    record::rejected,
    transport::form::{escaped, push_escaped},
};

/// Characters, and an emoji counts as one.
const TITLE_CHARS: usize = 50;
/// The same for texts of the standard style and of the long one. Older pages and the vendor's SDK let the standard style
/// have 200, of which phones show about 50.
const CONTENT_CHARS: [usize; 2] = [50, 128];
/// Characters of the custom data as JSON.
const MAX_PARAMETERS: usize = 4000;
/// 3 days. The newest page allows 10, the vendor's SDK 3.
const MAX_TTL: u64 = 259_200;
/// Characters of what comes back in receipts; the newest page allows 100.
const MAX_CALLBACK_PARAMETER: usize = 50;
/// Bytes of a request, so that long notifications to many tokens need little memory. A chat message to 1000 tokens is
/// about half of it.
pub(super) const MAX_BYTES: usize = 2_000_000;

/// The codes that OPPO would answer to what is missing, too long, and to a level that the category does not have.
const MISSING: &str = "40";
const TOO_LONG: &str = "41";
const WRONG_LEVEL: &str = "67";

const HEAD: &[u8] = br#"{"target_type":2,"target_value":"#;

/// A message, written once as a form holds it and completed with one token after the other.
pub(super) struct Payload {
    /// everything before the token
    head: Vec<u8>,
    /// everything behind it
    tail: Vec<u8>,
    deduplicated: bool,
}

impl Payload {
    /// Writes what all tokens of a call share. Refuses what OPPO would refuse.
    pub(super) fn new(call: &VendorCall<'_>, account: &Account<'_>) -> Result<Self, CallError> {
        Self::of(&notification(call, account)?)
    }

    pub(super) fn of(notification: &Notification<'_>) -> Result<Self, CallError> {
        let shown = serde_json::to_vec(notification);
        let shown = shown.map_err(|error| CallError::Rejected { code: error.to_string() })?;
        let tail = [br#","verify_registration_id":true,"notification":"#, shown.as_slice(), b"}"].concat();
        let mut payload = Self {
            head: Vec::with_capacity(HEAD.len() * 2),
            tail: Vec::with_capacity(tail.len() * 2),
            deduplicated: notification.app_message_id.is_some(),
        };
        push_escaped(&mut payload.head, HEAD);
        push_escaped(&mut payload.tail, &tail);
        Ok(payload)
    }

    /// Whether OPPO takes the message once a token only.
    pub(super) fn deduplicated(&self) -> bool {
        self.deduplicated
    }

    /// How many of these tokens one request may carry.
    pub(super) fn max_tokens(&self, tokens: &[DeviceToken]) -> usize {
        let longest = tokens.iter().map(|token| token.expose().len()).max().unwrap_or_default();
        (MAX_BYTES / (self.head.len() + self.tail.len() + 3 * longest)).clamp(1, MAX_TOKENS)
    }

    /// The request body for one token.
    pub(super) fn single(&self, access: &AccessToken, token: &DeviceToken) -> Vec<u8> {
        let mut body = self.body(access, "message", 1);
        self.push(&mut body, token);
        body
    }

    /// The request body for some tokens: an array of messages.
    pub(super) fn batch(&self, access: &AccessToken, tokens: &[DeviceToken]) -> Vec<u8> {
        let mut body = self.body(access, "messages", tokens.len());
        push_escaped(&mut body, b"[");
        for (at, token) in tokens.iter().enumerate() {
            if at > 0 {
                push_escaped(&mut body, b",");
            }
            self.push(&mut body, token);
        }
        push_escaped(&mut body, b"]");
        body
    }

    /// The message for one token, escaped as a form holds it.
    pub(super) fn message(&self, token: &DeviceToken) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.head.len() + self.tail.len() + 3 * token.expose().len());
        self.push(&mut message, token);
        message
    }

    fn body(&self, access: &AccessToken, name: &str, tokens: usize) -> Vec<u8> {
        /// about what a registration id, its quotes and a comma take
        const TOKEN: usize = 64;
        let begin = format!("auth_token={}&{name}=", escaped(access.expose()));
        let mut body = Vec::with_capacity(begin.len() + tokens * (self.head.len() + TOKEN + self.tail.len()));
        body.extend_from_slice(begin.as_bytes());
        body
    }

    fn push(&self, body: &mut Vec<u8>, token: &DeviceToken) {
        let mut json = Vec::with_capacity(token.expose().len() + 2);
        push_token(&mut json, token);
        body.extend_from_slice(&self.head);
        push_escaped(body, &json);
        body.extend_from_slice(&self.tail);
    }
}

fn notification<'a>(call: &VendorCall<'a>, account: &Account<'a>) -> Result<Notification<'a>, CallError> {
    let shown = call.notification;
    let own = MessageOptions::read(&shown.options).map_err(rejected)?;
    let options = Options::read(call.options).map_err(rejected)?;
    let refused = |code: &str| CallError::Rejected { code: code.to_owned() };
    if shown.title.is_empty() || shown.body.is_empty() {
        return Err(refused(MISSING));
    }
    let style = options.style.unwrap_or(1);
    let content_chars = options.content_limit.unwrap_or(CONTENT_CHARS[usize::from(style == 2)]);
    let title = cut(&shown.title, TITLE_CHARS);
    let content = cut(&shown.body, content_chars);

    let usual = class::category(account, &options, shown.class);
    let category = own.category.unwrap_or(usual);
    // the notifier's level goes with the notifier's category
    let usual_level = class::notify_level(account, &options, shown.class).filter(|_| category == usual);
    let category = Some(category).filter(|category| *category != rules::NO_CATEGORY);
    if own.notify_level.is_some() && category.is_none() {
        return Err(refused(WRONG_LEVEL));
    }
    let notify_level = own.notify_level.or(usual_level).filter(|_| category.is_some());
    if notify_level.is_some_and(|level| !class::takes(category, level)) {
        return Err(refused(WRONG_LEVEL));
    }
    let action_parameters = parameters(&shown.custom);
    if action_parameters.as_ref().is_some_and(|text| text.chars().count() > MAX_PARAMETERS) {
        return Err(refused(TOO_LONG));
    }
    let click = own.click.or(options.click);
    let parameter =
        |name: Option<&'a str>, text: &Cow<'a, str>| name.map(|name| (name, text.clone())).into_iter().collect();
    let template = options.template;
    let callback_url = account.callback_url.or(call.receipt_url);
    let badge = options.badge && shown.badge;
    Ok(Notification {
        app_message_id: options.deduplicate.then(|| message_id(call)),
        style,
        channel_id: own.channel_id.or(class::channel(account, &options, shown.class)),
        category,
        notify_level,
        click_action_type: click.map_or(0, Click::kind),
        click_action_activity: click.and_then(Click::activity),
        click_action_url: click.and_then(Click::url),
        action_parameters,
        notify_id: replace_id::number(&replace_id::of(shown, call.options)),
        off_line: true,
        off_line_ttl: call.ttl.as_secs().clamp(options.least_ttl, MAX_TTL),
        show_ttl: options.show_ttl,
        badge_operation_type: badge.then_some(1),
        badge_message_count: badge.then_some(1),
        private_msg_template_id: template.map(|template| template.id),
        private_title_parameters: parameter(template.and_then(|template| template.title), &title),
        private_content_parameters: parameter(template.and_then(|template| template.content), &content),
        title,
        content,
        call_back_url: callback_url,
        call_back_parameter: callback_url.map(|_| {
            let id = message_id(call);
            &id[..id.floor_char_boundary(MAX_CALLBACK_PARAMETER)]
        }),
    })
}

/// The message's id, else the replace id. Not the replace id first: the messages of a conversation may share one, and
/// then only the first of them would be sent.
fn message_id<'a>(call: &VendorCall<'a>) -> &'a str {
    let shown = call.notification;
    shown.custom.get("m").and_then(Value::as_str).unwrap_or(&shown.replace_id)
}

/// Custom data as the app's intent takes it: every value a string.
fn parameters(custom: &Map<String, Value>) -> Option<String> {
    let text = |value| match value {
        &Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        other => Some(Cow::Owned(other.to_string())),
    };
    let data: BTreeMap<&str, Cow<'_, str>> =
        custom.iter().filter_map(|(key, value)| Some((key.as_str(), text(value)?))).collect();
    if data.is_empty() { None } else { serde_json::to_string(&data).ok() }
}
