//! From a notification to OPPO's message.

use super::{
    MAX_TOKENS, category,
    click::Click,
    rules::{Account, NO_CATEGORY},
    wire::Notification,
};
use crate::{message::text::message_id, prelude::*};

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

const HEAD: &[u8] = br#"{"target_type":2,"target_value":""#;

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
    pub(super) fn new(call: &VendorCall<'_>, account: &Account) -> Result<Self, CallError> {
        let settings = settings_of(call)?;
        Self::of(&notification(call, account, &settings)?)
    }

    pub(super) fn of(notification: &Notification<'_>) -> Result<Self, CallError> {
        let shown = to_json(notification)?;
        let tail = [br#"","verify_registration_id":true,"notification":"#, shown.as_slice(), b"}"].concat();
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
                body.extend_from_slice(form::COMMA);
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
        /// about what a registration id and a comma take
        const TOKEN: usize = 64;
        let begin = format!("auth_token={}&{name}=", escaped(access.expose()));
        let mut body = Vec::with_capacity(begin.len() + tokens * (self.head.len() + TOKEN + self.tail.len()));
        body.extend_from_slice(begin.as_bytes());
        body
    }

    fn push(&self, body: &mut Vec<u8>, token: &DeviceToken) {
        body.extend_from_slice(&self.head);
        push_escaped_token(body, token);
        body.extend_from_slice(&self.tail);
    }
}

/// Appends what a token's JSON string has between its quotes, escaped as a form holds it. Registration ids are letters and
/// digits.
fn push_escaped_token(body: &mut Vec<u8>, token: &DeviceToken) {
    let plain = token.expose().as_bytes();
    if form::is_unreserved(plain) {
        body.extend_from_slice(plain);
        return;
    }
    let mut json = Vec::with_capacity(plain.len() + 2);
    push_token(&mut json, token);
    push_escaped(body, &json[1..json.len() - 1]);
}

fn notification<'a>(
    call: &VendorCall<'a>,
    account: &'a Account,
    settings: &'a Settings<Account>,
) -> Result<Notification<'a>, CallError> {
    let Settings { own, options } = settings;
    let shown = call.notification;
    if shown.title.is_empty() || shown.body.is_empty() {
        return Err(refused(MISSING));
    }
    let (category, notify_level) = category_and_level(account, settings, shown.class)?;
    let action_parameters = parameters(&shown.custom);
    if action_parameters.as_ref().is_some_and(|text| text.chars().count() > MAX_PARAMETERS) {
        return Err(refused(TOO_LONG));
    }
    let style = options.style.map_or(1, Number::get);
    let usual_chars = CONTENT_CHARS[usize::from(style == 2)];
    let content_chars = options.content_limit.and_then(|limit| limit.get().try_into().ok()).unwrap_or(usual_chars);
    let title = cut(&shown.title, TITLE_CHARS);
    let content = cut(&shown.body, content_chars);
    let click = Click::of(own.click_activity.get(), own.click_action.get())
        .or_else(|| Click::of(options.click_activity.get(), options.click_action.get()))
        .unwrap_or_default();
    let parameter =
        |name: Option<&'a str>, text: &Cow<'a, str>| name.map(|name| (name, text.clone())).into_iter().collect();
    let template = options.template.as_ref();
    let callback_url = account.callback_url.get().or(call.receipt_url);
    let badge = (options.badge.get() && shown.badge).then_some(1);
    Ok(Notification {
        app_message_id: options.deduplicate.get().then(|| message_id(shown)),
        style,
        channel_id: own.channel_id.get().or(category::channel(&account.facts, options, shown.class)),
        category,
        notify_level,
        click_action_type: click.kind,
        click_action_activity: click.activity,
        click_action_url: click.url,
        action_parameters,
        notify_id: replace_id::number(&replace_id::of(shown, call.options)),
        off_line: true,
        off_line_ttl: call.ttl.as_secs().clamp(options.least_ttl.map_or(1, |ttl| ttl.get().unsigned_abs()), MAX_TTL),
        show_ttl: options.show_ttl.map(Number::get),
        badge_operation_type: badge,
        badge_message_count: badge,
        private_msg_template_id: template.map(|template| &*template.id),
        private_title_parameters: parameter(template.and_then(|template| template.title.get()), &title),
        private_content_parameters: parameter(template.and_then(|template| template.content.get()), &content),
        title,
        content,
        call_back_url: callback_url,
        call_back_parameter: callback_url.map(|_| receipt_param(shown, MAX_CALLBACK_PARAMETER)),
    })
}

/// The category and its level. The notifier's level goes with the notifier's category.
fn category_and_level<'a>(
    account: &'a Account,
    settings: &'a Settings<Account>,
    class: SemanticClass,
) -> Result<(Option<&'a str>, Option<i64>), CallError> {
    let Settings { own, options } = settings;
    let usual = category::category(&account.facts, options, class);
    let category = own.category.get().unwrap_or(usual);
    let usual_level = category::notify_level(&account.facts, options, class).filter(|_| category == usual);
    let category = Some(category).filter(|category| *category != NO_CATEGORY);
    let level = own.notify_level.map(|level| level.0);
    if level.is_some() && category.is_none() {
        return Err(refused(WRONG_LEVEL));
    }
    let level = level.or(usual_level).filter(|_| category.is_some());
    if level.is_some_and(|level| !category::takes(category, level)) {
        return Err(refused(WRONG_LEVEL));
    }
    Ok((category, level))
}

fn refused(code: &str) -> CallError {
    CallError::Rejected { code: code.to_owned() }
}

/// Custom data as the app's intent takes it: every value a string.
fn parameters(custom: &Map<String, Value>) -> Option<String> {
    let data: BTreeMap<&str, Cow<'_, str>> = strings(custom).collect();
    if data.is_empty() { None } else { serde_json::to_string(&data).ok() }
}
