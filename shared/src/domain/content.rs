//! Content of a notification: title, body, and the custom data that the app gets with the tap.
//!
//! First [`word`] chooses the wording from message, receiver and app. Then [`render`] fills it in. In between the
//! caller reads the sender's nickname, but only if the wording names the sender.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    app::{Privacy, Settings},
    id::{TemplateName, UserId},
    instant::{own_content, own_title},
    labels,
    line::{Line, MAX_BODY_BYTES, MAX_TITLE_BYTES},
    message::{Content, MessageType, Receiver},
    profile::{DisplayStyle, Language, Nickname, Profile},
    push::{Notification, SemanticClass},
    template::{BuiltIn, DEFAULT_TEMPLATE, DETAIL_TEMPLATE, Template, Templates},
    vendor::Vendor,
};

/// The title when nobody chose one. It is the reference product's constant, and clients see it.
pub const DEFAULT_TITLE: &str = "您有一条新消息";
/// The body when nobody chose one. It is the reference product's constant, and clients see it.
pub const DEFAULT_BODY: &str = "请点击查看";

/// The field of `ext` in which a sender gives the message class.
pub const PUSH_CLASS: &str = "em_push_class";
/// The field of `ext` that mentions users.
pub const AT_LIST: &str = "em_at_list";
/// The trace input with the name of a template that does not exist, as the sender wrote it.
pub const MISSING_TEMPLATE: &str = "missing_template";
/// The field of custom data that names the task of a push, as `{"report": {"task_id": ..}}`.
const TASK_REPORT: &str = "EPush";
const PUSH_EXT: &str = "em_push_ext";
const LEGACY_EXT: &str = "em_apns_ext";
const PUSH_TEMPLATE: &str = "em_push_template";

/// Maximum placeholders without an argument that a trace lists.
const MAX_MISSING_ARGS: usize = 16;
/// Maximum characters of a missing template's name in a trace. No template has a longer name.
const MAX_MISSING_NAME_CHARS: usize = 64;

// ---- wording ----

/// Source of a wording, in ascending priority. Privacy beats all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// the receiver's display style
    Style,
    /// the app's template for that display style
    AppTemplate,
    /// title or content on the message
    Message,
    /// the template that the receiver chose
    ReceiverTemplate,
    /// the template that the message names
    SenderTemplate,
    /// the template that the message names for this receiver
    DirectedTemplate,
    /// the app's privacy mode
    Privacy,
}

/// Title and body, chosen but not yet rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    title: Line,
    body: Line,
    /// where it comes from
    pub source: Source,
    /// the template, when it comes from one
    pub template: Option<TemplateName>,
    /// placeholders without an argument, such as `title {0}`; each once, at most `MAX_MISSING_ARGS`
    pub missing_args: Vec<String>,
    /// a requested template that does not exist
    pub missing_template: Option<String>,
}

impl Wording {
    /// Returns whether rendering needs the sender's nickname.
    pub fn names_sender(&self, message: &Content) -> bool {
        let names = |line: &Line| {
            line.uses(BuiltIn::FromNickname) || line.uses(BuiltIn::DynamicFrom) && group_nickname(message).is_none()
        };
        names(&self.title) || names(&self.body)
    }

    /// Returns whether the text differs by the receiver's language.
    pub fn follows_language(&self, message: &Content) -> bool {
        let repeats = self.title.uses(BuiltIn::Msg) || self.body.uses(BuiltIn::Msg);
        repeats && (message.kind != MessageType::Txt || message.body.contains_key("translations"))
    }

    /// Returns the trace inputs; `Null` if the display style chose the wording and no template is missing.
    pub fn inputs(&self) -> Value {
        if self.source == Source::Style && self.missing_template.is_none() {
            return Value::Null;
        }
        let mut inputs = Map::from_iter([("source".to_owned(), json!(self.source))]);
        if let Some(template) = &self.template {
            inputs.insert("template".into(), json!(template));
        }
        if !self.missing_args.is_empty() {
            inputs.insert("missing_args".into(), json!(self.missing_args));
        }
        if let Some(name) = &self.missing_template {
            inputs.insert(MISSING_TEMPLATE.into(), json!(name));
        }
        Value::Object(inputs)
    }

    /// Removes the missing arguments of a line that another line replaces.
    fn replacing(mut self, line: &str) -> Self {
        self.missing_args.retain(|missing| !missing.starts_with(line));
        self
    }

    fn plain(source: Source) -> Self {
        Self {
            title: Line::literal(DEFAULT_TITLE, MAX_TITLE_BYTES),
            body: Line::literal(DEFAULT_BODY, MAX_BODY_BYTES),
            source,
            template: None,
            missing_args: Vec::new(),
            missing_template: None,
        }
    }

    fn of(template: &Template, request: &TemplateRequest<'_>, source: Source) -> Self {
        let mut missing_args: Vec<String> = Vec::new();
        let mut line = |name: &str, pattern: &str, args: &[Value], max_bytes: usize| {
            let mut missing = Vec::new();
            let filled = Line::filled(pattern, args, max_bytes, &mut missing);
            for argument in missing.into_iter().map(|number| format!("{name} {{{number}}}")) {
                if missing_args.len() < MAX_MISSING_ARGS && !missing_args.contains(&argument) {
                    missing_args.push(argument);
                }
            }
            filled
        };
        Self {
            title: line("title", &template.title_pattern, request.title_args, MAX_TITLE_BYTES),
            body: line("content", &template.content_pattern, request.content_args, MAX_BODY_BYTES),
            source,
            template: Some(template.name.clone()),
            missing_args,
            missing_template: None,
        }
    }
}

/// The templates that a message asks for.
#[derive(Default)]
struct TemplateRequest<'a> {
    name: Option<&'a str>,
    title_args: &'a [Value],
    content_args: &'a [Value],
}

impl<'a> TemplateRequest<'a> {
    fn of(request: &'a Map<String, Value>) -> Self {
        let args = |name: &str| request.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Self { name: text(Some(request), "name"), title_args: args("title_args"), content_args: args("content_args") }
    }
}

/// Chooses the wording for one receiver.
///
/// In ascending priority: the display style; the app's template `default`, or `detail` for style 1; title and content
/// on the message; the receiver's template; the sender's template; the template that the sender directs at this
/// receiver. The privacy mode `notice` beats them all. An instant push always has title and content of its own, so style
/// and templates of the app do not show.
pub fn word(
    message: &Content,
    receiver: &UserId,
    profile: &Profile,
    settings: &Settings,
    templates: &Templates,
) -> Wording {
    if settings.privacy == Privacy::Notice {
        return Wording::plain(Source::Privacy);
    }
    let request = message.object(PUSH_TEMPLATE);
    let outer = request.map(TemplateRequest::of).unwrap_or_default();
    let directed = request.and_then(|request| directed_at(message, request, receiver));
    let of_style = match profile.style {
        DisplayStyle::Simple => DEFAULT_TEMPLATE,
        DisplayStyle::Summary => DETAIL_TEMPLATE,
    };
    // While advanced push is off, templates do not apply.
    let templates = settings.advanced_push.then_some(templates);
    let find = |name: &str| templates.and_then(|templates| templates.get(name));
    // What a receiver chose words chats, and an instant push is none.
    let chosen_by_receiver = profile.advanced.template.as_ref().filter(|_| message.instant.is_none());

    let mut missing_template = None;
    let named = [
        (directed.as_ref().and_then(|one| one.name), directed.as_ref(), Source::DirectedTemplate),
        (outer.name, Some(&outer), Source::SenderTemplate),
        (chosen_by_receiver.map(TemplateName::as_str), Some(&outer), Source::ReceiverTemplate),
    ];
    let asked = named.into_iter().filter_map(|(name, request, source)| Some((name?, request?, source)));
    for (name, request, source) in asked {
        match find(name) {
            Some(template) => return Wording { missing_template, ..Wording::of(template, request, source) },
            None => {
                missing_template.get_or_insert_with(|| name.chars().take(MAX_MISSING_NAME_CHARS).collect());
            }
        }
    }
    let lower = match find(of_style) {
        Some(template) => Wording::of(template, &outer, Source::AppTemplate),
        None => styled(message, profile.style),
    };
    Wording { missing_template, ..overridden(message, lower) }
}

/// Returns the templates that a message or its receiver names.
pub fn template_names<'a>(message: &'a Content, profile: &'a Profile) -> impl Iterator<Item = &'a str> {
    let request = message.object(PUSH_TEMPLATE);
    let directed = request.and_then(|request| request.get("directed_template")).and_then(Value::as_object);
    let chosen = profile.advanced.template.as_ref().map(TemplateName::as_str);
    [text(request, "name"), text(directed, "name"), chosen].into_iter().flatten()
}

/// Replaces title and body by those on the message, where they are given.
fn overridden(message: &Content, lower: Wording) -> Wording {
    let chosen = |generic: &str, legacy: &str, max_bytes: usize| {
        let chosen = text(message.object(PUSH_EXT), generic).or_else(|| text(message.object(LEGACY_EXT), legacy));
        chosen.map(|text| Line::literal(text, max_bytes))
    };
    let title = chosen("title", "em_push_title", MAX_TITLE_BYTES);
    match (title, chosen("content", "em_push_content", MAX_BODY_BYTES)) {
        (None, None) => lower,
        (Some(title), None) => Wording { title, source: Source::Message, ..lower.replacing("title") },
        (None, Some(body)) => Wording { body, source: Source::Message, ..lower.replacing("content") },
        (Some(title), Some(body)) => Wording { title, body, ..Wording::plain(Source::Message) },
    }
}

fn styled(message: &Content, style: DisplayStyle) -> Wording {
    let plain = Wording::plain(Source::Style);
    match (style, &message.group) {
        (DisplayStyle::Simple, _) => plain,
        (DisplayStyle::Summary, None) => {
            let body = Line::filled("{$fromNickname}: {$msg}", &[], MAX_BODY_BYTES, &mut Vec::new());
            Wording { body, ..plain }
        }
        (DisplayStyle::Summary, Some(group)) => {
            let body = Line::literal(&format!("{group}: "), MAX_BODY_BYTES).followed_by(BuiltIn::Msg);
            Wording { body, ..plain }
        }
    }
}

/// Returns the template that a group message directs at the receiver, if any.
fn directed_at<'a>(
    message: &Content,
    request: &'a Map<String, Value>,
    receiver: &UserId,
) -> Option<TemplateRequest<'a>> {
    let directed = request.get("directed_template")?.as_object().filter(|_| message.group.is_some())?;
    let targets = directed.get("target")?.as_array()?;
    targets.iter().any(|target| target.as_str() == Some(receiver.as_str())).then(|| TemplateRequest::of(directed))
}

// ---- rendering ----

/// A notification, and the names of the lines that were cut: `title`, `content`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// what to show
    pub notification: Notification,
    /// the lines that were longer than [`MAX_TITLE_BYTES`] or [`MAX_BODY_BYTES`]
    pub cut: Vec<&'static str>,
}

/// Renders the notification for one receiver.
///
/// Custom data: `f` is the sender of a message, `t` the receiver of a one-to-one message, `g` the group, `m` the message id, `e` the
/// sender's own object. The push of a task has its id in `EPush`, and names no receiver: so all users of a page get the
/// same notification. Its replace id is the task's.
pub fn render(
    message: &Content,
    receiver: &Receiver,
    wording: &Wording,
    nickname: Option<&Nickname>,
    language: Option<&Language>,
) -> Rendered {
    let id = receiver.msg_id.to_string();
    let mut custom = Map::new();
    if message.instant.is_none() {
        custom.insert("f".into(), json!(message.from));
    }
    match (&message.group, message.task()) {
        (Some(group), _) => custom.insert("g".into(), json!(group)),
        (None, Some(task)) => custom.insert(TASK_REPORT.into(), json!({"report": {"task_id": task}})),
        (None, None) => custom.insert("t".into(), json!(receiver.user)),
    };
    custom.insert("m".into(), json!(id));
    if wording.source != Source::Privacy
        && let Some(extra) = extra(message)
    {
        custom.insert("e".into(), extra);
    }
    let sender = nickname.map_or(message.from.as_str(), Nickname::as_str);
    let value = |name: BuiltIn| match name {
        BuiltIn::FromNickname => sender,
        BuiltIn::DynamicFrom => group_nickname(message).unwrap_or(sender),
        BuiltIn::Msg => said(message, language),
    };
    let ((title, title_cut), (body, body_cut)) = (wording.title.render(value), wording.body.render(value));
    let cut = [("title", title_cut), ("content", body_cut)];
    let mut notification = Notification {
        title,
        body,
        custom,
        class: class_for(message, &receiver.user),
        replace_id: message.task().map_or(id, |task| task.to_string()),
        badge: true,
        options: message.object("em_android_push_ext").cloned().unwrap_or_default(),
    };
    if wording.source == Source::Privacy {
        notification.options.retain(|option, _| !is_own_text(option));
    }
    Rendered { notification, cut: cut.into_iter().filter_map(|(line, cut)| cut.then_some(line)).collect() }
}

/// Returns whether an option has a title or a text that only one vendor shows.
fn is_own_text(option: &str) -> bool {
    Vendor::ALL.into_iter().any(|vendor| option == own_title(vendor) || option == own_content(vendor))
}

/// Returns the message's text in one line. A translated text is in the receiver's language. A message without text has
/// a label.
fn said<'a>(message: &'a Content, language: Option<&Language>) -> &'a str {
    if message.kind != MessageType::Txt {
        return labels::label(message.kind, language);
    }
    let translations = message.body.get("translations").and_then(Value::as_object);
    let translated = language.and_then(|language| text(translations, language.as_str()));
    translated.or_else(|| text(Some(&message.body), "msg")).unwrap_or_default()
}

/// Returns the sender's class, else `mention` if the message mentions the receiver, else `im`.
pub fn class_for(message: &Content, receiver: &UserId) -> SemanticClass {
    let chosen = message.ext.get(PUSH_CLASS).and_then(Value::as_str);
    let chosen = chosen.and_then(|name| SemanticClass::parse_as(PUSH_CLASS, name).ok());
    chosen.unwrap_or(if mentions(message, receiver) { SemanticClass::Mention } else { SemanticClass::Im })
}

/// Returns whether the message mentions the receiver, by name or with `all`.
pub fn mentions(message: &Content, receiver: &UserId) -> bool {
    match message.ext.get(AT_LIST) {
        Some(Value::Array(users)) => users.iter().any(|user| named(user, receiver)),
        Some(Value::String(all)) => all == "all",
        _ => false,
    }
}

/// Compares a user in `em_at_list` with the receiver. User ids compare lower-cased, and callers write them in any case.
fn named(user: &Value, receiver: &UserId) -> bool {
    user.as_str().is_some_and(|user| user.eq_ignore_ascii_case(receiver.as_str()))
}

/// Returns the sender's name in the group, which the message carries.
fn group_nickname(message: &Content) -> Option<&str> {
    message.group.as_ref()?;
    text(message.object(PUSH_EXT), "group_user_nickname")
}

fn text<'a>(object: Option<&'a Map<String, Value>>, key: &str) -> Option<&'a str> {
    object?.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn extra(message: &Content) -> Option<Value> {
    let custom = message.object(PUSH_EXT).and_then(|ext| ext.get("custom"));
    let legacy = message.object(LEGACY_EXT).and_then(|ext| ext.get("extern"));
    custom.filter(|value| value.is_object()).or(legacy).cloned()
}

#[cfg(test)]
#[cfg(feature = "testing")]
#[path = "content_tests.rs"]
mod tests;
