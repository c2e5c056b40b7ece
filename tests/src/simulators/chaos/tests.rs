use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::domain::attempt::RetryReason;
use shared::domain::outcome::{CallError, Outcome};
use shared::ports::clock::Clock;
use shared::ports::vendor::CallReport;
use shared::testing::chance::{FixedClock, SeededEntropy};

use super::*;
use crate::simulators::engine::{Filter, Meaning, Part, Request, TargetResult};
use crate::simulators::in_process::tests::Sender;
use crate::simulators::{InProcess, Interface, fcm, huawei, interfaces, test_accounts};

fn tokens() -> Vec<(&'static str, String)> {
    let token = |(spec, interface): (&'static Spec, &'static Interface), number: u32| {
        (spec.name(), (interface.device_token_of)(&format!("mark0123456789abcdef{number:02}")))
    };
    interfaces().flat_map(|which| (0..3).map(move |number| token(which, number))).collect()
}

fn plan(seed: u64) -> Plan {
    let tokens = tokens();
    let phones: Vec<Phone<'_>> = tokens.iter().map(|(vendor, token)| Phone { vendor, token }).collect();
    Plan::seeded(seed, &phones)
}

fn simulators(clock: &FixedClock) -> InProcess {
    let clock = clock.clone();
    let simulators = InProcess::new(Box::new(move || u64::try_from(clock.now().as_millis()).unwrap()), 1);
    for credential in test_accounts() {
        simulators.add_credential(credential).unwrap();
    }
    simulators
}

#[test]
fn a_seed_repeats_its_plan_and_a_kept_plan_is_read_again() {
    assert_eq!(plan(7), plan(7));
    assert_ne!(plan(7), plan(8));
    let kept = serde_json::to_string(&plan(7)).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&kept).unwrap(), plan(7));
}

#[test]
fn some_seeds_make_every_fault_of_every_vendor() {
    let what = |label: &str| label.split_once(": ").map(|(_, what)| what.to_owned());
    let made: BTreeSet<(String, Option<Endpoint>, Option<String>)> = (0..400)
        .flat_map(|seed| plan(seed).faults)
        .map(|fault| (fault.rule.vendor, fault.rule.endpoint, what(&fault.label)))
        .collect();
    for spec in SIMULATORS {
        for kind in kinds(spec) {
            let fault = (spec.name().to_owned(), kind.rule.endpoint, Some(kind.label));
            assert!(made.contains(&fault), "{fault:?}");
        }
    }
    assert!(made.iter().any(|(_, _, what)| what.as_ref().is_some_and(|what| what.starts_with("the app is removed"))));
}

#[test]
fn every_fault_names_its_endpoint_and_vendor() {
    for spec in SIMULATORS {
        for kind in kinds(spec) {
            assert!(kind.rule.endpoint.is_some() && kind.rule.vendor == spec.name(), "{}: {}", spec.name(), kind.label);
        }
    }
}

/// Sends requests for access tokens, and returns the faults that they meet.
fn met(plan: &Plan) -> Vec<Option<String>> {
    let simulators = simulators(&FixedClock::default());
    plan.begin(&simulators);
    let request = Request {
        method: "POST".to_owned(),
        path: "/token".to_owned(),
        query: None,
        headers: Vec::new(),
        body: "".into(),
        version: "HTTP/2.0".to_owned(),
        connection: 1,
    };
    let engine = simulators.engine();
    for _ in 0..TOKEN_REQUESTS {
        engine.receive(engine.vendor(fcm::NAME).unwrap(), &request);
    }
    simulators.requests(&Filter::vendor(fcm::NAME)).into_iter().map(|request| request.fault).collect()
}

#[test]
fn a_fault_that_is_dropped_moves_no_other() {
    let of_tokens =
        |fault: &PlannedFault| fault.rule.vendor == fcm::NAME && fault.rule.endpoint == Some(Endpoint::Token);
    let whole =
        (0..100).map(plan).find(|plan| plan.faults.iter().filter(|fault| of_tokens(fault)).count() > 3).unwrap();
    let before = met(&whole);
    for at in (0..whole.faults.len()).filter(|at| of_tokens(&whole.faults[*at])) {
        let mut shrunk = whole.clone();
        let FaultRule { skip, times, .. } = shrunk.faults.remove(at).rule;
        let mut expected = before.clone();
        let last = (skip + times.unwrap()).min(TOKEN_REQUESTS);
        expected[skip as usize..last as usize].fill(None);
        assert_eq!(met(&shrunk), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_end_of_all_faults_every_vendor_accepts_and_removed_apps_stay_removed() {
    for seed in 0..8 {
        let clock = FixedClock::default();
        let simulators = simulators(&clock);
        let removed = FaultRule::new(fcm::NAME, Fault::Unregistered {}).for_token("gone").always();
        let mut plan = plan(seed);
        plan.faults.push(PlannedFault { label: "an app is removed".to_owned(), rule: removed.clone() });
        plan.begin(&simulators);
        let mut senders: Vec<Sender> = interfaces()
            .map(|which| {
                let way = (InProcess::base_url(), simulators.transport());
                Sender::new(which, way, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(seed)))
            })
            .collect();
        for sender in &mut senders {
            for _ in 0..5 {
                sender.push().await;
            }
        }
        end(&simulators);
        // The product remembers for a while that a vendor issued no access token.
        clock.advance(Duration::from_secs(3600));
        assert!(simulators.faults().iter().all(|rule| rule.fault == Fault::Unregistered {} && rule.skip == 0));
        assert!(simulators.faults().contains(&removed));
        for sender in &mut senders {
            let outcomes = sender.push().await.outcomes.unwrap();
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. })), "{outcomes:?}");
        }
    }
}

/// Returns what the product takes an outcome for.
fn taken_for(report: &CallReport) -> Option<Meaning> {
    match &report.outcomes {
        Ok(outcomes) => Some(match &outcomes[0] {
            Outcome::Accepted { .. } => Meaning::Accepted,
            Outcome::Unregistered { .. } => Meaning::Unregistered { really: true },
            Outcome::Transient { retry_reason: RetryReason::Unclear, .. } => Meaning::Unclear,
            Outcome::Transient { .. } => Meaning::Later,
            Outcome::QuotaUsedUp { .. } => Meaning::QuotaUsedUp,
            Outcome::CredentialOrToken { .. } => Meaning::CredentialOrToken,
            Outcome::Refused { .. } => Meaning::Refused,
            Outcome::Deferred => return None,
        }),
        Err(CallError::Credential { .. }) => Some(Meaning::Credential),
        Err(CallError::CredentialOrToken { .. }) => Some(Meaning::CredentialOrToken),
        Err(CallError::RateLimited { .. } | CallError::Unavailable { .. }) => Some(Meaning::Later),
        Err(CallError::QuotaUsedUp { .. }) => Some(Meaning::QuotaUsedUp),
        Err(CallError::Ambiguous { .. } | CallError::Protocol { .. }) => Some(Meaning::Unclear),
        Err(CallError::Rejected { .. }) => Some(Meaning::Refused),
    }
}

#[tokio::test(start_paused = true)]
async fn the_product_takes_every_answer_for_what_it_means() {
    let clock = FixedClock::default();
    let simulators = simulators(&clock);
    for which in interfaces() {
        let way = (InProcess::base_url(), simulators.transport());
        let mut sender = Sender::new(which, way, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1)));
        let of_sends = |kind: &Kind| kind.rule.endpoint == Some(Endpoint::Send);
        for kind in kinds(which.0).into_iter().filter(of_sends) {
            simulators.reset(&[Part::Faults]);
            simulators.add_faults([kind.rule.times(1)]).unwrap();
            let report = sender.push().await;
            let last = simulators.requests(&Filter::vendor(which.0.name()).at(Endpoint::Send)).pop().unwrap();
            clock.advance(Duration::from_secs(60));
            // vivo's request that saves a message for a list names no device token.
            let Some(result) = last.results.first() else { continue };
            let meaning = match result.meaning {
                Meaning::Unregistered { .. } => Meaning::Unregistered { really: true },
                other => other,
            };
            assert_eq!(taken_for(&report), Some(meaning), "{}, {}: {report:?}", which.1.notifier, kind.label);
        }
    }
}

#[test]
fn a_request_tells_whom_it_reached_whatever_its_answer() {
    let clock = FixedClock::default();
    let simulators = simulators(&clock);
    let observed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&observed);
    simulators.observe(Box::new(move |request| seen.lock().unwrap().extend(request.results.clone())));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let which = interfaces().find(|(spec, _)| spec.name() == huawei::NAME).unwrap();
        let way = (InProcess::base_url(), simulators.transport());
        let mut sender = Sender::new(which, way, Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1)));
        let tokens = sender.next_tokens();
        let rule = |fault| FaultRule::new(huawei::NAME, fault).at(Endpoint::Send);
        let gone = rule(Fault::Unregistered {}).for_token(&tokens[1]);
        simulators.add_faults([rule(Fault::Close {}).after_delivery(), gone]).unwrap();
        sender.push().await;
        let result =
            |token: &String, reached| TargetResult { token: token.clone(), reached, meaning: Meaning::Unclear };
        assert_eq!(*observed.lock().unwrap(), [result(&tokens[0], true), result(&tokens[1], false)]);
    });
}
