//! Checks a push as Meizu does. All faults of the message have one code, 1005.

use serde_json::Value;

use super::{MeizuCredential, shape};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::schema::{self, Violation, What};

pub const MAX_TOKENS: usize = 100;
const TITLE: usize = 32;
const CONTENT: usize = 100;
const LONG: usize = 1000;
const CALLBACK: usize = 128;
const PARAM: usize = 64;
const PACKAGES: usize = 50;
const FIELDS: [&str; 5] = ["appId", "pushIds", "messageJson", "restrictedPackageNames", "sign"];

/// The code and the fault.
pub type Refusal = (&'static str, String);

fn illegal(what: impl std::fmt::Display) -> Refusal {
    ("1005", what.to_string())
}

fn require(holds: bool, otherwise: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(illegal(otherwise)) }
}

/// Checks the whole form: fields, addressees, packages, then the message. Returns the message.
pub fn form(form: &Form, app: &MeizuCredential) -> Result<Value, Refusal> {
    if let Some((name, _)) = form.pairs().iter().find(|(name, _)| !FIELDS.contains(&name.as_str())) {
        return Err(illegal(format_args!("unknown field {name}")));
    }
    let tokens: Vec<&str> = form.get("pushIds").unwrap_or_default().split(',').collect();
    require(tokens.len() <= MAX_TOKENS, "at most 100 pushIds")?;
    require(tokens.iter().all(|token| !token.is_empty()), "an empty pushId")?;
    if let Some(packages) = form.get("restrictedPackageNames") {
        require(packages.split(',').count() <= PACKAGES, "at most 50 restrictedPackageNames")?;
        if let Some(foreign) = packages.split(',').find(|name| !app.package_names.iter().any(|own| own == name)) {
            return Err(("110031", format!("{foreign} is no package of the app")));
        }
    }
    let raw: Value = serde_json::from_str(form.get("messageJson").unwrap_or_default())
        .map_err(|error| illegal(format_args!("messageJson is no JSON: {error}")))?;
    let message = schema::read(&raw, shape::MESSAGE, shape::READING).map_err(|violations| described(&violations))?;
    content(&message)?;
    click(&message["clickTypeInfo"])?;
    time(&message["pushTimeInfo"])?;
    advance(&message["advanceInfo"])?;
    extras(&message, app)?;
    Ok(message)
}

fn content(message: &Value) -> Result<(), Refusal> {
    let bar = &message["noticeBarInfo"];
    require((1..=TITLE).contains(&units(&bar["title"])), "title must have 1 to 32 characters")?;
    require((1..=CONTENT).contains(&units(&bar["content"])), "content must have 1 to 100 characters")?;
    require(one_of(&bar["noticeMsgType"], &[0, 1]), "noticeMsgType must be 0 or 1")?;
    require(one_of(&bar["noticeBarType"], &[0, 2]), "noticeBarType must be 0 or 2")?;
    let expand = &message["noticeExpandInfo"];
    match expand["noticeExpandType"].as_i64().unwrap_or(0) {
        0 | 2 => Ok(()),
        1 => require(units(&expand["noticeExpandContent"]) > 0, "noticeExpandType 1 needs noticeExpandContent"),
        _ => Err(illegal("noticeExpandType must be 0, 1 or 2")),
    }
}

/// Checks the tap action: 0 opens the app, 1 a page of it, 2 an address.
fn click(click: &Value) -> Result<(), Refusal> {
    let text = |name: &str| click[name].as_str().filter(|text| (1..=LONG).contains(&text.len()));
    match click["clickType"].as_i64().unwrap_or(0) {
        0 => Ok(()),
        1 => {
            let class = |text: &str| {
                text.contains('.') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$".contains(&byte))
            };
            require(text("activity").is_some_and(class), "clickType 1 needs activity, a class with its package")
        }
        2 => require(text("url").is_some_and(|url| url.contains(':')), "clickType 2 needs url"),
        3 => Err(illegal("clickType 3 is retired")),
        _ => Err(illegal("clickType must be 0, 1 or 2")),
    }
}

fn time(time: &Value) -> Result<(), Refusal> {
    require(is_flag(&time["offLine"]), "offLine must be 0 or 1")?;
    require(time["validTime"].as_i64().is_none_or(|hours| (1..=72).contains(&hours)), "validTime must be 1 to 72 hours")
}

fn advance(advance: &Value) -> Result<(), Refusal> {
    let kinds = &advance["notificationType"];
    let flags = ["suspend", "clearNoticeBar", "fixDisplay"].map(|name| &advance[name]);
    let kinds = ["vibrate", "lights", "sound"].map(|name| &kinds[name]);
    require(flags.into_iter().chain(kinds).all(is_flag), "a flag of advanceInfo must be 0 or 1")?;
    let fixed = ["fixStartDisplayTime", "fixEndDisplayTime"].into_iter().all(|name| advance[name].is_string());
    let fix = advance["fixDisplay"] == 1 || advance["fixDisplay"] == true;
    require(!fix || fixed, "fixDisplay needs both times")
}

/// Checks features that need a right or a registration.
fn extras(message: &Value, app: &MeizuCredential) -> Result<(), Refusal> {
    let image = message["noticeExpandInfo"]["noticeExpandType"] == 2;
    require(app.vip || !(image || message["vipInfo"].is_object()), "the app has no VIP rights")?;
    require(units(&message["vipInfo"]["subtitle"]) <= 16, "subtitle must have at most 16 characters")?;
    let extra = &message["extra"];
    if extra.is_null() {
        return Ok(());
    }
    let callback = extra["callback"].as_str().unwrap_or_default();
    require((1..=CALLBACK).contains(&callback.len()), "callback must have 1 to 128 bytes")?;
    require(app.receipt_urls.iter().any(|url| url == callback), "callback is not registered")?;
    let param = extra["callback.param"].as_str().unwrap_or_default();
    require(param.len() <= PARAM, "callback.param must have at most 64 bytes")?;
    let kind = &extra["callback.type"];
    let number = kind.as_str().map_or(kind.as_i64(), |text| text.parse().ok());
    require(kind.is_null() || number.is_some_and(|kind| (1..=3).contains(&kind)), "callback.type must be 1, 2 or 3")
}

fn units(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.encode_utf16().count())
}

fn one_of(number: &Value, allowed: &[i64]) -> bool {
    number.is_null() || number.as_i64().is_some_and(|number| allowed.contains(&number))
}

fn is_flag(flag: &Value) -> bool {
    flag.is_boolean() || one_of(flag, &[0, 1])
}

/// Returns one message that names every violation.
fn described(violations: &[Violation]) -> Refusal {
    let one = |Violation { at, what }: &Violation| match what {
        What::UnknownName(name) if at.is_empty() => format!("unknown field {name}"),
        What::UnknownName(name) | What::RepeatedName(name) => format!("unknown field {at}.{name}"),
        What::WrongValue { expected, .. } => format!("{at} must be {expected}"),
    };
    illegal(violations.iter().map(one).collect::<Vec<_>>().join(", "))
}
