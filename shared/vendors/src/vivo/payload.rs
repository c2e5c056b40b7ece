//! From a notification to vivo's message.

use shared::crypto::encoding::sha256_hex;

use super::{
    category,
    content::keeping_rule,
    rules::{Account, Options, ReceiptScheme, is_activity},
    wire::{Extra, ListRequest, VivoMessage},
};
use crate::prelude::*;

/// vivo's texts disagree whether a Chinese character counts for one or two. These are the limits if it counts for one; half
/// of them fits either way.
const TITLE_CHARS: usize = 40;
const CONTENT_CHARS: usize = 100;
/// Keys and values of custom data together.
const CUSTOM_CHARS: usize = 1024;
const MAX_SKIP_CHARS: usize = 1024;
/// Seconds. Older texts allow a week, the newest a day.
const MAX_TTL: u64 = 86_400;
const MIN_TTL: u64 = 60;
/// Older texts want this of a message for a list.
const MIN_LIST_TTL: u64 = 900;
/// Bytes of what comes back in receipts.
const MAX_PARAM: usize = 64;
/// Shown in place of refused texts: "new message" and "you have a new message".
const FALLBACK_TITLE: &str = "新消息";
const FALLBACK_CONTENT: &str = "您收到一条新消息";

/// Which texts a message shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// the notification's own, as long as they may be
    Own,
    /// the same at half the length, after vivo found them too long
    Short,
    /// those that say nothing, after vivo refused what the others say
    Neutral,
}

/// A message, read once and written for one phone or one list after the other.
pub(super) struct Payload<'a> {
    message: VivoMessage<'a>,
    notification: &'a Notification,
    options: &'a Options,
    /// whether the message lives long enough for a list
    pub(super) fits_lists: bool,
}

impl<'a> Payload<'a> {
    /// Reads what all tokens of a call share. Refuses what vivo would refuse.
    pub(super) fn new(
        call: &VendorCall<'a>,
        account: &'a Account,
        settings: &'a Settings<Account>,
    ) -> Result<Self, CallError> {
        let message = message(call, account, settings)?;
        let fits_lists = message.time_to_live >= MIN_LIST_TTL;
        Ok(Self { message, notification: call.notification, options: &settings.options, fits_lists })
    }

    /// Returns the texts to try next after a refusal, if there are any.
    pub(super) fn instead(&self, texts: Texts, error: &CallError) -> Option<Texts> {
        let CallError::Rejected { code } = error else {
            return None;
        };
        let next = match (texts, code.as_str()) {
            (Texts::Own, "10056" | "10058") => Texts::Short,
            (Texts::Own | Texts::Short, "10085" | "10104") => Texts::Neutral,
            _ => return None,
        };
        (self.shown(next) != self.shown(texts)).then_some(next)
    }

    /// Returns the request body for one phone.
    pub(super) fn to_one(&self, texts: Texts, token: &DeviceToken) -> Result<Bytes, CallError> {
        let message = VivoMessage { reg_id: Some(token.expose()), ..self.shared(texts, token, 1) };
        to_json(&message).map(Bytes::from)
    }

    /// Returns the request body that saves the message for a list of phones.
    pub(super) fn to_save(&self, texts: Texts, tokens: &[DeviceToken]) -> Result<Bytes, CallError> {
        let first = tokens.first().ok_or_else(|| CallError::Rejected { code: "no token".to_owned() })?;
        let mut message = self.shared(texts, first, tokens.len());
        // receipts by address are for messages to single phones
        message.extra = message.extra.filter(|extra| extra.url.is_none());
        to_json(&message).map(Bytes::from)
    }

    /// Returns the request body that pushes a saved message.
    pub(super) fn to_list(&self, task_id: &str, tokens: &[DeviceToken]) -> Result<Bytes, CallError> {
        let request = ListRequest { app_id: self.message.app_id, task_id, request_id: request_id(&["list", task_id]) };
        let mut body = to_json(&request)?;
        body.reserve(tokens.iter().map(|token| token.expose().len() + 3).sum::<usize>() + 16);
        // the list becomes the object's last field
        body.pop();
        body.extend_from_slice(b",\"regIds\":[");
        push_tokens(&mut body, tokens);
        body.extend_from_slice(b"]}");
        Ok(Bytes::from(body))
    }

    fn shared<'b>(&'b self, texts: Texts, first: &'b DeviceToken, count: usize) -> VivoMessage<'b> {
        let (title, content) = self.shown(texts);
        let count = count.to_string();
        let mut parts = vec![self.notification.replace_id.as_str(), &title, &content, first.expose(), &count];
        parts.extend(self.message.client_custom_map.values().map(AsRef::as_ref));
        let request_id = request_id(&parts);
        VivoMessage { title, content, request_id, ..self.message.clone() }
    }

    fn shown(&self, texts: Texts) -> (Cow<'_, str>, Cow<'_, str>) {
        let options = self.options;
        let part = match texts {
            Texts::Own => 1,
            Texts::Short => 2,
            Texts::Neutral => {
                let title = options.fallback_title.get().unwrap_or(FALLBACK_TITLE);
                return (title.into(), options.fallback_content.get().unwrap_or(FALLBACK_CONTENT).into());
            }
        };
        let prefix = options.text_prefix.get().filter(|_| self.message.push_mode == 0);
        let cut = |text: &'a str, max| match keeping_rule(text, prefix) {
            Cow::Borrowed(text) => cut_by(text, max, char::len_utf16),
            Cow::Owned(text) => Cow::Owned(cut_by(&text, max, char::len_utf16).into_owned()),
        };
        (cut(&self.notification.title, TITLE_CHARS / part), cut(&self.notification.body, CONTENT_CHARS / part))
    }
}

fn message<'a>(
    call: &VendorCall<'a>,
    account: &'a Account,
    settings: &Settings<Account>,
) -> Result<VivoMessage<'a>, CallError> {
    let Settings { own, options } = settings;
    let shown = call.notification;
    for (text, code) in [(&shown.title, "10055"), (&shown.body, "10057")] {
        if text.trim().is_empty() {
            return Err(CallError::Rejected { code: code.to_owned() });
        }
    }
    let (classification, category) = category::classified(shown.class, own.category.get(), options);
    let push_mode = options.push_mode(&account.facts);
    let (skip_type, skip_content) = skip(own.click_action.get().or(options.click_action.get()), call, account)?;
    Ok(VivoMessage {
        app_id: account.app_id,
        reg_id: None,
        notify_type: options.notify_type(),
        title: Cow::default(),
        content: Cow::default(),
        time_to_live: call.ttl.as_secs().clamp(MIN_TTL, MAX_TTL),
        skip_type,
        skip_content,
        network_type: options.wifi_only.get().then_some(1),
        classification,
        category: category.map(str::to_owned),
        client_custom_map: custom(shown)?,
        extra: extra(account, call, push_mode),
        request_id: String::new(),
        push_mode,
        notify_id: replace_id::number(&replace_id::of(shown, call.options)),
        foreground_show: options.foreground_show.get(),
        add_badge: (options.add_badge.get() && shown.badge).then_some(true),
    })
}

/// Returns what a tap does: type and content.
fn skip(click: Option<&str>, call: &VendorCall<'_>, account: &Account) -> Result<(u8, Option<String>), CallError> {
    let intent = match click {
        None => return Ok((1, None)),
        Some(class) if is_activity(class) => {
            let refused =
                || CallError::Rejected { code: "credential.package_name is required to open an activity".to_owned() };
            let package = account.facts.package_name.get().ok_or_else(refused)?;
            let class = if class.starts_with('.') { format!("{package}{class}") } else { class.to_owned() };
            format!("intent:#Intent;component={package}/{class};end")
        }
        Some(url) if url.starts_with("https://") => return Ok((2, Some(url.to_owned()))),
        Some(intent) => intent.to_owned(),
    };
    // what is too long for extras still comes with the custom data
    let whole = with_extras(&intent, &call.notification.custom);
    Ok((4, Some(if length(&whole) <= MAX_SKIP_CHARS { whole } else { intent })))
}

fn custom(notification: &Notification) -> Result<BTreeMap<&str, Cow<'_, str>>, CallError> {
    let custom: BTreeMap<_, _> = strings(&notification.custom).collect();
    if custom.iter().map(|(key, value)| length(key) + length(value)).sum::<usize>() > CUSTOM_CHARS {
        return Err(CallError::Rejected { code: format!("clientCustomMap over {CUSTOM_CHARS} characters") });
    }
    Ok(custom)
}

/// Receipts by address are for formal messages only, and one scheme excludes the other.
fn extra<'a>(account: &'a Account, call: &VendorCall<'a>, push_mode: i64) -> Option<Extra<'a>> {
    let (url, id) = match &account.receipt {
        ReceiptScheme::None => (call.receipt_url, None),
        ReceiptScheme::LegacyUrl { receipt_url } => (Some(&**receipt_url), None),
        ReceiptScheme::ReceiptId { receipt_id } => (None, Some(&**receipt_id)),
    };
    let url = url.filter(|_| push_mode == 0);
    let param = receipt_param(call.notification, MAX_PARAM);
    (url.is_some() || id.is_some()).then_some(Extra { url, id, param })
}

/// Returns a text's length where an emoji counts for two, as in the strings of vivo's own library.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Returns an id of the request: the same for a repeat, another for every other one. vivo does not say what it is for.
fn request_id(parts: &[&str]) -> String {
    let mut id = sha256_hex(parts.join("\0").as_bytes());
    id.truncate(32);
    id
}
