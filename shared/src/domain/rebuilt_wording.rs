//! The wording of a recorded decision, chosen again.
//!
//! A decision records where its wording came from, not the wording. Together with the message that fixes most of it: whether the app's
//! privacy mode applied, which template, and whose choice it was. The rest follows from what the receiver has set now, and is named
//! in the result. Where the record cannot be met any more there is no wording.

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
/// What this version records of a wording.
const RECORDED: [&str; 5] = [SOURCE, TEMPLATE, "missing_args", MISSING_TEMPLATE, CUT];

/// A wording that fits the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuiltWording {
    /// the wording
    pub wording: Wording,
    /// whether the display style that the receiver has now decides on it
    pub follows_style: bool,
}

/// Why there is no wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// the template is gone, or was changed since
    Template,
    /// the record does not fit: a newer version made it, or a setting that it does not hold was another one
    Decision,
}

/// What holds now.
#[derive(Debug, Clone, Copy)]
pub struct Current<'a> {
    /// what the receiver set
    pub profile: &'a Profile,
    /// what the operator set
    pub settings: &'a Settings,
    /// the app's templates
    pub templates: &'a Templates,
    /// a template that was changed later may not be the one that was used
    pub settled_at: Timestamp,
}

/// What a decision recorded of its wording.
struct Recorded {
    /// everything but which lines were cut, which rendering tells
    inputs: Map<String, Value>,
    source: Source,
    template: Option<TemplateName>,
    missing_template: Option<TemplateName>,
}

/// Chooses the wording that the decision recorded, by the rules that chose it then.
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
        // The app's template is of the style that the receiver had then.
        (None, Some(wording)) => Ok(RebuiltWording { wording, follows_style: false }),
        (None, None) => Err(Unclear::Decision),
    }
}

/// Whether the same lines were cut as the decision recorded.
pub fn same_cut(decision: &Decision, lines: &[&str]) -> bool {
    let content = decision.rules.iter().find(|trace| trace.rule == Rule::Content);
    let cut = content.and_then(|trace| trace.inputs.get(CUT)).and_then(Value::as_array);
    let cut: Vec<&str> = cut.into_iter().flatten().filter_map(Value::as_str).collect();
    cut == lines
}

impl Recorded {
    /// `None` if this version does not know all of what was recorded.
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

    /// The template that was used, and no other.
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

    /// The receiver's settings with the template that the receiver had chosen then, as far as it mattered.
    fn profile(&self, current: &Profile, style: DisplayStyle) -> Profile {
        let by_receiver = self.source == Source::ReceiverTemplate;
        let mut profile = Profile { style, ..current.clone() };
        profile.advanced.template = if by_receiver { &self.template } else { &self.missing_template }.clone();
        profile
    }

    /// Whether a decision with this wording would be recorded so.
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
