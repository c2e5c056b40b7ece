//! What a tap on a notification does (<https://open.oppomobile.com/documentation/page/info?id=11236>).

use crate::prelude::*;

pub(super) const WORDS: &str = "an address or the action of an intent filter";

/// A tap as OPPO's fields say it. Its default opens the app.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Click<'a> {
    pub(super) kind: u8,
    pub(super) activity: Option<&'a str>,
    pub(super) url: Option<&'a str>,
}

impl<'a> Click<'a> {
    /// The tap of these options, of which one at most is set: a page of the app by its class name, or one text whose form
    /// tells what it is.
    pub(super) fn of(activity: Option<&'a str>, action: Option<&'a str>) -> Option<Self> {
        let text = activity.or(action)?;
        let (kind, is_url) = match text.split_once("://") {
            _ if activity.is_some() => (4, false),
            None => (1, false),
            Some(("http" | "https", _)) => (2, true),
            // a page of the app, by an address of its own
            Some(_) => (5, true),
        };
        Some(Self { kind, activity: Some(text).filter(|_| !is_url), url: Some(text).filter(|_| is_url) })
    }
}

/// What the text of a tap breaks.
pub(super) fn broken(text: &str) -> Option<String> {
    let scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    let fits = match text.split_once("://") {
        Some(("http" | "https", _)) => true,
        Some((name, rest)) => !name.is_empty() && name.bytes().all(scheme) && !rest.is_empty(),
        None => JavaName::RULE.broken(text).is_none(),
    };
    Line::<2000>::RULE.broken(text).or_else(|| (!fits).then(|| format!("must be {WORDS}")))
}
