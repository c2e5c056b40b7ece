//! The channel of a message, and the template of a private one.
//!
//! Channels: <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1656>; templates:
//! <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=2314>.

use serde_json::{Map, Value};

use super::check::{Refusal, missing, wrong};
use super::{Channel, ChannelKind, XiaomiCredential};
use crate::simulators::engine::form::Form;

const DAY_MS: u64 = 86_400_000;
const VALUE_CHARS: usize = 128;

/// Returns the channel that the form names. Without one, the default channel applies.
pub fn of<'a>(form: &Form, app: &'a XiaomiCredential) -> Result<Option<&'a Channel>, Refusal> {
    let Some(id) = form.get("extra.channel_id") else { return Ok(None) };
    let known = app.channels.iter().find(|channel| channel.id == id);
    known.map(Some).ok_or(("27001", "invalid channel info!".to_owned()))
}

/// Returns Xiaomi's name for the channel's kind.
pub fn kind(channel: Option<&Channel>) -> &'static str {
    match channel.map(|channel| channel.kind) {
        None => "default",
        Some(ChannelKind::Public) => "public",
        Some(ChannelKind::Private) => "private",
    }
}

/// Returns the maximum time that a message waits for its phone.
pub fn longest_ms(channel: Option<&Channel>) -> u64 {
    match channel.map(|channel| channel.kind) {
        Some(ChannelKind::Private) => 10 * DAY_MS,
        Some(ChannelKind::Public) => DAY_MS,
        // The value from the time before there were channels.
        None => 14 * DAY_MS,
    }
}

/// Checks the template and its variables.
pub fn template(form: &Form, channel: Option<&Channel>, app: &XiaomiCredential) -> Result<(), Refusal> {
    let (id, param) = (form.get("extra.template_id"), form.get("extra.template_param"));
    let private = channel.filter(|channel| channel.kind == ChannelKind::Private);
    let (Some(id), Some(param)) = (id, param) else {
        return match (id.or(param), private) {
            (None, Some(_)) if app.needs_template => Err(wrong("a private message needs a template")),
            (None, _) => Ok(()),
            (Some(_), _) => Err(missing("extra.template_id and extra.template_param belong together")),
        };
    };
    let channel = private.ok_or_else(|| wrong("a template is for a private channel"))?;
    let template = channel.templates.iter().find(|template| template.id == id);
    let template = template.ok_or_else(|| wrong("extra.template_id is none of the channel's"))?;
    let values: Map<String, Value> =
        serde_json::from_str(param).map_err(|_| wrong("extra.template_param must be a JSON object in a string"))?;
    if values.len() != template.params.len() || !template.params.iter().all(|name| values.contains_key(name)) {
        return Err(wrong("extra.template_param must have the template's variables"));
    }
    values.iter().try_for_each(|(name, value)| match value.as_str() {
        Some(text) if is_value(text) => Ok(()),
        _ => Err(wrong(format_args!("the variable {name} must be 1 to 128 characters without symbols"))),
    })
}

fn is_value(text: &str) -> bool {
    (1..=VALUE_CHARS).contains(&text.chars().count()) && !text.trim().is_empty() && !text.chars().any(is_symbol)
}

/// Returns whether a character is an emoji or another pictograph: it is in one of their blocks, or one of a few other
/// signs.
fn is_symbol(character: char) -> bool {
    matches!(character,
        '\u{a6}' | '\u{a9}' | '\u{ae}' | '\u{b0}' | '\u{2122}' | '\u{20e3}' | '\u{fe0f}'
        | '\u{2300}'..='\u{2307}' | '\u{231a}'..='\u{2328}' | '\u{2600}'..='\u{266e}' | '\u{2670}'..='\u{2767}'
        | '\u{1f000}'..='\u{1faff}')
}
