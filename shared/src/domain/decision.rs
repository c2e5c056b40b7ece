//! The decision: may this message disturb this receiver, and on which devices?
//!
//! Pure: facts and a clock value in, a verdict with its reasons out. The rules run in one fixed order. A rule may end the
//! decision, or take devices out of it; the rule that takes out the last device ends it too. Every rule that ran
//! is in the result with what it saw, so that a record and a dry run say the same.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use super::trace::{Rule, RuleResult, RuleTrace};
use super::{
    app::{MultiDevicePolicy, Settings},
    binding::{Binding, DeviceToken},
    content::class_for,
    id::{DeviceId, NotifierName, UserId},
    message::{Content, MessageType},
    presence::{Presence, State},
    push::SemanticClass,
    reason::Reason,
    time::Timestamp,
    vendor::Vendor,
};

/// What is known of a receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// whether there is any record of the user
    pub known: bool,
    /// presence per device
    pub presence: Vec<(DeviceId, Presence)>,
    /// where devices can be reached
    pub bindings: Vec<Binding>,
}

/// What the decision needs to know of a notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifierFacts {
    /// the vendor it belongs to
    pub vendor: Vendor,
    /// whether it may be used
    pub enabled: bool,
}

/// What the decision needs to know of the app.
#[derive(Debug, Clone, Copy)]
pub struct AppFacts<'a> {
    /// what the operator set
    pub settings: &'a Settings,
    /// the configured notifiers
    pub notifiers: &'a HashMap<NotifierName, NotifierFacts>,
}

/// The outcome for a receiver or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// to be pushed
    Push,
    /// silent, and why
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
    /// pushed or silent
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The decision for one receiver, as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// pushed or silent
    #[serde(flatten)]
    pub verdict: Verdict,
    /// the rules that ran
    pub rules: Vec<RuleTrace>,
    /// the receiver's devices
    pub devices: Vec<DeviceDecision>,
}

impl Decision {
    /// The decision for a message that expired before the receiver's facts could be read.
    pub fn expired(message: &Content) -> Self {
        let reason = Reason::ExpireMessage;
        let inputs = object(json!({"expires_at": message.expires_at}));
        let rules = vec![RuleTrace { rule: Rule::Age, result: RuleResult::Skip { reason }, inputs }];
        Self { verdict: Verdict::Skip { reason }, rules, devices: Vec::new() }
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
    /// the vendor's name for the device
    pub token: DeviceToken,
}

/// Decides for one receiver. The second value lists the devices to push to; it is empty exactly when the verdict is a skip.
pub fn decide(
    message: &Content,
    receiver: &UserId,
    facts: &Facts,
    app: AppFacts<'_>,
    now: Timestamp,
) -> (Decision, Vec<ChosenDevice>) {
    let class = class_for(message, receiver);
    let candidates = facts.bindings.iter().collect();
    let mut case = Case { message, class, facts, app, now, candidates, devices: Vec::new() };
    let mut rules = Vec::with_capacity(RULES.len());
    for (rule, check) in RULES {
        let (result, inputs) = match check(&mut case) {
            Finding::Pass(inputs) => (RuleResult::Pass, inputs),
            Finding::Skip(reason, inputs) => (RuleResult::Skip { reason }, inputs),
        };
        rules.push(RuleTrace { rule, result, inputs: object(inputs) });
        if let RuleResult::Skip { reason } = result {
            let verdict = Verdict::Skip { reason };
            case.take_out_all(reason);
            return (Decision { verdict, rules, devices: case.devices }, Vec::new());
        }
    }
    let chosen = case.choose();
    (Decision { verdict: Verdict::Push, rules, devices: case.devices }, chosen)
}

// ---- rules ----

type Check = fn(&mut Case<'_>) -> Finding;

const RULES: [(Rule, Check); 9] = [
    (Rule::MessageType, message_type),
    (Rule::Route, route),
    (Rule::Ignore, ignore),
    (Rule::Age, age),
    (Rule::Receiver, receiver),
    (Rule::Presence, presence),
    (Rule::Kicked, kicked),
    (Rule::Binding, binding),
    (Rule::Notifier, notifier),
];

enum Finding {
    Pass(Value),
    Skip(Reason, Value),
}

fn message_type(case: &mut Case<'_>) -> Finding {
    match case.message.kind {
        MessageType::Cmd => Finding::Skip(Reason::CommandMessage, Value::Null),
        MessageType::Txt
        | MessageType::Img
        | MessageType::Audio
        | MessageType::Video
        | MessageType::File
        | MessageType::Loc
        | MessageType::Custom => Finding::Pass(class_of(case)),
    }
}

/// The class, unless it is the usual one: traces are short.
fn class_of(case: &Case<'_>) -> Value {
    if case.class == SemanticClass::default() { Value::Null } else { json!({"class": case.class}) }
}

fn route(case: &mut Case<'_>) -> Finding {
    skip_if(case.message.online_only, Reason::OnlineOnly, Value::Null)
}

fn ignore(case: &mut Case<'_>) -> Finding {
    skip_if(case.message.flag("em_ignore_notification"), Reason::MessageIgnorePush, Value::Null)
}

fn age(case: &mut Case<'_>) -> Finding {
    let late = case.now >= case.message.expires_at;
    skip_if(late, Reason::ExpireMessage, json!({"expires_at": case.message.expires_at}))
}

fn receiver(case: &mut Case<'_>) -> Finding {
    skip_if(!case.facts.known, Reason::NoUserExist, Value::Null)
}

fn presence(case: &mut Case<'_>) -> Finding {
    let policy = case.app.settings.multi_device_policy;
    let online: Vec<&DeviceId> = case
        .facts
        .presence
        .iter()
        .filter(|(_, presence)| presence.is_online(case.now))
        .map(|(device, _)| device)
        .collect();
    let inputs = json!({"policy": policy, "online_devices": online});
    if online.is_empty() {
        return Finding::Pass(inputs);
    }
    let bound = !case.candidates.is_empty();
    for device in &online {
        case.take_out(Reason::UserOnline, |binding| binding.device_id == **device);
    }
    match policy {
        MultiDevicePolicy::AllOffline => {
            case.take_out(Reason::AnotherDeviceOnline, |_| true);
            Finding::Skip(Reason::UserOnline, inputs)
        }
        MultiDevicePolicy::AnyOffline if bound && case.candidates.is_empty() => {
            Finding::Skip(Reason::UserOnline, inputs)
        }
        MultiDevicePolicy::AnyOffline => Finding::Pass(inputs),
    }
}

fn kicked(case: &mut Case<'_>) -> Finding {
    let kicked: Vec<&DeviceId> = case
        .facts
        .presence
        .iter()
        .filter(|(_, presence)| presence.state == State::Kicked)
        .map(|(device, _)| device)
        .collect();
    let bound = !case.candidates.is_empty();
    for device in &kicked {
        case.take_out(Reason::DeviceKicked, |binding| binding.device_id == **device);
    }
    let none_left = bound && case.candidates.is_empty();
    let inputs = json!({"kicked_devices": kicked});
    match (none_left, kicked.is_empty()) {
        (true, _) => Finding::Skip(Reason::DeviceKicked, inputs),
        (false, false) => Finding::Pass(inputs),
        (false, true) => Finding::Pass(Value::Null),
    }
}

fn binding(case: &mut Case<'_>) -> Finding {
    let bound = case.facts.bindings.len();
    skip_if(case.candidates.is_empty(), Reason::NoPushBinding, json!({"bindings": bound}))
}

fn notifier(case: &mut Case<'_>) -> Finding {
    let notifiers = case.app.notifiers;
    let names: Vec<&NotifierName> = case.candidates.iter().map(|binding| &binding.notifier).collect();
    let inputs = json!({"notifiers": names});
    case.take_out(Reason::NoNotifierExist, |binding| !notifiers.contains_key(&binding.notifier));
    let missing = case.candidates.is_empty();
    case.take_out(Reason::NotifierDisabled, |binding| {
        notifiers.get(&binding.notifier).is_some_and(|notifier| !notifier.enabled)
    });
    let latest = latest_per_device(&case.candidates);
    case.take_out(Reason::AnotherBindingUsed, |binding| {
        latest.get(&binding.device_id).is_some_and(|notifier| *notifier != binding.notifier)
    });
    match (case.candidates.is_empty(), missing) {
        (false, _) => Finding::Pass(Value::Null),
        (true, true) => Finding::Skip(Reason::NoNotifierExist, inputs),
        (true, false) => Finding::Skip(Reason::NotifierDisabled, inputs),
    }
}

// ---- the case on the table ----

/// The facts, and the bindings that are still in question.
struct Case<'a> {
    message: &'a Content,
    class: SemanticClass,
    facts: &'a Facts,
    app: AppFacts<'a>,
    now: Timestamp,
    candidates: Vec<&'a Binding>,
    devices: Vec<DeviceDecision>,
}

impl Case<'_> {
    /// Takes the bindings that `hit` names out of the decision, for `reason`.
    fn take_out(&mut self, reason: Reason, hit: impl Fn(&Binding) -> bool) {
        let (out, left) = std::mem::take(&mut self.candidates).into_iter().partition(|binding| hit(binding));
        self.candidates = left;
        let out: Vec<&Binding> = out;
        self.devices.extend(out.into_iter().map(|binding| device(binding, Verdict::Skip { reason })));
    }

    fn take_out_all(&mut self, reason: Reason) {
        self.take_out(reason, |_| true);
    }

    /// The devices that are left, with their verdicts noted.
    fn choose(&mut self) -> Vec<ChosenDevice> {
        let left = std::mem::take(&mut self.candidates);
        self.devices.extend(left.iter().map(|binding| device(binding, Verdict::Push)));
        left.into_iter()
            .filter_map(|binding| {
                let vendor = self.app.notifiers.get(&binding.notifier)?.vendor;
                Some(ChosenDevice {
                    device_id: binding.device_id.clone(),
                    notifier: binding.notifier.clone(),
                    vendor,
                    token: binding.token.clone(),
                })
            })
            .collect()
    }
}

/// Of each device, the notifier of its most recent binding; among equals the greater name, so that the choice is stable.
fn latest_per_device(bindings: &[&Binding]) -> HashMap<DeviceId, NotifierName> {
    let mut ordered = bindings.to_vec();
    ordered.sort_by(|a, b| (a.bound_at, &a.notifier).cmp(&(b.bound_at, &b.notifier)));
    ordered.into_iter().map(|binding| (binding.device_id.clone(), binding.notifier.clone())).collect()
}

fn device(binding: &Binding, verdict: Verdict) -> DeviceDecision {
    DeviceDecision { device_id: binding.device_id.clone(), notifier: Some(binding.notifier.clone()), verdict }
}

fn skip_if(condition: bool, reason: Reason, inputs: Value) -> Finding {
    if condition { Finding::Skip(reason, inputs) } else { Finding::Pass(Value::Null) }
}

fn object(inputs: Value) -> Map<String, Value> {
    match inputs {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
