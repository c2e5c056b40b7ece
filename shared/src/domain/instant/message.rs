//! `pushMessage`: the common part, checked.

use serde_json::{Map, Value, json};

use super::{InstantPush, Strategy, blocks, read::Part};
use crate::domain::{
    content::DEFAULT_TITLE,
    id::{TemplateName, UserId},
    invalid::Invalid,
    message::{Content, MessageType},
    push::SemanticClass,
    time::Timestamp,
};

/// The text when the sender wrote none. It is the reference product's constant, and clients see it.
pub const DEFAULT_CONTENT: &str = "请及时查看";
/// Maximum width of the title; a Chinese character counts 2.
pub const MAX_TITLE_WIDTH: usize = 32;
/// Maximum characters of the second title.
pub const MAX_SUB_TITLE_CHARS: usize = 10;
/// Maximum width of the text; a Chinese character counts 2.
pub const MAX_CONTENT_WIDTH: usize = 100;
/// Maximum pairs of `ext`.
pub const MAX_EXT_PAIRS: usize = 10;
/// Maximum characters of `ext` as compact JSON.
pub const MAX_EXT_CHARS: usize = 1024;
/// The sender of an instant push in the records of a message. No client sees it.
pub const SENDER: &str = "admin";

/// Where a refusal says that a field stands.
const PLACE: &str = "pushMessage";

/// A checked `pushMessage`.
#[derive(Debug, Clone, PartialEq)]
pub struct PushMessage {
    /// texts, class and options, as a message has them
    ext: Map<String, Value>,
    /// the text, as a text message has it
    content: String,
    instant: InstantPush,
}

impl PushMessage {
    /// Checks what a sender wrote. A push without a class gets `class`.
    pub fn parse(message: &Map<String, Value>, class: SemanticClass) -> Result<Self, Invalid> {
        let part = Part::new(PLACE, message);
        let title = part.text("title")?.unwrap_or(DEFAULT_TITLE);
        let content = part.text("content")?.unwrap_or(DEFAULT_CONTENT);
        for (name, text, max) in [("title", title, MAX_TITLE_WIDTH), ("content", content, MAX_CONTENT_WIDTH)] {
            if width(text) > max {
                let rule = format!("must be at most {max} characters long, where a Chinese character counts 2");
                return Err(part.invalid(name, &rule));
            }
        }
        let mut shown = Map::from_iter([("title".to_owned(), json!(title)), ("content".to_owned(), json!(content))]);
        if let Some(custom) = custom(part)? {
            shown.insert("custom".into(), Value::Object(custom.clone()));
        }
        let class = part.text("class")?.map_or(Ok(class), |name| SemanticClass::parse_as("pushMessage.class", name))?;
        let mut ext =
            Map::from_iter([("em_push_class".to_owned(), json!(class)), ("em_push_ext".to_owned(), json!(shown))]);
        let options = blocks::options(message)?;
        for (name, value) in [("em_push_template", template(part)?), ("em_android_push_ext", Some(options))] {
            ext.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), Value::Object(value))));
        }
        let instant = InstantPush {
            strategy: Strategy::default(),
            task: None,
            badge: badge(part)?,
            sub_title: sub_title(part)?.map(str::to_owned),
            config: part.object("config")?.cloned().unwrap_or_default(),
            easemob: part.object("easemob")?.cloned().unwrap_or_default(),
        };
        Ok(Self { ext, content: content.to_owned(), instant })
    }

    /// Returns the size that [`MAX_CONTENT_BYTES`](crate::domain::message::MAX_CONTENT_BYTES) limits: the UTF-8 bytes of
    /// everything as compact JSON.
    pub fn bytes(&self) -> usize {
        let InstantPush { config, easemob, .. } = &self.instant;
        [&self.ext, config, easemob].map(|part| Content::content_bytes(part, &Map::new())).iter().sum()
    }

    /// Returns its title.
    pub fn title(&self) -> &str {
        self.ext
            .get("em_push_ext")
            .and_then(|shown| shown.get("title"))
            .and_then(Value::as_str)
            .unwrap_or(DEFAULT_TITLE)
    }

    /// Returns the content that all receivers share.
    pub fn content(
        self,
        strategy: Strategy,
        accepted_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Content, Invalid> {
        Ok(Content {
            from: UserId::parse(SENDER)?,
            group: None,
            kind: MessageType::Txt,
            body: Map::from_iter([("msg".to_owned(), self.content.into())]),
            ext: self.ext,
            online_only: false,
            instant: Some(Box::new(InstantPush { strategy, ..self.instant })),
            accepted_at,
            expires_at,
        })
    }
}

/// Returns the width of a text: a character of a script with wide characters, such as Chinese, counts 2.
fn width(text: &str) -> usize {
    text.chars().map(|char| if char >= FIRST_WIDE { 2 } else { 1 }).sum()
}

/// The first wide character: the radicals of Chinese characters. Source: Unicode Standard Annex 11.
const FIRST_WIDE: char = '\u{2e80}';

fn sub_title(part: Part<'_>) -> Result<Option<&str>, Invalid> {
    // The reference's examples write both names.
    for name in ["subTitle", "sub_title"] {
        let Some(text) = part.text(name)? else { continue };
        if text.chars().count() > MAX_SUB_TITLE_CHARS {
            return Err(part.invalid(name, &format!("must be at most {MAX_SUB_TITLE_CHARS} characters long")));
        }
        return Ok(Some(text));
    }
    Ok(None)
}

fn custom(part: Part<'_>) -> Result<Option<&Map<String, Value>>, Invalid> {
    let Some(ext) = part.object("ext")?.filter(|ext| !ext.is_empty()) else {
        return Ok(None);
    };
    if ext.len() > MAX_EXT_PAIRS {
        return Err(part.invalid("ext", &format!("must have at most {MAX_EXT_PAIRS} pairs")));
    }
    let chars = json!(ext).to_string().chars().count();
    if chars > MAX_EXT_CHARS {
        return Err(part.invalid("ext", &format!("must be at most {MAX_EXT_CHARS} characters long")));
    }
    Ok(Some(ext))
}

/// Returns the template that the push names, as a message names it. Only a template of the app counts, so it needs a
/// name.
fn template(part: Part<'_>) -> Result<Option<Map<String, Value>>, Invalid> {
    let Some(template) = part.object("template")?.filter(|template| !template.is_empty()) else {
        return Ok(None);
    };
    let name = part.text("template.name")?.ok_or_else(|| part.invalid("template.name", "is required"))?;
    TemplateName::parse(name).map_err(|_| part.invalid("template.name", "must be the name of a template"))?;
    for name in ["template.title_args", "template.content_args"] {
        part.list(name)?;
    }
    let known = ["name", "title_args", "content_args"];
    let fields = template.iter().filter(|(name, _)| known.contains(&name.as_str()));
    Ok(Some(fields.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

/// Returns whether the push raises the number on the icon. Curlew adds one or nothing, so `setNum` has no effect.
fn badge(part: Part<'_>) -> Result<Option<bool>, Invalid> {
    let read = |name: &str| match part.number(name)? {
        Some(number) if number < 0 => Err(part.invalid(name, "must not be negative")),
        number => Ok(number),
    };
    let (added, set) = (read("config.badge.addNum")?, read("config.badge.setNum")?);
    Ok(added.filter(|added| *added > 0 || set.is_none_or(|set| set == 0)).map(|added| added > 0))
}
