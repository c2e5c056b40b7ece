//! The rules of the decision, one function each, in the order in which they run.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::{AppFacts, ChosenDevice, DeviceDecision, Facts, Rule, Verdict, dnd};
use crate::domain::{
    app::MultiDevicePolicy,
    binding::Binding,
    content::{class_for, mentions},
    id::{DeviceId, GatewayId, NotifierName, UserId},
    message::{Content, MessageType},
    presence::{Presence, Reachability},
    profile::PushMode,
    push::SemanticClass,
    reason::Reason,
    time::Timestamp,
};

/// Maximum devices that a trace lists as connected or kicked.
const MAX_TRACED_DEVICES: usize = 32;
/// The field of `ext` by which a sender chooses among a receiver's devices. A trace uses the same name.
pub const PUSH_FILTER: &str = "em_push_filter";
const FILTER_LISTS: [&str; 4] =
    ["accept_device_id", "ignore_device_id", "accept_notifier_name", "ignore_notifier_name"];
/// Maximum bytes of a filter that a trace repeats.
const MAX_TRACED_FILTER_BYTES: usize = 512;

/// The trace input of the rule `channel` with the task of an instant push.
pub(super) const TRACED_TASK: &str = "task";

pub(super) type Check = fn(&mut RuleContext<'_>) -> Finding;

/// Every rule except the last one, content, which ends no decision.
pub(super) const RULES: [(Rule, Check); Rule::ALL.len() - 1] = [
    (Rule::MessageType, message_type),
    (Rule::Route, route),
    (Rule::GroupSize, group_size),
    (Rule::Ignore, ignore),
    (Rule::Age, age),
    (Rule::Receiver, receiver),
    (Rule::Ban, ban),
    (Rule::Delivery, delivery),
    (Rule::Presence, presence),
    (Rule::Channel, channel),
    (Rule::Kicked, kicked),
    (Rule::DoNotDisturb, do_not_disturb),
    (Rule::Mode, mode),
    (Rule::Binding, binding),
    (Rule::Filter, filter),
    (Rule::Notifier, notifier),
];

/// Result of a rule, with its inputs.
pub(super) enum Finding {
    /// the rule does not apply to this message
    NotApplicable,
    Pass(Value),
    Skip(Reason, Value),
}

fn message_type(case: &mut RuleContext<'_>) -> Finding {
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

/// Returns the class as a trace input, or `Null` for `im`, to keep traces short.
fn class_of(case: &RuleContext<'_>) -> Value {
    if case.class == SemanticClass::default() { Value::Null } else { json!({"class": case.class}) }
}

fn route(case: &mut RuleContext<'_>) -> Finding {
    skip_if(case.message.online_only, Reason::OnlineOnly, Value::Null)
}

fn group_size(case: &mut RuleContext<'_>) -> Finding {
    let Some(members) = case.facts.group_members else {
        return Finding::NotApplicable;
    };
    if case.facts.group_disabled {
        return Finding::Skip(Reason::GroupDisabled, json!({"disabled": true}));
    }
    let limit = case.app.settings.large_group_limit;
    skip_if(members > limit, Reason::LargeGroup, json!({"members": members, "limit": limit}))
}

fn ignore(case: &mut RuleContext<'_>) -> Finding {
    if case.message.instant.is_some() {
        return Finding::NotApplicable;
    }
    skip_if(case.message.flag("em_ignore_notification"), Reason::MessageIgnorePush, Value::Null)
}

fn age(case: &mut RuleContext<'_>) -> Finding {
    let late = case.now >= case.message.expires_at;
    skip_if(late, Reason::ExpireMessage, json!({"expires_at": case.message.expires_at}))
}

fn receiver(case: &mut RuleContext<'_>) -> Finding {
    skip_if(!case.facts.known, Reason::NoUserExist, Value::Null)
}

fn ban(case: &mut RuleContext<'_>) -> Finding {
    skip_if(case.facts.profile.banned, Reason::UserBanned, Value::Null)
}

fn delivery(case: &mut RuleContext<'_>) -> Finding {
    match case.facts.delivered {
        None => Finding::NotApplicable,
        Some(delivered) => skip_if(delivered, Reason::MessageDelivered, Value::Null),
    }
}

/// Checks who is connected. An instant push asks, if its strategy does, for connections to Curlew on any device.
fn presence(case: &mut RuleContext<'_>) -> Finding {
    let is_instant = match &case.message.instant {
        Some(instant) if !instant.strategy.asks_presence() => return Finding::NotApplicable,
        instant => instant.is_some(),
    };
    let policy = if is_instant { MultiDevicePolicy::AllOffline } else { case.app.settings.multi_device_policy };
    let standing = |presence: &Presence| match presence.reachability(case.facts.unanswered, case.now) {
        Reachability::Online if is_instant => Reachability::Offline,
        standing => standing,
    };
    let devices = |wanted: fn(Reachability) -> bool| -> Vec<&DeviceId> {
        let found = case.facts.presence.iter().filter(|(_, presence)| wanted(standing(presence)));
        found.map(|(device, _)| device).collect()
    };
    let online = devices(|one| matches!(one, Reachability::Online | Reachability::Connecting | Reachability::Live));
    let unanswered = devices(|one| one == Reachability::Unanswered);
    let mut inputs = json!({"policy": policy, "online_devices": traced(&online)});
    if !unanswered.is_empty() {
        inputs = with(inputs, "unanswered_devices", json!(traced(&unanswered)));
    }
    let ended = ended_gateways(case.facts, case.now);
    if !ended.is_empty() {
        inputs = with(inputs, "ended_gateways", json!(ended));
    }
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

/// Returns the gateways whose leases have expired and whose devices would otherwise be online. There are no more than
/// devices.
fn ended_gateways(facts: &Facts, now: Timestamp) -> BTreeSet<&GatewayId> {
    let offline = facts.presence.iter().filter(|(_, presence)| !presence.is_online(now));
    offline.filter_map(|(_, presence)| presence.carried_by()).take(MAX_TRACED_DEVICES).collect()
}

/// Ends the decision if the strategy of an instant push allows no vendor. A receiver who is online was found before.
fn channel(case: &mut RuleContext<'_>) -> Finding {
    let Some(instant) = &case.message.instant else {
        return Finding::NotApplicable;
    };
    let inputs = match instant.task {
        Some(task) => json!({"strategy": instant.strategy, TRACED_TASK: task}),
        None => json!({"strategy": instant.strategy}),
    };
    match (instant.strategy.uses_vendor(), instant.strategy.waits_for_login()) {
        (true, _) => Finding::Pass(inputs),
        (false, true) => Finding::Skip(Reason::WaitsForLogin, inputs),
        (false, false) => Finding::Skip(Reason::OnlineOnly, inputs),
    }
}

fn kicked(case: &mut RuleContext<'_>) -> Finding {
    let kicked: Vec<&DeviceId> =
        case.facts.presence.iter().filter(|(_, presence)| presence.is_kicked()).map(|(device, _)| device).collect();
    let bound = !case.candidates.is_empty();
    for device in &kicked {
        case.take_out(Reason::DeviceKicked, |binding| binding.device_id == **device);
    }
    let none_left = bound && case.candidates.is_empty();
    let inputs = json!({"kicked_devices": traced(&kicked)});
    match (none_left, kicked.is_empty()) {
        (true, _) => Finding::Skip(Reason::DeviceKicked, inputs),
        (false, false) => Finding::Pass(inputs),
        (false, true) => Finding::Pass(Value::Null),
    }
}

fn do_not_disturb(case: &mut RuleContext<'_>) -> Finding {
    if !case.app.settings.advanced_push || case.message.instant.is_some() {
        return Finding::NotApplicable;
    }
    let Some(active) = dnd::active(case.facts, &case.app.settings.time_zone, case.now) else {
        return Finding::Pass(Value::Null);
    };
    let inputs = active.inputs();
    if case.message.flag("em_force_notification") {
        return Finding::Pass(with(inputs, "forced", json!(true)));
    }
    Finding::Skip(Reason::UserIgnorePush, inputs)
}

/// Checks the push mode. A conversation's own mode beats the app's. Without a mode every message may push.
fn mode(case: &mut RuleContext<'_>) -> Finding {
    if !case.app.settings.advanced_push || case.message.instant.is_some() {
        return Finding::NotApplicable;
    }
    let own = case.facts.conversation.mode.map(|mode| (mode, "conversation"));
    let Some((mode, level)) = own.or(case.facts.profile.advanced.app.mode.map(|mode| (mode, "app"))) else {
        return Finding::Pass(Value::Null);
    };
    let inputs = json!({"mode": mode, "level": level});
    match mode {
        PushMode::All => Finding::Pass(inputs),
        PushMode::None => Finding::Skip(Reason::ModeNone, inputs),
        PushMode::At if mentions(case.message, case.receiver) => Finding::Pass(with(inputs, "mentioned", json!(true))),
        PushMode::At => Finding::Skip(Reason::NotMentioned, inputs),
    }
}

fn binding(case: &mut RuleContext<'_>) -> Finding {
    let bound = case.facts.bindings.len();
    skip_if(case.candidates.is_empty(), Reason::NoPushBinding, json!({"bindings": bound}))
}

/// Checks `em_push_filter`: lists of devices and notifiers to accept or to leave out. An empty list has no effect.
fn filter(case: &mut RuleContext<'_>) -> Finding {
    let Some(filter) = case.message.object(PUSH_FILTER) else {
        return Finding::NotApplicable;
    };
    let list = |name: &str| filter.get(name).and_then(Value::as_array).filter(|list| !list.is_empty());
    let admits = |accept: &str, ignore: &str, value: &str| {
        let has = |list: &Vec<Value>| list.iter().any(|entry| entry.as_str() == Some(value));
        list(accept).is_none_or(has) && !list(ignore).is_some_and(has)
    };
    let inputs = json!({PUSH_FILTER: traced_filter(filter)});
    case.take_out(Reason::IgnorePushDeviceId, |binding| {
        !admits("accept_device_id", "ignore_device_id", binding.device_id.as_str())
    });
    let no_device = case.candidates.is_empty();
    case.take_out(Reason::NotifierFiltered, |binding| {
        !admits("accept_notifier_name", "ignore_notifier_name", binding.notifier.as_str())
    });
    match (case.candidates.is_empty(), no_device) {
        (false, _) => Finding::Pass(inputs),
        (true, true) => Finding::Skip(Reason::IgnorePushDeviceId, inputs),
        (true, false) => Finding::Skip(Reason::NotifierFiltered, inputs),
    }
}

/// Returns the filter's lists for a trace, and nothing else that the sender wrote. check-presence writes a trace for
/// each receiver, so lists that are too long become their lengths.
fn traced_filter(filter: &Map<String, Value>) -> Value {
    let list = |name: &str| Some((name.to_owned(), filter.get(name).filter(|list| list.is_array())?.clone()));
    let lists = Value::Object(FILTER_LISTS.into_iter().filter_map(list).collect());
    let short = serde_json::to_vec(&lists).is_ok_and(|json| json.len() <= MAX_TRACED_FILTER_BYTES);
    if short { lists } else { list_lengths(&lists) }
}

/// Returns the lengths of a filter's lists, and nothing else. A length stays as it is.
pub fn list_lengths(filter: &Value) -> Value {
    let length =
        |list: &Value| list.as_array().map(|list| json!(list.len())).or_else(|| list.is_u64().then(|| list.clone()));
    let lists = FILTER_LISTS.into_iter().filter_map(|name| Some((name.to_owned(), length(filter.get(name)?)?)));
    Value::Object(lists.collect())
}

fn notifier(case: &mut RuleContext<'_>) -> Finding {
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

// ---- context of one decision ----

/// The facts, and the bindings that remain.
pub(super) struct RuleContext<'a> {
    message: &'a Content,
    receiver: &'a UserId,
    class: SemanticClass,
    facts: &'a Facts,
    app: AppFacts<'a>,
    now: Timestamp,
    candidates: Vec<&'a Binding>,
    devices: Vec<DeviceDecision>,
}

impl<'a> RuleContext<'a> {
    pub(super) fn new(
        message: &'a Content,
        receiver: &'a UserId,
        facts: &'a Facts,
        app: AppFacts<'a>,
        now: Timestamp,
    ) -> Self {
        let class = class_for(message, receiver);
        let candidates = facts.bindings.iter().collect();
        Self { message, receiver, class, facts, app, now, candidates, devices: Vec::new() }
    }

    /// Removes the bindings that `hit` accepts, for `reason`.
    fn take_out(&mut self, reason: Reason, hit: impl Fn(&Binding) -> bool) {
        let (out, left) = std::mem::take(&mut self.candidates).into_iter().partition(|binding| hit(binding));
        self.candidates = left;
        let out: Vec<&Binding> = out;
        self.devices.extend(out.into_iter().map(|binding| device(binding, Verdict::Skip { reason })));
    }

    /// Returns the devices. The remaining ones are suppressed for `reason`.
    pub(super) fn end(mut self, reason: Reason) -> Vec<DeviceDecision> {
        self.take_out(reason, |_| true);
        self.devices
    }

    /// Returns all devices with their verdicts, and the remaining ones to push to.
    pub(super) fn choose(mut self) -> (Vec<DeviceDecision>, Vec<ChosenDevice>) {
        self.devices.extend(self.candidates.iter().map(|binding| device(binding, Verdict::Push)));
        let chosen = self
            .candidates
            .into_iter()
            .filter_map(|binding| {
                let vendor = self.app.notifiers.get(&binding.notifier)?.vendor;
                Some(ChosenDevice {
                    device_id: binding.device_id.clone(),
                    notifier: binding.notifier.clone(),
                    vendor,
                    token: binding.token.clone(),
                })
            })
            .collect();
        (self.devices, chosen)
    }
}

/// Returns each device's notifier with the most recent binding. Of equally recent ones the greater name wins, so the
/// choice is stable.
fn latest_per_device(bindings: &[&Binding]) -> HashMap<DeviceId, NotifierName> {
    let mut ordered = bindings.to_vec();
    ordered.sort_by(|a, b| (a.bound_at, &a.notifier).cmp(&(b.bound_at, &b.notifier)));
    ordered.into_iter().map(|binding| (binding.device_id.clone(), binding.notifier.clone())).collect()
}

fn device(binding: &Binding, verdict: Verdict) -> DeviceDecision {
    DeviceDecision { device_id: binding.device_id.clone(), notifier: Some(binding.notifier.clone()), verdict }
}

/// Returns the devices that a trace lists.
fn traced<'a>(devices: &'a [&'a DeviceId]) -> &'a [&'a DeviceId] {
    &devices[..devices.len().min(MAX_TRACED_DEVICES)]
}

fn skip_if(condition: bool, reason: Reason, inputs: Value) -> Finding {
    if condition { Finding::Skip(reason, inputs) } else { Finding::Pass(Value::Null) }
}

fn with(inputs: Value, name: &str, value: Value) -> Value {
    let mut inputs = match inputs {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    inputs.insert(name.to_owned(), value);
    Value::Object(inputs)
}
