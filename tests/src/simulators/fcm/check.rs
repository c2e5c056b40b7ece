//! Checks a message as FCM does, after its names and types.

use serde_json::{Map, Value};

use crate::simulators::engine::schema::{Kind, Violation, What};
use crate::simulators::engine::seconds;

const FOUR_WEEKS: f64 = 2_419_200.0;
const PAYLOAD_BYTES: usize = 4096;
const TOPIC_PAYLOAD_BYTES: usize = 2048;

/// Field and message of a refusal.
pub type Refusal = (&'static str, String);

/// The one target of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Token(&'a str),
    Installation(&'a str),
    Topic,
}

pub fn target(message: &Value) -> Result<Target<'_>, Refusal> {
    let given: Vec<(&str, &str)> = ["token", "fid", "topic", "condition"]
        .into_iter()
        .filter_map(|name| Some((name, message[name].as_str()?)))
        .collect();
    match given[..] {
        [] => Err(("message", "Recipient of the message is not set.".to_owned())),
        [("token", token)] => Ok(Target::Token(token)),
        [("fid", fid)] => Ok(Target::Installation(fid)),
        [("condition", condition)] if condition.matches("in topics").count() > 5 => {
            Err(("message.condition", "Invalid condition: at most 5 topics".to_owned()))
        }
        [_] => Ok(Target::Topic),
        [(first, _), (second, _), ..] => Err((
            "message",
            format!(
                "Invalid value at 'message' (oneof), oneof field 'target' is already set by '{first}'. Cannot set '{second}'"
            ),
        )),
    }
}

pub fn message(message: &Value, target: Target<'_>, package_name: Option<&str>) -> Result<(), Refusal> {
    let android = &message["android"];
    reserved_keys("message.data", &message["data"])?;
    reserved_keys("message.android.data", &android["data"])?;
    time_to_live(android["ttl"].as_str())?;
    if let (Some(wanted), Some(package)) = (android["restricted_package_name"].as_str(), package_name)
        && wanted != package
    {
        return Err((
            "message.android.restricted_package_name",
            "The registration token is not for the restricted package name".to_owned(),
        ));
    }
    for label in [&message["fcm_options"], &android["fcm_options"]] {
        analytics_label(label["analytics_label"].as_str())?;
    }
    light(&android["notification"]["light_settings"])?;
    let limit = if target == Target::Topic { TOPIC_PAYLOAD_BYTES } else { PAYLOAD_BYTES };
    let size = payload_bytes(message);
    if size > limit {
        return Err(("message", format!("Android message is too big: {size} bytes, at most {limit}")));
    }
    Ok(())
}

/// Refuses reserved keys. An older page of Google refuses every key that begins with `google` or `gcm`; the present one
/// names these keys.
fn reserved_keys(field: &'static str, data: &Value) -> Result<(), Refusal> {
    let reserved = |key: &&String| {
        matches!(key.as_str(), "from" | "message_type")
            || key.starts_with("google.")
            || key.starts_with("gcm.notification.")
    };
    match data.as_object().and_then(|data| data.keys().find(reserved)) {
        Some(key) => Err((field, format!("Invalid data payload key: {key}"))),
        None => Ok(()),
    }
}

fn time_to_live(ttl: Option<&str>) -> Result<(), Refusal> {
    match ttl.map(|ttl| seconds(ttl).unwrap_or(-1.0)) {
        Some(ttl) if !(0.0..=FOUR_WEEKS).contains(&ttl) => {
            Err(("message.android.ttl", "Invalid time to live: it must be between 0 and 2419200 seconds".to_owned()))
        }
        _ => Ok(()),
    }
}

fn analytics_label(label: Option<&str>) -> Result<(), Refusal> {
    let fits = |label: &str| {
        (1..=50).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte))
    };
    match label {
        Some(label) if !fits(label) => {
            Err(("message.fcm_options.analytics_label", "Invalid analytics label".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Checks light settings. All three parts are required, and a colour's components are between 0 and 1.
fn light(settings: &Value) -> Result<(), Refusal> {
    let Some(settings) = settings.as_object() else { return Ok(()) };
    let complete = ["color", "light_on_duration", "light_off_duration"].iter().all(|name| settings.contains_key(*name));
    let color = settings.get("color").and_then(Value::as_object);
    let in_range = color
        .is_none_or(|color| color.values().all(|part| part.as_f64().is_some_and(|part| (0.0..=1.0).contains(&part))));
    if complete && in_range {
        Ok(())
    } else {
        Err(("message.android.notification.light_settings", "Invalid light settings".to_owned()))
    }
}

/// Returns the notification as Android shows it: platform fields override the common ones.
pub fn notification(message: &Value) -> Option<Map<String, Value>> {
    let parts = [message["notification"].as_object(), message["android"]["notification"].as_object()];
    if parts.iter().all(Option::is_none) {
        return None;
    }
    Some(parts.into_iter().flatten().flat_map(|part| part.clone()).collect())
}

/// Returns the data that the app gets. The platform's data replaces the common data.
pub fn data(message: &Value) -> Map<String, Value> {
    let android = message["android"]["data"].as_object();
    android.or(message["data"].as_object()).cloned().unwrap_or_default()
}

/// Returns the bytes of the keys and values in data and notification. Google does not say how structured values are
/// counted; here they count as compact JSON.
fn payload_bytes(message: &Value) -> usize {
    let size =
        |(key, value): (&String, &Value)| key.len() + value.as_str().map_or_else(|| value.to_string().len(), str::len);
    let notification = notification(message).unwrap_or_default();
    data(message).iter().map(size).sum::<usize>() + notification.iter().map(size).sum::<usize>()
}

/// Returns the field and the description of a violation, in the words of Google's JSON front end.
pub fn described(violation: Violation) -> (String, String) {
    let Violation { at, what } = violation;
    let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
    let description = match what {
        What::UnknownName(name) => {
            format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.")
        }
        What::RepeatedName(name) => {
            format!("Invalid JSON payload received. Field \"{name}\"{place} is set more than once.")
        }
        What::WrongValue { expected, found } => format!("Invalid value{place} ({}), {found}", proto_type(expected)),
    };
    (at, description)
}

fn proto_type(kind: Kind) -> String {
    match kind {
        Kind::Text => "TYPE_STRING".to_owned(),
        Kind::Bool => "TYPE_BOOL".to_owned(),
        Kind::Int32 => "TYPE_INT32".to_owned(),
        Kind::Number => "TYPE_FLOAT".to_owned(),
        other => other.to_string(),
    }
}
