//! Rebuilds the wording of a recorded decision.
//!
//! A decision records the source of its wording, but not the text. The record and the message fix most of it: whether
//! the app's privacy mode applied, which template, and who chose it. The receiver's present settings fix the rest, and
//! the result says so. If the record cannot be matched any more, there is no wording.

use serde_json::{Map, Value};

use super::{
    app::{Privacy, Settings},
    content::{MISSING_TEMPLATE, Source, Wording, word},
    decision::{Decision, Rule},
    id::{TemplateName, UserId},
    message::Content,
    profile::{DisplayStyle, Profile},
    template::{Template, Templates},
    time::Timestamp,
};

const SOURCE: &str = "source";
const TEMPLATE: &str = "template";
const CUT: &str = "cut";
/// The trace inputs that this version records of a wording.
const RECORDED: [&str; 5] = [SOURCE, TEMPLATE, "missing_args", MISSING_TEMPLATE, CUT];

/// A wording that matches the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuiltWording {
    /// the wording
    pub wording: Wording,
    /// whether the receiver's present display style affects it
    pub follows_style: bool,
}

/// Reason why no wording matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// the template was deleted, or changed since
    Template,
    /// the record does not match: a newer version wrote it, or a setting that it does not contain has changed
    Decision,
}

/// The present settings.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// what the receiver set
    pub profile: &'a Profile,
    /// what the operator set
    pub settings: &'a Settings,
    /// the app's templates
    pub templates: &'a Templates,
    /// a template that changed after this time may not be the one that was used
    pub settled_at: Timestamp,
}

/// Record of a decision about its wording.
struct Recorded {
    /// everything except the cut lines, which only rendering finds
    inputs: Map<String, Value>,
    source: Source,
    template: Option<TemplateName>,
    missing_template: Option<TemplateName>,
}

/// Chooses the wording that the decision recorded, by the rules of the decision.
pub fn reword(
    message: &Content,
    receiver: &UserId,
    decision: &Decision,
    current: &Current<'_>,
) -> Result<RebuiltWording, Unclear> {
    let recorded = Recorded::of(decision).ok_or(Unclear::Decision)?;
    let templates = recorded.templates(current)?;
    let settings = recorded.settings(current.settings);
    let styled = |style: DisplayStyle| {
        let profile = recorded.profile(current.profile, style);
        Some(word(message, receiver, &profile, &settings, &templates)).filter(|wording| recorded.fits(wording))
    };
    let (own, other) = match current.profile.style {
        DisplayStyle::Simple => (DisplayStyle::Simple, DisplayStyle::Summary),
        DisplayStyle::Summary => (DisplayStyle::Summary, DisplayStyle::Simple),
    };
    match (styled(own), styled(other)) {
        (Some(wording), other) => {
            Ok(RebuiltWording { follows_style: other.is_some_and(|other| other != wording), wording })
        }
        // The app's template already shows which display style the receiver had then.
        (None, Some(wording)) => Ok(RebuiltWording { wording, follows_style: false }),
        (None, None) => Err(Unclear::Decision),
    }
}

/// Returns whether the decision recorded the same cut lines.
pub fn same_cut(decision: &Decision, lines: &[&str]) -> bool {
    let content = decision.rules.iter().find(|trace| trace.rule == Rule::Content);
    let cut = content.and_then(|trace| trace.inputs.get(CUT)).and_then(Value::as_array);
    let cut: Vec<&str> = cut.into_iter().flatten().filter_map(Value::as_str).collect();
    cut == lines
}

impl Recorded {
    /// Reads the record. Returns `None` if it contains an input that this version does not know.
    fn of(decision: &Decision) -> Option<Self> {
        if decision.rules.iter().any(|trace| trace.rule == Rule::Unknown) {
            return None;
        }
        let content = decision.rules.iter().find(|trace| trace.rule == Rule::Content)?;
        let mut inputs = content.inputs.clone();
        if inputs.keys().any(|name| !RECORDED.contains(&name.as_str())) {
            return None;
        }
        inputs.remove(CUT);
        let name = |key: &str| inputs.get(key).and_then(Value::as_str).and_then(|name| TemplateName::parse(name).ok());
        let source =
            inputs.get(SOURCE).map_or(Some(Source::Style), |source| serde_json::from_value(source.clone()).ok());
        Some(Self { source: source?, template: name(TEMPLATE), missing_template: name(MISSING_TEMPLATE), inputs })
    }

    /// Returns only the template that was used.
    fn templates(&self, current: &Current<'_>) -> Result<Templates, Unclear> {
        let Some(name) = &self.template else {
            return Ok(Templates::new());
        };
        let unchanged = |template: &&Template| template.updated_at <= current.settled_at;
        let template = current.templates.get(name).filter(unchanged).ok_or(Unclear::Template)?;
        Ok(Templates::from([(name.clone(), template.clone())]))
    }

    fn settings(&self, current: &Settings) -> Settings {
        let privacy = if self.source == Source::Privacy { Privacy::Notice } else { Privacy::Content };
        Settings { privacy, advanced_push: true, ..current.clone() }
    }

    /// Returns the receiver's settings with the template that the receiver had chosen then, if it mattered.
    fn profile(&self, current: &Profile, style: DisplayStyle) -> Profile {
        let by_receiver = self.source == Source::ReceiverTemplate;
        let mut profile = Profile { style, ..current.clone() };
        profile.advanced.template = if by_receiver { &self.template } else { &self.missing_template }.clone();
        profile
    }

    /// Returns whether a decision with this wording would leave the same record.
    fn fits(&self, wording: &Wording) -> bool {
        match wording.inputs() {
            Value::Object(inputs) => inputs == self.inputs,
            _ => self.inputs.is_empty(),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
#[path = "rebuilt_wording_tests.rs"]
mod tests;
