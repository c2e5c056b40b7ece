//! Checks a form as Xiaomi does.
//!
//! Fields: <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559>.

use super::{Channel, XiaomiCredential, channel};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::is_https;

pub const MAX_TOKENS: usize = 1000;
const TITLE_BELOW: usize = 50;
const DESCRIPTION_BELOW: usize = 128;
/// Maximum bytes of the whole message, by an older page.
const MESSAGE_BYTES: usize = 4096;
const MAX_PAIRS: usize = 10;
const PAIRS_BELOW: usize = 1024;
/// Bits of receipts that Xiaomi does not have.
const NO_RECEIPTS: u64 = 4 + 8;

const FIELDS: &[&str] = &[
    "registration_id",
    "restricted_package_name",
    "pass_through",
    "title",
    "description",
    "payload",
    "notify_type",
    "notify_id",
    "time_to_live",
    "time_to_send",
];
/// Keys below `extra.` with a meaning for Xiaomi. All others are the app's own.
const RESERVED: &[&str] = &[
    "notify_effect",
    "intent_uri",
    "web_uri",
    "notify_foreground",
    "channel_id",
    "template_id",
    "template_param",
    "channel_name",
    "channel_description",
    "sound_uri",
    "ticker",
    "jobkey",
    "flow_control",
    "only_send_once",
    "callback",
    "callback.param",
    "callback.type",
];

/// The code and reason of a refusal.
pub type Refusal = (&'static str, String);

pub fn wrong(what: impl std::fmt::Display) -> Refusal {
    ("10017", what.to_string())
}

pub fn missing(what: impl std::fmt::Display) -> Refusal {
    ("10016", what.to_string())
}

/// Returns the tokens that a form names.
pub fn tokens(form: &Form) -> impl Iterator<Item = &str> {
    form.get("registration_id").into_iter().flat_map(|tokens| tokens.split(','))
}

/// Checks the whole form. Returns its channel, if it names one.
pub fn form<'a>(form: &Form, path: &str, app: &'a XiaomiCredential) -> Result<Option<&'a Channel>, Refusal> {
    names(form)?;
    addressees(form)?;
    packages(form, path, app)?;
    content(form)?;
    let channel = channel::of(form, app)?;
    numbers(form, channel)?;
    tap(form, app)?;
    channel::template(form, channel, app)?;
    receipts(form)?;
    Ok(channel)
}

fn names(form: &Form) -> Result<(), Refusal> {
    if let Some(name) = form.repeated() {
        return Err(wrong(format_args!("{name} stands more than once")));
    }
    let (mut pairs, mut length) = (0, 0);
    for (name, value) in form.pairs() {
        match name.strip_prefix("extra.") {
            Some(key) if RESERVED.contains(&key) => {}
            Some(key) => {
                pairs += 1;
                length += key.chars().count() + value.chars().count();
            }
            None if FIELDS.contains(&name.as_str()) => {}
            None => return Err(wrong(format_args!("unknown field {name}"))),
        }
    }
    match (pairs, length) {
        (pairs, _) if pairs > MAX_PAIRS => Err(("65014", format!("{pairs} pairs of extra"))),
        (_, length) if length >= PAIRS_BELOW => Err(("65015", format!("{length} characters of extra"))),
        _ => Ok(()),
    }
}

fn addressees(form: &Form) -> Result<(), Refusal> {
    match tokens(form).count() {
        0 => Err(missing("registration_id is missing")),
        count if count > MAX_TOKENS => Err(wrong("registration_id names more than 1000")),
        _ if tokens(form).any(str::is_empty) => Err(wrong("registration_id has an empty entry")),
        _ => Ok(()),
    }
}

fn packages(form: &Form, path: &str, app: &XiaomiCredential) -> Result<(), Refusal> {
    let given = form.get("restricted_package_name").ok_or_else(|| missing("restricted_package_name is missing"))?;
    let given: Vec<&str> = given.split(',').collect();
    if given.len() > 1 && path.starts_with("/v2/") {
        return Err(wrong("v2 takes one package name"));
    }
    match given.iter().find(|name| !app.package_names.iter().any(|known| known == *name)) {
        Some(_) => Err(("22022", "restricted_package_name is none of the secret's".to_owned())),
        None => Ok(()),
    }
}

fn content(form: &Form) -> Result<(), Refusal> {
    match form.get("pass_through") {
        Some("0") => {}
        Some(_) => return Err(wrong("pass_through must be 0, silent messages are no longer served")),
        None => return Err(missing("pass_through is missing")),
    }
    for (name, below) in [("title", TITLE_BELOW), ("description", DESCRIPTION_BELOW)] {
        let text = form.get(name).ok_or_else(|| missing(format_args!("{name} is missing")))?;
        if text.trim().is_empty() || text.chars().count() >= below {
            return Err(wrong(format_args!("{name} must be less than {below} characters and not blank")));
        }
    }
    let bytes = |name| form.get(name).map_or(0, str::len);
    match bytes("title") + bytes("description") + bytes("payload") {
        bytes if bytes > MESSAGE_BYTES => Err(("65009", format!("{bytes} bytes, at most {MESSAGE_BYTES}"))),
        _ => Ok(()),
    }
}

fn numbers(form: &Form, channel: Option<&Channel>) -> Result<(), Refusal> {
    let within = |name: &str, least: i64, most: i64| match form.get(name) {
        Some(text) if !text.parse().is_ok_and(|number: i64| (least..=most).contains(&number)) => {
            Err(wrong(format_args!("{name} must be a number from {least} to {most}")))
        }
        _ => Ok(()),
    };
    within("notify_type", -1, 7)?;
    within("notify_id", 0, i64::from(i32::MAX))?;
    within("time_to_live", 1, i64::try_from(channel::longest_ms(channel)).unwrap_or(i64::MAX))?;
    within("extra.notify_foreground", 0, 1)
}

fn tap(form: &Form, app: &XiaomiCredential) -> Result<(), Refusal> {
    let is_intent = |text: &str| text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with(";end");
    let is_web = |text: &str| text.starts_with("http://") || is_https(text);
    match form.get("extra.notify_effect") {
        None if app.needs_notify_effect => return Err(wrong("extra.notify_effect is missing")),
        None | Some("1") => {}
        Some("2") if form.get("extra.intent_uri").is_some_and(is_intent) => {}
        Some("3") if form.get("extra.web_uri").is_some_and(is_web) => {}
        Some("2") => return Err(wrong("extra.notify_effect 2 needs an intent in extra.intent_uri")),
        Some("3") => return Err(wrong("extra.notify_effect 3 needs an address in extra.web_uri")),
        Some(_) => return Err(wrong("extra.notify_effect must be 1, 2 or 3")),
    }
    match form.get("extra.sound_uri") {
        Some(uri) if !uri.starts_with("android.resource://") => {
            Err(wrong("extra.sound_uri must be a resource of the app"))
        }
        _ => Ok(()),
    }
}

fn receipts(form: &Form) -> Result<(), Refusal> {
    if form.get("extra.callback").is_some_and(|url| !is_https(url) && !url.starts_with("http://")) {
        return Err(("65038", "extra.callback must be an address".to_owned()));
    }
    if form.get("extra.callback.param").is_some_and(|param| param.len() > 64) {
        return Err(("65036", "extra.callback.param has at most 64 bytes".to_owned()));
    }
    match form.get("extra.callback.type").map(str::parse::<u64>) {
        None => Ok(()),
        Some(Ok(kinds)) if (1..=243).contains(&kinds) && kinds & NO_RECEIPTS == 0 => Ok(()),
        Some(_) => Err(wrong("extra.callback.type must be a sum of 1, 2, 16, 32, 64 and 128")),
    }
}
