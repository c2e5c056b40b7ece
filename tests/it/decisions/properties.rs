//! The decision, case by case: facts in, verdict and reasons out.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{
        app::{MultiDevicePolicy, Settings},
        binding::Binding,
        decision::{AppFacts, ChosenDevice, Decision, Facts, NotifierFacts, Rule, Verdict, decide},
        id::{DeviceId, NotifierName},
        message::{Content, MessageType},
        presence::{Presence, PresenceEvent, Status},
        reason::Reason,
        time::Timestamp,
        vendor::Vendor,
    },
    testing::sample::{binding, content, device, event, notifier_name, object, user},
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const LEASE: std::time::Duration = std::time::Duration::from_secs(300);

fn ago(seconds: u64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - i64::try_from(seconds * 1000).unwrap())
}

fn bound(device: &str, notifier: &str, seconds_ago: u64) -> Binding {
    binding(device, notifier, &format!("token-{device}-{notifier}"), ago(seconds_ago))
}

fn present(name: &str, status: Status, seconds_ago: u64) -> (DeviceId, Presence) {
    let online: PresenceEvent = event("ann", name, "s", Status::Online, ago(seconds_ago));
    let begun = Presence::after(None, &online, LEASE).unwrap();
    let last = event("ann", name, "s", status, ago(seconds_ago));
    (device(name), Presence::after(Some(&begun), &last, LEASE).unwrap())
}

fn facts(bindings: Vec<Binding>, presence: Vec<(DeviceId, Presence)>) -> Facts {
    Facts { known: !bindings.is_empty() || !presence.is_empty(), presence, bindings, ..Facts::default() }
}

fn notifiers() -> HashMap<NotifierName, NotifierFacts> {
    let facts = |vendor, enabled| NotifierFacts { vendor, enabled };
    HashMap::from([
        (notifier_name("fcm"), facts(Vendor::Fcm, true)),
        (notifier_name("huawei"), facts(Vendor::Huawei, true)),
        (notifier_name("off"), facts(Vendor::Huawei, false)),
    ])
}

fn decided(message: &Content, facts: &Facts, policy: MultiDevicePolicy) -> (Decision, Vec<ChosenDevice>) {
    let settings = Settings { multi_device_policy: policy, ..Settings::default() };
    let app = AppFacts { settings: &settings, notifiers: &notifiers(), templates: &Default::default() };
    let judged = decide(message, &user("ann"), facts, app, NOW);
    (judged.decision, judged.chosen)
}

fn reason(decision: &Decision) -> Option<Reason> {
    match decision.verdict {
        Verdict::Push => None,
        Verdict::Skip { reason } => Some(reason),
    }
}

/// The devices of a decision as `device/notifier: reason`, a push without a reason.
fn devices(decision: &Decision) -> Vec<String> {
    let mut lines: Vec<String> = decision
        .devices
        .iter()
        .map(|one| {
            let reason = match one.verdict {
                Verdict::Push => "push",
                Verdict::Skip { reason } => reason.code(),
            };
            format!("{}/{}: {reason}", one.device_id, one.notifier.as_ref().unwrap())
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn what_the_message_says_comes_before_who_receives_it() {
    let phone = facts(vec![bound("phone", "fcm", 9)], vec![]);
    let text = || content("hi", ago(10));
    let with_ext = |ext: Value| Content { ext: object(ext), ..text() };
    let cases = [
        (Content { kind: MessageType::Cmd, ..text() }, Some(Reason::CommandMessage)),
        (Content { online_only: true, ..text() }, Some(Reason::OnlineOnly)),
        (with_ext(json!({"em_ignore_notification": true})), Some(Reason::MessageIgnorePush)),
        (with_ext(json!({"em_ignore_notification": "YES"})), Some(Reason::MessageIgnorePush)),
        (with_ext(json!({"em_ignore_notification": false})), None),
        (Content { expires_at: NOW, ..text() }, Some(Reason::ExpireMessage)),
        (Content { expires_at: Timestamp::from_millis(NOW.as_millis() + 1), ..text() }, None),
    ];
    for (message, expected) in cases {
        let (decision, chosen) = decided(&message, &phone, MultiDevicePolicy::AllOffline);
        assert_eq!(reason(&decision), expected, "{message:?}");
        assert_eq!(chosen.is_empty(), expected.is_some());
    }
}

#[test]
fn the_trace_names_a_class_that_is_not_the_usual_one() {
    let phone = facts(vec![bound("phone", "fcm", 9)], vec![]);
    for (ext, class) in [
        (json!({}), None),
        (json!({"em_at_list": ["bob"]}), None),
        (json!({"em_at_list": ["ann"]}), Some("mention")),
        (json!({"em_push_class": "call", "em_at_list": "all"}), Some("call")),
    ] {
        let message = Content { ext: object(ext.clone()), ..content("hi", ago(10)) };
        let (decision, _) = decided(&message, &phone, MultiDevicePolicy::AllOffline);
        let first = &decision.rules[0];
        assert_eq!(
            (first.rule, first.inputs.get("class")),
            (Rule::MessageType, class.map(Value::from).as_ref()),
            "{ext}"
        );
    }
}

#[test]
fn under_all_offline_one_connected_device_silences_all() {
    let facts =
        facts(vec![bound("phone", "fcm", 9), bound("pad", "huawei", 9)], vec![present("pad", Status::Online, 1)]);
    let (decision, chosen) = decided(&content("hi", NOW), &facts, MultiDevicePolicy::AllOffline);
    assert_eq!(reason(&decision), Some(Reason::UserOnline));
    assert_eq!(devices(&decision), ["pad/huawei: user online", "phone/fcm: another device online"]);
    assert!(chosen.is_empty());
}

#[test]
fn a_connected_device_without_a_binding_counts_as_well() {
    let facts = facts(vec![bound("phone", "fcm", 9)], vec![present("browser", Status::Heartbeat, 1)]);
    let (decision, _) = decided(&content("hi", NOW), &facts, MultiDevicePolicy::AllOffline);
    assert_eq!(reason(&decision), Some(Reason::UserOnline));
}

#[test]
fn under_any_offline_each_offline_device_is_pushed() {
    let facts =
        facts(vec![bound("phone", "fcm", 9), bound("pad", "huawei", 9)], vec![present("pad", Status::Online, 1)]);
    let (decision, chosen) = decided(&content("hi", NOW), &facts, MultiDevicePolicy::AnyOffline);
    assert_eq!(devices(&decision), ["pad/huawei: user online", "phone/fcm: push"]);
    assert_eq!(chosen.iter().map(|one| one.vendor).collect::<Vec<_>>(), [Vendor::Fcm]);
}

#[test]
fn a_lease_that_ran_out_is_no_connection() {
    let facts = facts(vec![bound("phone", "fcm", 9)], vec![present("phone", Status::Online, 300)]);
    assert_eq!(reason(&decided(&content("hi", NOW), &facts, MultiDevicePolicy::AllOffline).0), None);
}

#[test]
fn a_device_that_was_kicked_is_silent_and_a_logged_out_one_is_not() {
    let kicked = facts(vec![bound("phone", "fcm", 9)], vec![present("phone", Status::Kicked, 5)]);
    let (decision, _) = decided(&content("hi", NOW), &kicked, MultiDevicePolicy::AllOffline);
    assert_eq!(reason(&decision), Some(Reason::DeviceKicked));
    let logged_out = facts(vec![bound("phone", "fcm", 9)], vec![present("phone", Status::Logout, 5)]);
    assert_eq!(reason(&decided(&content("hi", NOW), &logged_out, MultiDevicePolicy::AllOffline).0), None);
}

#[test]
fn who_has_no_rows_is_unknown_and_who_has_no_binding_cannot_be_reached() {
    let nobody = decided(&content("hi", NOW), &Facts::default(), MultiDevicePolicy::AllOffline).0;
    assert_eq!(reason(&nobody), Some(Reason::NoUserExist));
    let unbound = facts(vec![], vec![present("phone", Status::Offline, 5)]);
    assert_eq!(
        reason(&decided(&content("hi", NOW), &unbound, MultiDevicePolicy::AllOffline).0),
        Some(Reason::NoPushBinding)
    );
}

#[test]
fn of_several_notifiers_the_most_recently_bound_usable_one_serves_the_device() {
    let bindings = vec![
        bound("phone", "fcm", 9),
        bound("phone", "huawei", 5),
        bound("phone", "off", 2),
        bound("phone", "gone", 1),
    ];
    let (decision, chosen) = decided(&content("hi", NOW), &facts(bindings, vec![]), MultiDevicePolicy::AllOffline);
    let expected = [
        "phone/fcm: another binding used",
        "phone/gone: no notifier exist",
        "phone/huawei: push",
        "phone/off: notifier disabled",
    ];
    assert_eq!(devices(&decision), expected);
    assert_eq!(chosen[0].notifier, notifier_name("huawei"));
    for (notifier, expected) in [("off", Reason::NotifierDisabled), ("gone", Reason::NoNotifierExist)] {
        let facts = facts(vec![bound("phone", notifier, 1)], vec![]);
        let (decision, _) = decided(&content("hi", NOW), &facts, MultiDevicePolicy::AllOffline);
        assert_eq!(reason(&decision), Some(expected));
    }
}

#[test]
fn the_rules_that_ran_are_recorded_in_their_order() {
    let phone = facts(vec![bound("phone", "fcm", 9)], vec![present("phone", Status::Online, 1)]);
    let (decision, _) = decided(&content("hi", NOW), &phone, MultiDevicePolicy::AllOffline);
    let ran: Vec<Rule> = decision.rules.iter().map(|trace| trace.rule).collect();
    let expected = [Rule::MessageType, Rule::Route, Rule::Ignore, Rule::Age, Rule::Receiver, Rule::Presence];
    assert_eq!(ran, expected);
    assert_eq!(decision.rules[5].inputs["online_devices"], json!(["phone"]));
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let bindings = proptest::collection::btree_map((0usize..4, 0usize..4), 0u64..100, 0..8);
    let presence = proptest::collection::btree_map(0usize..5, (0usize..5, 0u64..600), 0..5);
    (bindings, presence).prop_map(|(bindings, presence)| {
        const DEVICES: [&str; 5] = ["a", "b", "c", "d", "browser"];
        const NOTIFIERS: [&str; 4] = ["fcm", "huawei", "off", "gone"];
        const STATUSES: [Status; 5] =
            [Status::Online, Status::Heartbeat, Status::Offline, Status::Kicked, Status::Logout];
        let bindings = bindings.into_iter().map(|((one, notifier), at)| bound(DEVICES[one], NOTIFIERS[notifier], at));
        let presence = presence.into_iter().map(|(one, (status, at))| present(DEVICES[one], STATUSES[status], at));
        facts(bindings.collect(), presence.collect())
    })
}

proptest! {
    #[test]
    fn every_binding_has_one_verdict_and_a_push_names_exactly_the_chosen_devices(facts in any_facts(), any: bool) {
        let policy = if any { MultiDevicePolicy::AnyOffline } else { MultiDevicePolicy::AllOffline };
        let (decision, chosen) = decided(&content("hi", NOW), &facts, policy);
        let mut named: Vec<_> = decision.devices.iter().map(|one| (&one.device_id, one.notifier.as_ref().unwrap())).collect();
        let mut bound: Vec<_> = facts.bindings.iter().map(|one| (&one.device_id, &one.notifier)).collect();
        named.sort();
        bound.sort();
        prop_assert_eq!(named, bound);
        let pushed = decision.devices.iter().filter(|one| one.verdict == Verdict::Push).count();
        prop_assert_eq!(pushed, chosen.len());
        prop_assert_eq!(reason(&decision).is_none(), pushed > 0);
        let mut ids: Vec<_> = chosen.iter().map(|one| &one.device_id).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), chosen.len(), "a device is pushed twice");
    }

    #[test]
    fn a_wish_for_silence_always_wins(facts in any_facts(), any: bool) {
        let policy = if any { MultiDevicePolicy::AnyOffline } else { MultiDevicePolicy::AllOffline };
        let silent = Content { ext: object(json!({"em_ignore_notification": true})), ..content("hi", NOW) };
        let (decision, chosen) = decided(&silent, &facts, policy);
        prop_assert_eq!(reason(&decision), Some(Reason::MessageIgnorePush));
        prop_assert!(chosen.is_empty());
    }

    #[test]
    fn under_any_offline_another_offline_device_silences_nobody(facts in any_facts()) {
        let policy = MultiDevicePolicy::AnyOffline;
        let (_, before) = decided(&content("hi", NOW), &facts, policy);
        let mut more = facts.clone();
        more.bindings.push(bound("newcomer", "fcm", 1));
        more.known = true;
        let (_, after) = decided(&content("hi", NOW), &more, policy);
        for one in &before {
            prop_assert!(after.contains(one));
        }
        prop_assert_eq!(after.len(), before.len() + 1);
    }
}
