//! What a tap on a notification does, as Android apps name it.

use super::custom::is_intent;
use crate::record::{Form, JavaName, Line, Optional, Rule, forms};

/// What a tap does. Configured as one text, whose form tells which of them it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Click<'a> {
    /// a page of the app: `intent://...#Intent;...;end`
    Intent(&'a str),
    /// a page of the app, by the action of its intent filter
    Action(&'a str),
    /// a web page: `https://...`
    Url(&'a str),
}

impl<'a> Click<'a> {
    /// The click of a text of the form [`Tap`].
    pub fn of(text: &'a str) -> Self {
        match text {
            _ if is_intent(text) => Self::Intent(text),
            _ if text.starts_with("https://") => Self::Url(text),
            _ => Self::Action(text),
        }
    }

    /// Returns what a configured tap does.
    pub fn of_option(option: &'a Optional<Tap>) -> Option<Self> {
        option.get().map(Self::of)
    }
}

const WORDS: &str = "an intent, an https address or the action of an intent filter";

forms! {
    /// What a tap does, as one text.
    Tap = Rule::Other(|text| Line::<2048>::RULE.broken(text).or_else(|| unclear(text)), WORDS);
}

fn unclear(text: &str) -> Option<String> {
    let is_action = || JavaName::RULE.broken(text).is_none();
    (!is_intent(text) && !text.starts_with("https://") && !is_action()).then(|| format!("must be {WORDS}"))
}
