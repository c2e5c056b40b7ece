//! Runs the golden cases in `tests/fixtures/decisions`. Their expectations come from the reference's documents and our
//! own decisions, never from the engine's output.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        content::render,
        decision::{AppFacts, Decision, DeviceDecision, Rule, RuleResult, RuleTrace, Verdict, decide},
        id::MessageId,
        message::Receiver,
        profile::Nickname,
        push::Notification,
        reason::Reason,
        recheck::recheck_at,
        time::Timestamp,
        visibility::Visibility,
    },
    testing::sample::user,
};

use super::case::{Case, Expected, Theme, at};

/// Returns each case with the settings and templates of its file, under `file: name`.
fn themes() -> Vec<(String, Theme)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/decisions");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &Path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let theme = serde_json::from_str(&fs::read_to_string(path).unwrap());
        (name.clone(), theme.unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    paths.iter().map(|path| read(path)).collect()
}

struct Outcome {
    decision: Decision,
    pushed: Vec<String>,
    recheck_at: Option<Timestamp>,
    notification: Option<Notification>,
}

fn play(theme: &Theme, case: &Case) -> Outcome {
    let settings = case.settings(&theme.settings);
    let (notifiers, templates) = (case.notifiers(), case.templates(&theme.templates));
    let (mut facts, message) = (case.facts(&settings), case.message());
    let app = AppFacts { settings: &settings, notifiers: &notifiers, templates: &templates };
    let judged = decide(&message, &user("ann"), &facts, app, case.now);
    let receiver = Receiver { user: user("ann"), msg_id: MessageId::new(case.now, 1) };
    let nickname = case.sender_nickname.as_deref().map(|name| Nickname::parse_as("nickname", name).unwrap());
    if let Some(instant) = &message.instant {
        facts.leave_channels(instant.strategy, judged.push.is_some(), case.now);
    }
    let language = facts.profile.language.as_ref();
    let recheck_at = recheck_at(&judged.decision, &facts, &settings, case.now, true);
    let (pushed, notification) = match &judged.push {
        Some(push) => (
            push.devices.iter().map(|one| format!("{}/{}", one.device_id, one.notifier)).collect(),
            Some(render(&message, &receiver, &push.wording, nickname.as_ref(), language).notification),
        ),
        None => (Vec::new(), None),
    };
    Outcome { decision: judged.decision, pushed, recheck_at, notification }
}

/// Returns where the outcome differs from the expected one.
fn differences(expected: &Expected, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, is: Value, should: Value| {
        if is != should {
            found.push(format!("{what} is {is}, and should be {should}"));
        }
    };
    let decision = &outcome.decision;
    let last = decision.rules.last().unwrap();
    compare("verdict", word(decision.verdict), json!(expected.reason.map_or("push", Reason::code)));
    compare("rule", json!(last.rule), json!(expected.rule));
    compare("inputs", json!(last.inputs), in_millis(&expected.inputs));
    let devices = devices(decision);
    let should: BTreeMap<_, _> = expected.devices.clone().unwrap_or_else(|| {
        let all = expected.reason.map_or("push", Reason::code);
        devices.keys().map(|name| (name.clone(), all.to_owned())).collect()
    });
    compare("devices", json!(devices), json!(should));
    let mut pushed = outcome.pushed.clone();
    pushed.sort();
    let named: Vec<_> = should.iter().filter(|(_, verdict)| *verdict == "push").map(|(name, _)| name).collect();
    compare("pushed", json!(pushed), json!(named));
    for (rule, inputs) in &expected.passed {
        let trace = decision.rules.iter().find(|trace| json!(trace.rule) == json!(rule));
        let passed = trace.filter(|trace| trace.result == RuleResult::Pass).map(|trace| json!(trace.inputs));
        compare(rule, json!(passed), in_millis(inputs));
    }
    for rule in &expected.without {
        compare(
            "a rule that does not apply",
            json!(decision.rules.iter().any(|trace| trace.rule == *rule)),
            json!(false),
        );
    }
    compare("recheck_at", json!(outcome.recheck_at), json!(expected.recheck_at));
    let shown = outcome.notification.as_ref().map(
        |shown| json!({"title": shown.title, "body": shown.body, "class": shown.class, "extra": shown.custom.get("e")}),
    );
    let mut compare_if = |what: &str, should: Option<Value>| {
        if let Some(should) = should {
            compare(what, json!(shown.as_ref().map(|shown| &shown[what])), should);
        }
    };
    compare_if("title", expected.title.as_ref().map(|title| json!(title)));
    compare_if("body", expected.body.as_ref().map(|body| json!(body)));
    compare_if("class", expected.class.as_ref().map(|class| json!(class)));
    compare_if("extra", expected.extra.clone());
    found
}

/// Every input that support may not see is masked because the sender wrote it.
#[test]
fn support_sees_all_inputs_of_rules_but_what_the_sender_wrote() {
    let by_sender = ["em_push_filter", "missing_template"];
    let mut seen = BTreeSet::new();
    for (name, theme) in themes() {
        for case in &theme.cases {
            for trace in play(&theme, case).decision.rules {
                let masked = Visibility::Masked.rule_inputs(&trace.inputs);
                for (input, value) in trace.inputs.iter().filter(|(input, _)| !by_sender.contains(&input.as_str())) {
                    assert_eq!(&masked[input], value, "{name}: {input}");
                }
                seen.extend(trace.inputs.keys().cloned());
            }
        }
    }
    assert!(by_sender.iter().all(|input| seen.contains(*input)) && seen.len() > 20, "{seen:?}");
}

fn devices(decision: &Decision) -> BTreeMap<String, Value> {
    let name = |one: &DeviceDecision| format!("{}/{}", one.device_id, one.notifier.as_ref().unwrap());
    decision.devices.iter().map(|one| (name(one), word(one.verdict))).collect()
}

fn word(verdict: Verdict) -> Value {
    match verdict {
        Verdict::Push => json!("push"),
        Verdict::Skip { reason } => json!(reason.code()),
    }
}

/// Returns the inputs of a rule, with instants as traces have them.
fn in_millis(inputs: &Map<String, Value>) -> Value {
    let millis = |(name, value): (&String, &Value)| {
        let is_instant = matches!(name.as_str(), "until" | "expires_at");
        (name.clone(), if is_instant { json!(at(value.as_str().unwrap())) } else { value.clone() })
    };
    Value::Object(inputs.iter().map(millis).collect())
}

#[test]
fn every_golden_case_comes_out_as_it_should() {
    let mut wrong = Vec::new();
    for (file, theme) in themes() {
        for case in &theme.cases {
            let verdict = if case.expect.reason.is_some() { "skip" } else { "push" };
            assert_eq!(case.expect.verdict, verdict, "{file}: {}", case.name);
            let found = differences(&case.expect, &play(&theme, case));
            wrong.extend(found.into_iter().map(|difference| format!("{file}: {}: {difference}", case.name)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_golden_cases_are_many_and_no_two_have_the_same_name() {
    let mut names: Vec<String> =
        themes().into_iter().flat_map(|(_, theme)| theme.cases).map(|case| case.name).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all >= 160, "{all}");
}

/// Returns whether the decision gives this reason itself. The other reasons come from vendors.
const fn is_of_the_decision(reason: Reason) -> bool {
    match reason {
        Reason::CommandMessage
        | Reason::OnlineOnly
        | Reason::LargeGroup
        | Reason::GroupDisabled
        | Reason::MessageIgnorePush
        | Reason::ExpireMessage
        | Reason::NoUserExist
        | Reason::UserBanned
        | Reason::MessageDelivered
        | Reason::UserOnline
        | Reason::AnotherDeviceOnline
        | Reason::WaitsForLogin
        | Reason::DeviceKicked
        | Reason::UserIgnorePush
        | Reason::ModeNone
        | Reason::NotMentioned
        | Reason::NoPushBinding
        | Reason::IgnorePushDeviceId
        | Reason::NotifierFiltered
        | Reason::AnotherBindingUsed
        | Reason::NoNotifierExist
        | Reason::NotifierDisabled => true,
        Reason::InvalidNotifier
        | Reason::QuotaUsedUp
        | Reason::IllegalBinding
        | Reason::PushYetButFail
        | Reason::TokenMoved
        | Reason::Unknown => false,
    }
}

#[test]
fn every_reason_of_the_decision_and_every_rule_is_met_by_a_golden_case() {
    let (mut words, mut ended, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    for (_, theme) in themes() {
        for case in &theme.cases {
            let decision = play(&theme, case).decision;
            words.push(word(decision.verdict));
            words.extend(decision.devices.iter().map(|one| word(one.verdict)));
            for RuleTrace { rule, result, .. } in decision.rules {
                if result == RuleResult::Pass { passed.push(rule) } else { ended.push(rule) }
            }
        }
    }
    for reason in Reason::ALL.into_iter().filter(|reason| is_of_the_decision(*reason)) {
        assert!(words.contains(&json!(reason.code())), "no golden case has `{reason}`");
    }
    for rule in Rule::ALL {
        assert!(passed.contains(&rule), "no golden case passes {rule:?}");
        assert!(rule == Rule::Content || ended.contains(&rule), "no golden case ends with {rule:?}");
    }
}
