//! The decision: whether this message is pushed to this receiver, and to which devices.
//!
//! Its inputs are facts and a time, its result is a verdict with reasons; it does no I/O. The rules run in one fixed
//! order. A rule can end the decision, or remove devices from it. The rule that removes the last device ends it, too.
//! The result lists every rule that ran with its inputs, so that a record and a dry run show the same.

mod dnd;
mod recorded;
mod rules;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use self::recorded::RecordedDecision;
use self::rules::{Finding, RULES, RuleContext, TRACED_TASK};
pub use self::rules::{PUSH_FILTER, list_lengths};
pub use super::trace::{Rule, RuleResult, RuleTrace};
use super::{
    app::Settings,
    binding::{Binding, DeviceToken},
    content::{Wording, word},
    id::{DeviceId, NotifierName, TaskId, UserId},
    inbox::Marks,
    instant::Strategy,
    message::Content,
    presence::{Presence, Reachability},
    profile::{AdvancedProfile, Disturbance, Profile},
    reason::Reason,
    room::surplus,
    template::Templates,
    time::Timestamp,
    vendor::Vendor,
};

/// Facts of a receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// whether there is any record of the user
    pub known: bool,
    /// what the user set
    pub profile: Profile,
    /// what the user set for this message's conversation
    pub conversation: Disturbance,
    /// of a group message: how many members the group has
    pub group_members: Option<u32>,
    /// of a group message: whether the app switched the group off
    pub group_disabled: bool,
    /// whether the receiver acknowledged the message; only read at a recheck
    pub delivered: Option<bool>,
    /// connections to Curlew that began at this time or earlier did not acknowledge the message
    pub unanswered: Option<Timestamp>,
    /// messages up to these are acknowledged, dropped or expired; `None` without stored marks
    pub marks: Option<Marks>,
    /// presence per device
    pub presence: Vec<(DeviceId, Presence)>,
    /// where devices can be reached
    pub bindings: Vec<Binding>,
}

impl Facts {
    /// Returns when the newest device was bound, or connected to Curlew.
    pub fn newest_device(&self) -> Option<Timestamp> {
        let bound = self.bindings.iter().map(|binding| binding.bound_at);
        let connected = self.presence.iter().filter(|(_, one)| one.link.is_some()).map(|(_, one)| one.session_since);
        bound.chain(connected).max()
    }

    /// Removes devices above the limit of `max`, kicked ones not counted. They count as unknown.
    pub fn limit_devices(&mut self, max: usize, now: Timestamp) {
        let surplus = surplus(&self.presence, &self.bindings, max, now).into_iter();
        let gone: HashSet<DeviceId> = surplus.map(|(device, _)| device.clone()).collect();
        self.presence.retain(|(device, _)| !gone.contains(device));
    }

    /// Leaves what counts after the decision for an instant push: connections to Curlew, if it is posted to them, and
    /// bindings, if a vendor may still be asked.
    pub fn leave_channels(&mut self, strategy: Strategy, vendor_asked: bool, now: Timestamp) {
        let posts = strategy.posts(vendor_asked);
        let is_own = |one: &Presence| one.reachability(self.unanswered, now) != Reachability::Online;
        self.presence.retain(|(_, one)| posts && is_own(one));
        if !strategy.uses_vendor() {
            self.bindings.clear();
        }
    }

    /// Removes the user's advanced-push settings, because the app switched advanced push off since.
    pub fn forget_advanced(&mut self) {
        self.profile.advanced = AdvancedProfile::default();
        self.conversation = Disturbance::default();
    }
}

/// Facts of a notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifierFacts {
    /// the vendor it belongs to
    pub vendor: Vendor,
    /// whether it may be used
    pub enabled: bool,
}

/// Facts of the app.
#[derive(Debug, Clone, Copy)]
pub struct AppFacts<'a> {
    /// what the operator set
    pub settings: &'a Settings,
    /// the configured notifiers
    pub notifiers: &'a HashMap<NotifierName, NotifierFacts>,
    /// the app's templates
    pub templates: &'a Templates,
}

/// The outcome for a receiver or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// to be pushed
    Push,
    /// suppressed, and why
    Skip {
        /// why
        reason: Reason,
    },
}

/// The outcome for one binding, or for a device without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceDecision {
    /// the device
    pub device_id: DeviceId,
    /// the notifier of the binding
    #[serde(rename = "notifier_name", default, skip_serializing_if = "Option::is_none")]
    pub notifier: Option<NotifierName>,
    /// pushed or suppressed
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The decision for one receiver, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// pushed or suppressed
    #[serde(flatten)]
    pub verdict: Verdict,
    /// the rules that ran
    pub rules: Vec<RuleTrace>,
    /// the receiver's devices
    pub devices: Vec<DeviceDecision>,
}

impl Decision {
    /// Returns the decision for a message that expired before the receiver's facts could be read.
    pub fn expired(message: &Content) -> Self {
        let reason = Reason::ExpireMessage;
        let inputs = object(json!({"expires_at": message.expires_at}));
        let rules = vec![RuleTrace { rule: Rule::Age, result: RuleResult::Skip { reason }, inputs }];
        Self { verdict: Verdict::Skip { reason }, rules, devices: Vec::new() }
    }

    /// Returns whether the message may still be posted to live connections. Most suppression reasons concern only
    /// pushes.
    pub fn reaches_connections(&self) -> bool {
        let Verdict::Skip { reason } = self.verdict else {
            return true;
        };
        let is_over = matches!(reason, Reason::MessageDelivered | Reason::ExpireMessage | Reason::NoUserExist);
        let for_nobody = matches!(reason, Reason::LargeGroup | Reason::GroupDisabled);
        !is_over && !for_nobody
    }

    /// Returns the task whose push was decided, as the trace names it.
    pub fn task(&self) -> Option<TaskId> {
        let channel = self.rules.iter().find(|trace| trace.rule == Rule::Channel)?;
        channel.inputs.get(TRACED_TASK)?.as_str().and_then(|id| TaskId::parse(id).ok())
    }

    /// Adds to the trace which lines of the notification were cut.
    pub fn note_cut(&mut self, lines: &[&str]) {
        if lines.is_empty() {
            return;
        }
        for content in self.rules.iter_mut().filter(|trace| trace.rule == Rule::Content) {
            content.inputs.insert("cut".to_owned(), json!(lines));
        }
    }
}

/// A device to push to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenDevice {
    /// the device
    pub device_id: DeviceId,
    /// the notifier that serves it
    pub notifier: NotifierName,
    /// the vendor of that notifier
    pub vendor: Vendor,
    /// the device token
    pub token: DeviceToken,
}

/// The push to a receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct PushPlan {
    /// the devices to push to, at least one
    pub devices: Vec<ChosenDevice>,
    /// title and body, not yet rendered
    pub wording: Wording,
}

/// The result for a receiver: the decision, and the push if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// the decision, as recorded
    pub decision: Decision,
    /// the push; `None` exactly when the verdict is a skip
    pub push: Option<PushPlan>,
}

/// Decides for one receiver.
pub fn decide(message: &Content, receiver: &UserId, facts: &Facts, app: AppFacts<'_>, now: Timestamp) -> Judgement {
    let mut case = RuleContext::new(message, receiver, facts, app, now);
    let mut rules = Vec::with_capacity(Rule::ALL.len());
    for (rule, check) in RULES {
        let (result, inputs) = match check(&mut case) {
            Finding::NotApplicable => continue,
            Finding::Pass(inputs) => (RuleResult::Pass, inputs),
            Finding::Skip(reason, inputs) => (RuleResult::Skip { reason }, inputs),
        };
        rules.push(RuleTrace { rule, result, inputs: object(inputs) });
        if let RuleResult::Skip { reason } = result {
            let verdict = Verdict::Skip { reason };
            let devices = case.end(reason);
            return Judgement { decision: Decision { verdict, rules, devices }, push: None };
        }
    }
    let wording = word(message, receiver, &facts.profile, app.settings, app.templates);
    rules.push(RuleTrace { rule: Rule::Content, result: RuleResult::Pass, inputs: object(wording.inputs()) });
    let (devices, chosen) = case.choose();
    let push = PushPlan { devices: chosen, wording };
    Judgement { decision: Decision { verdict: Verdict::Push, rules, devices }, push: Some(push) }
}

fn object(inputs: Value) -> Map<String, Value> {
    match inputs {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
