//! Properties of every decision, for any facts, message and app.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        app::{MultiDevicePolicy, Privacy, Settings},
        binding::Binding,
        content::render,
        decision::{AppFacts, ChosenDevice, Facts, Judgement, NotifierFacts, Rule, RuleResult, Verdict, decide},
        id::{DeviceId, GroupId, MessageId, NotifierName, TemplateName},
        message::{Content, Receiver},
        presence::{Presence, PresenceStatus},
        profile::{DisplayStyle, Disturbance, PushMode},
        quiet::DailyWindow,
        reason::Reason,
        template::{Template, Templates},
        time::Timestamp,
        vendor::Vendor,
    },
    testing::sample::{binding, content, device, event, notifier_name, user},
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const LEASE: std::time::Duration = std::time::Duration::from_secs(300);
const SECRET: &str = "the words of the message";

fn ago(seconds: u64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - i64::try_from(seconds * 1000).unwrap())
}

fn bound(device: &str, notifier: &str, seconds_ago: u64) -> Binding {
    binding(device, notifier, &format!("token-{device}-{notifier}"), ago(seconds_ago))
}

fn present(name: &str, status: PresenceStatus, seconds_ago: u64) -> (DeviceId, Presence) {
    let event = |status| event("ann", name, "s", status, ago(seconds_ago));
    let begun = Presence::after(None, &event(PresenceStatus::Online), LEASE).presence().cloned().unwrap();
    (device(name), Presence::after(Some(&begun), &event(status), LEASE).presence().cloned().unwrap())
}

fn notifiers() -> HashMap<NotifierName, NotifierFacts> {
    let facts = |vendor, enabled| NotifierFacts { vendor, enabled };
    HashMap::from([
        (notifier_name("fcm"), facts(Vendor::Fcm, true)),
        (notifier_name("huawei"), facts(Vendor::Huawei, true)),
        (notifier_name("off"), facts(Vendor::Huawei, false)),
    ])
}

fn templates() -> Templates {
    let name = TemplateName::parse("telling").unwrap();
    let pattern = "{$fromNickname} {$msg} {0}".to_owned();
    let template = Template {
        name: name.clone(),
        title_pattern: pattern.clone(),
        content_pattern: pattern,
        created_at: NOW,
        updated_at: NOW,
    };
    HashMap::from([(name, template)])
}

fn decided(message: &Content, facts: &Facts, settings: &Settings) -> Judgement {
    let app = AppFacts { settings, notifiers: &notifiers(), templates: &templates() };
    decide(message, &user("ann"), facts, app, NOW)
}

fn pushes(judged: &Judgement) -> bool {
    judged.decision.verdict == Verdict::Push
}

fn chosen(judged: &Judgement) -> Vec<ChosenDevice> {
    judged.push.as_ref().map(|push| push.devices.clone()).unwrap_or_default()
}

/// Returns the decision without the rules' inputs, in a fixed order.
fn outcome(judged: &Judgement) -> (Verdict, Vec<String>) {
    let mut devices: Vec<_> = judged.decision.devices.iter().map(|one| json!(one).to_string()).collect();
    devices.sort();
    (judged.decision.verdict, devices)
}

fn with_ext(message: &Content, name: &str, value: Value) -> Content {
    let mut message = message.clone();
    message.ext.insert(name.to_owned(), value);
    message
}

// ---- any facts, any message, any app ----

fn any_mode() -> impl Strategy<Value = Option<PushMode>> {
    prop_oneof![Just(None), Just(Some(PushMode::All)), Just(Some(PushMode::At)), Just(Some(PushMode::None))]
}

fn window(start: u16, end: u16) -> Option<DailyWindow> {
    let text = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    DailyWindow::parse(&format!("{}-{}", text(start), text(end))).unwrap()
}

fn any_disturbance() -> impl Strategy<Value = Disturbance> {
    let interval = proptest::option::of((0u16..1440, 0u16..1440));
    let until = proptest::option::of(-5i64..5);
    (any_mode(), interval, until).prop_map(|(mode, interval, until)| Disturbance {
        mode,
        interval: interval.and_then(|(start, end)| window(start, end)),
        ignore_until: until.map(|by| Timestamp::from_millis(NOW.as_millis() + by)),
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let bindings = proptest::collection::btree_map((0usize..4, 0usize..4), 0u64..100, 0..8);
    let presence = proptest::collection::btree_map(0usize..5, (0usize..5, 0u64..2000), 0..3);
    (bindings, presence, any_disturbance(), any_disturbance(), any::<bool>()).prop_map(
        |(bindings, presence, app, conversation, summary)| {
            const DEVICES: [&str; 5] = ["a", "b", "c", "d", "browser"];
            const NOTIFIERS: [&str; 4] = ["fcm", "huawei", "off", "gone"];
            const STATUSES: [PresenceStatus; 5] = [
                PresenceStatus::Online,
                PresenceStatus::Heartbeat,
                PresenceStatus::Offline,
                PresenceStatus::Kicked,
                PresenceStatus::Logout,
            ];
            let bound = |((one, notifier), at): ((usize, usize), u64)| bound(DEVICES[one], NOTIFIERS[notifier], at);
            let present = |(one, (status, at)): (usize, (usize, u64))| present(DEVICES[one], STATUSES[status], at);
            let mut facts = Facts {
                known: true,
                bindings: bindings.into_iter().map(bound).collect(),
                presence: presence.into_iter().map(present).collect(),
                conversation,
                ..Facts::default()
            };
            facts.profile.advanced.app = app;
            facts.profile.style = if summary { DisplayStyle::Summary } else { DisplayStyle::Simple };
            facts
        },
    )
}

fn any_ext() -> impl Strategy<Value = Map<String, Value>> {
    let one_of = |values: Vec<Value>| proptest::option::of(proptest::sample::select(values));
    (
        one_of(vec![json!(["ann"]), json!("all"), json!(["bob"])]),
        one_of(vec![json!({"accept_device_id": ["a", "b"]}), json!({"ignore_notifier_name": ["fcm"]})]),
        one_of(vec![json!({"title": SECRET}), json!({"content": SECRET, "custom": {"k": SECRET}})]),
        one_of(vec![json!({"em_push_title": SECRET, "em_push_content": SECRET, "extern": {"k": SECRET}})]),
        one_of(vec![json!({"name": "telling", "title_args": [SECRET]})]),
    )
        .prop_map(|(at, filter, push, legacy, template)| {
            let names = ["em_at_list", "em_push_filter", "em_push_ext", "em_apns_ext", "em_push_template"];
            let given = names.into_iter().zip([at, filter, push, legacy, template]);
            given.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        })
}

fn any_message() -> impl Strategy<Value = Content> {
    (any_ext(), any::<bool>(), 0u64..100_000).prop_map(|(ext, group, age)| Content {
        ext,
        group: group.then(|| GroupId::parse("g1").unwrap()),
        ..content(SECRET, ago(age.saturating_sub(40_000)))
    })
}

fn any_settings() -> impl Strategy<Value = Settings> {
    (any::<bool>(), any::<bool>()).prop_map(|(advanced_push, any)| Settings {
        advanced_push,
        multi_device_policy: if any { MultiDevicePolicy::AnyOffline } else { MultiDevicePolicy::AllOffline },
        ..Settings::default()
    })
}

proptest! {
    #[test]
    fn every_binding_has_one_verdict_and_a_push_names_exactly_the_chosen_devices(
        message in any_message(), facts in any_facts(), settings in any_settings(),
    ) {
        let judged = decided(&message, &facts, &settings);
        let (chosen, decision) = (chosen(&judged), judged.decision);
        let names = decision.devices.iter().map(|one| (&one.device_id, one.notifier.as_ref().unwrap()));
        let (mut named, mut bound): (Vec<_>, Vec<_>) =
            (names.collect(), facts.bindings.iter().map(|one| (&one.device_id, &one.notifier)).collect());
        named.sort();
        bound.sort();
        prop_assert_eq!(named, bound);
        let pushed = decision.devices.iter().filter(|one| one.verdict == Verdict::Push).count();
        prop_assert_eq!(pushed, chosen.len());
        prop_assert_eq!(decision.verdict == Verdict::Push, pushed > 0);
        let mut ids: Vec<_> = chosen.iter().map(|one| &one.device_id).collect();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), chosen.len(), "a device is pushed twice");
    }

    #[test]
    fn rules_run_in_their_order_and_end_at_the_first_skip(
        message in any_message(), facts in any_facts(), settings in any_settings(),
    ) {
        let judged = decided(&message, &facts, &settings);
        let ran: Vec<Rule> = judged.decision.rules.iter().map(|trace| trace.rule).collect();
        let in_order: Vec<Rule> = Rule::ALL.into_iter().filter(|rule| ran.contains(rule)).collect();
        prop_assert_eq!(&ran, &in_order);
        let (last, before) = judged.decision.rules.split_last().unwrap();
        prop_assert!(before.iter().all(|trace| trace.result == RuleResult::Pass));
        prop_assert_eq!(last.result == RuleResult::Pass, pushes(&judged));
    }

    #[test]
    fn em_ignore_notification_always_wins(message in any_message(), facts in any_facts(), settings in any_settings()) {
        let forced = with_ext(&message, "em_force_notification", json!(true));
        let judged = decided(&with_ext(&forced, "em_ignore_notification", json!(true)), &facts, &settings);
        prop_assert_eq!(judged.decision.verdict, Verdict::Skip { reason: Reason::MessageIgnorePush });
        prop_assert_eq!(judged.push, None);
    }

    #[test]
    fn force_does_what_no_do_not_disturb_would(message in any_message(), facts in any_facts(), settings in any_settings()) {
        let forced = decided(&with_ext(&message, "em_force_notification", json!(true)), &facts, &settings);
        let mut undisturbed = facts;
        for level in [&mut undisturbed.profile.advanced.app, &mut undisturbed.conversation] {
            *level = Disturbance { mode: level.mode, ..Disturbance::default() };
        }
        prop_assert_eq!(outcome(&forced), outcome(&decided(&message, &undisturbed, &settings)));
    }

    #[test]
    fn a_wider_window_never_pushes_more(
        message in any_message(), facts in any_facts(), settings in any_settings(),
        start in 0u16..1440, length in 1u16..1440, before in 0u16..700, after in 0u16..700,
    ) {
        prop_assume!(length + before + after < 1440);
        let narrow = window(start, (start + length) % 1440);
        let wide = window((start + 1440 - before) % 1440, (start + length + after) % 1440);
        let with = |interval| {
            let mut facts = facts.clone();
            facts.profile.advanced.app.interval = interval;
            decided(&message, &facts, &settings)
        };
        prop_assert!(!pushes(&with(wide)) || pushes(&with(narrow)));
        prop_assert!(!pushes(&with(narrow)) || pushes(&with(None)));
    }

    #[test]
    fn under_any_offline_another_offline_device_suppresses_nobody(message in any_message(), facts in any_facts()) {
        let settings = Settings { multi_device_policy: MultiDevicePolicy::AnyOffline, ..Settings::default() };
        let before = decided(&message, &facts, &settings);
        let mut more = facts.clone();
        more.bindings.push(bound("newcomer", "huawei", 1));
        let after = chosen(&decided(&message, &more, &settings));
        prop_assert!(chosen(&before).iter().all(|one| after.contains(one)));
    }

    #[test]
    fn while_advanced_push_is_off_what_belongs_to_it_counts_for_nothing(message in any_message(), facts in any_facts()) {
        let (off, on) = (Settings::default(), Settings { advanced_push: true, ..Settings::default() });
        let mut forgotten = facts.clone();
        forgotten.forget_advanced();
        prop_assert_eq!(decided(&message, &facts, &off), decided(&message, &forgotten, &off));
        prop_assert_eq!(outcome(&decided(&message, &facts, &off)), outcome(&decided(&message, &forgotten, &on)));
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(message in any_message(), facts in any_facts(), settings in any_settings()) {
        let mut turned = facts.clone();
        turned.bindings.reverse();
        turned.presence.reverse();
        prop_assert_eq!(
            outcome(&decided(&message, &facts, &settings)),
            outcome(&decided(&message, &turned, &settings))
        );
    }

    #[test]
    fn a_notice_holds_no_text_of_the_message(message in any_message(), facts in any_facts(), settings in any_settings()) {
        let settings = Settings { privacy: Privacy::Notice, ..settings };
        let receiver = Receiver { user: user("ann"), msg_id: MessageId::new(NOW, 1) };
        let judged = decided(&message, &facts, &settings);
        if let Some(push) = judged.push {
            let shown = json!(render(&message, &receiver, &push.wording, None, None).notification).to_string();
            prop_assert!(!shown.contains(SECRET), "{}", shown);
        }
    }
}
