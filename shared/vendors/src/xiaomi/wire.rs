//! The shapes of Xiaomi's `/v3/message/regid`, a form there, JSON back
//! (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559>), and of `/v2/multi_messages/regids`, which has the
//! same fields as JSON in a form's field (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558>).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::message::Click;

/// The field that names the tokens, separated by commas.
pub(super) const TOKENS: &str = "registration_id";
/// Fields of a form that are numbers in JSON.
const NUMBERS: [&str; 4] = ["pass_through", "notify_type", "notify_id", "time_to_live"];

/// A notification, all but its tokens.
#[derive(Debug)]
pub(super) struct XiaomiMessage<'a> {
    /// separated by commas
    pub(super) package_names: String,
    pub(super) title: Cow<'a, str>,
    pub(super) description: Cow<'a, str>,
    /// what the app gets with the tap
    pub(super) payload: Option<String>,
    /// bits: 1 sound, 2 vibration, 4 light; -1 all of them
    pub(super) notify_type: i64,
    /// a notification with the same id is replaced
    pub(super) notify_id: u32,
    /// milliseconds
    pub(super) time_to_live: u128,
    /// what a tap opens, the launcher's activity if nothing
    pub(super) click: Option<Click<'a>>,
    pub(super) notify_foreground: Option<bool>,
    pub(super) channel_id: Option<&'a str>,
    pub(super) template: Option<Template<'a>>,
    pub(super) sound_uri: Option<&'a str>,
    pub(super) callback: Option<Callback<'a>>,
}

/// A private message's template (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=2314>).
#[derive(Debug)]
pub(super) struct Template<'a> {
    pub(super) id: &'a str,
    /// a JSON object
    pub(super) param: String,
}

/// Where receipts go.
#[derive(Debug)]
pub(super) struct Callback<'a> {
    pub(super) url: &'a str,
    /// comes back in receipts
    pub(super) param: &'a str,
    /// bits, one a kind of receipt
    pub(super) kinds: i64,
}

impl XiaomiMessage<'_> {
    /// The form's fields.
    pub(super) fn fields(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let fixed = |text: &'static str| Some(Cow::Borrowed(text));
        // Messages without an effect were shut down in 2024: <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1856>.
        // The app gets custom data with the notification's own extra, whatever the tap opens.
        let (effect, intent, url) = match self.click {
            None => ("1", None, None),
            Some(Click::Intent(intent)) => ("2", Some(intent.into()), None),
            Some(Click::Action(action)) => ("2", Some(format!("intent:#Intent;action={action};end").into()), None),
            Some(Click::Url(url)) => ("3", None, Some(url.into())),
        };
        let template = self.template.as_ref();
        let callback = self.callback.as_ref();
        let fields = [
            ("restricted_package_name", Some(Cow::Borrowed(self.package_names.as_str()))),
            ("pass_through", fixed("0")),
            ("title", Some(Cow::Borrowed(&*self.title))),
            ("description", Some(Cow::Borrowed(&*self.description))),
            ("payload", self.payload.as_deref().map(Cow::Borrowed)),
            ("notify_type", Some(Cow::Owned(self.notify_type.to_string()))),
            ("notify_id", Some(Cow::Owned(self.notify_id.to_string()))),
            ("time_to_live", Some(Cow::Owned(self.time_to_live.to_string()))),
            ("extra.notify_effect", fixed(effect)),
            ("extra.intent_uri", intent),
            ("extra.web_uri", url),
            ("extra.notify_foreground", self.notify_foreground.and_then(|shown| fixed(if shown { "1" } else { "0" }))),
            ("extra.channel_id", self.channel_id.map(Cow::Borrowed)),
            ("extra.template_id", template.map(|template| Cow::Borrowed(template.id))),
            ("extra.template_param", template.map(|template| Cow::Borrowed(template.param.as_str()))),
            ("extra.sound_uri", self.sound_uri.map(Cow::Borrowed)),
            ("extra.callback", callback.map(|callback| Cow::Borrowed(callback.url))),
            ("extra.callback.param", callback.map(|callback| Cow::Borrowed(callback.param))),
            ("extra.callback.type", callback.map(|callback| Cow::Owned(callback.kinds.to_string()))),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The same as JSON: numbers as such, and what the form calls `extra.<key>` in an object of its own, all of it text.
    pub(super) fn object(&self) -> Map<String, Value> {
        let (mut object, mut extra) = (Map::new(), Map::new());
        for (name, value) in self.fields() {
            if let Some(key) = name.strip_prefix("extra.") {
                extra.insert(key.to_owned(), Value::from(value));
            } else {
                let number = value.parse::<i64>().ok().filter(|_| NUMBERS.contains(&name));
                object.insert(name.to_owned(), number.map_or_else(|| Value::from(value), Value::from));
            }
        }
        object.insert("extra".to_owned(), Value::Object(extra));
        object
    }
}

/// One message of several, with a notification of its own.
#[derive(Debug, Serialize)]
pub(super) struct Element<'a> {
    /// a token
    pub(super) target: &'a str,
    pub(super) message: Map<String, Value>,
}

/// The answer to a message. Every member may be missing, and numbers may come as strings.
#[derive(Debug, Deserialize)]
pub(super) struct SendResponse {
    #[serde(default)]
    pub(super) code: Value,
    /// `ok` or `error`
    #[serde(default)]
    pub(super) result: Value,
    /// `id`, and `bad_regids` when some tokens failed
    #[serde(default)]
    pub(super) data: Value,
}
