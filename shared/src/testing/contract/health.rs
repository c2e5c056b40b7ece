//! Notifier health.

use std::collections::BTreeMap;

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::{
        ambiguous_refusal::AmbiguousRefusal, credential_check::FailedChecks, id::NotifierName, outcome::CallError,
        push::SemanticClass,
    },
    ports::apps::{NotifierHealth, UsedUpQuota},
    testing::sample::notifier_name,
};

suite! { "health" on dyn RuntimeStore:
    a_notifier_that_was_never_used_has_none,
    success_and_failure_are_noted_apart,
    the_later_note_counts,
    a_failure_is_of_the_credential_that_it_was_noted_with,
    notifiers_are_apart,
    a_used_up_quota_stands_beside_the_notes_and_the_last_one_counts,
    doubts_stand_beside_the_notes_until_they_are_replaced,
    failed_checks_stand_beside_the_notes_until_one_does_not_fail,
    several_are_read_in_their_order,
}

async fn a_notifier_that_was_never_used_has_none(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(find(runtime, case, "fcm").await, NotifierHealth::default());
}

async fn success_and_failure_are_noted_apart(runtime: &dyn RuntimeStore, case: &Case) {
    note(runtime, case, "fcm", true, 1).await;
    assert_eq!(find(runtime, case, "fcm").await, health(case, Some(1), None));
    note(runtime, case, "fcm", false, 2).await;
    assert_eq!(find(runtime, case, "fcm").await, health(case, Some(1), Some(2)));
}

async fn the_later_note_counts(runtime: &dyn RuntimeStore, case: &Case) {
    for second in [1, 2, 3] {
        note(runtime, case, "fcm", true, second).await;
        note(runtime, case, "fcm", false, second + 10).await;
    }
    assert_eq!(find(runtime, case, "fcm").await, health(case, Some(3), Some(13)));
}

async fn a_failure_is_of_the_credential_that_it_was_noted_with(runtime: &dyn RuntimeStore, case: &Case) {
    let fcm = notifier_name("fcm");
    for (fingerprint, other) in [("f1", "f2"), ("f2", "f1")] {
        runtime.note_failure(&case.app, &fcm, fingerprint, case.at(1)).await.unwrap();
        let found = find(runtime, case, "fcm").await;
        assert_eq!((found.failure_of(fingerprint), found.failure_of(other)), (Some(case.at(1)), None));
    }
    let of_before = NotifierHealth { failed_fingerprint: None, ..find(runtime, case, "fcm").await };
    assert_eq!(of_before.failure_of("f3"), Some(case.at(1)));
}

async fn notifiers_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    note(runtime, case, "fcm", true, 1).await;
    note(runtime, case, "fcm#2", false, 2).await;
    assert_eq!(find(runtime, case, "fcm").await, health(case, Some(1), None));
    assert_eq!(find(runtime, case, "fcm#2").await, health(case, None, Some(2)));
    assert_eq!(runtime.health(&case.elsewhere, &notifier_name("fcm")).await.unwrap(), NotifierHealth::default());
}

async fn a_used_up_quota_stands_beside_the_notes_and_the_last_one_counts(runtime: &dyn RuntimeStore, case: &Case) {
    note(runtime, case, "fcm", true, 1).await;
    for second in [9, 5] {
        let quota = quota(case, second);
        runtime.note_quota(&case.app, &notifier_name("fcm"), SemanticClass::Im, &quota).await.unwrap();
    }
    note(runtime, case, "fcm", false, 2).await;
    let quotas = BTreeMap::from([(SemanticClass::Im, quota(case, 5))]);
    assert_eq!(find(runtime, case, "fcm").await, NotifierHealth { quotas, ..health(case, Some(1), Some(2)) });
}

async fn doubts_stand_beside_the_notes_until_they_are_replaced(runtime: &dyn RuntimeStore, case: &Case) {
    note(runtime, case, "fcm", true, 1).await;
    let ambiguous_refusal = |token: &str| AmbiguousRefusal {
        token: token.into(),
        user: "u".into(),
        at: case.at(2),
        fingerprint: "f1".into(),
    };
    for ambiguous_refusals in
        [vec![ambiguous_refusal("t1")], vec![ambiguous_refusal("t1"), ambiguous_refusal("t2")], Vec::new()]
    {
        runtime
            .note_ambiguous_refusals(&case.app, &notifier_name("fcm"), &ambiguous_refusals, case.at(2))
            .await
            .unwrap();
        assert_eq!(
            find(runtime, case, "fcm").await,
            NotifierHealth { ambiguous_refusals, ..health(case, Some(1), None) }
        );
        assert_eq!(find(runtime, case, "fcm#2").await, NotifierHealth::default());
    }
}

async fn failed_checks_stand_beside_the_notes_until_one_does_not_fail(runtime: &dyn RuntimeStore, case: &Case) {
    note(runtime, case, "fcm", true, 1).await;
    let error = CallError::Credential { code: "invalid_grant".into() };
    let first = FailedChecks::next(None, "f1", &error, case.at(2));
    let second = FailedChecks::next(Some(&first), "f1", &error, case.at(3));
    for failed in [Some(first), Some(second), None] {
        runtime.note_checks(&case.app, &notifier_name("fcm"), failed.as_ref(), case.at(3)).await.unwrap();
        let found = find(runtime, case, "fcm").await;
        assert_eq!(found, NotifierHealth { failed_checks: failed, ..health(case, Some(1), None) });
        assert_eq!(found.failed_checks_of("f2"), None);
    }
}

async fn several_are_read_in_their_order(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(runtime.health_of(&case.app, &[]).await.unwrap(), []);
    let names: Vec<NotifierName> = (0..100).map(|number| notifier_name(&format!("n{number}"))).collect();
    note(runtime, case, "n7", true, 7).await;
    note(runtime, case, "n99", false, 99).await;
    runtime.note_quota(&case.app, &names[99], SemanticClass::Im, &quota(case, 5)).await.unwrap();
    let found = runtime.health_of(&case.app, &names).await.unwrap();
    let quotas = BTreeMap::from([(SemanticClass::Im, quota(case, 5))]);
    let expected = |number: usize| match number {
        7 => health(case, Some(7), None),
        99 => NotifierHealth { quotas: quotas.clone(), ..health(case, None, Some(99)) },
        _ => NotifierHealth::default(),
    };
    assert_eq!(found, (0..100).map(expected).collect::<Vec<_>>());
    assert_eq!(runtime.health_of(&case.elsewhere, &names[7..8]).await.unwrap(), [NotifierHealth::default()]);
}

fn quota(case: &Case, until: u64) -> UsedUpQuota {
    UsedUpQuota { code: "10070".into(), until: case.at(until), fingerprint: "f1".into() }
}

async fn note(runtime: &dyn RuntimeStore, case: &Case, name: &str, success: bool, second: u64) {
    let (name, at) = (notifier_name(name), case.at(second));
    let noted = match success {
        true => runtime.note_success(&case.app, &name, at).await,
        false => runtime.note_failure(&case.app, &name, "f1", at).await,
    };
    noted.unwrap();
}

async fn find(runtime: &dyn RuntimeStore, case: &Case, name: &str) -> NotifierHealth {
    runtime.health(&case.app, &notifier_name(name)).await.unwrap()
}

fn health(case: &Case, success: Option<u64>, failure: Option<u64>) -> NotifierHealth {
    let at = |second: u64| case.at(second);
    let failed_fingerprint = failure.map(|_| "f1".to_owned());
    let (last_success, last_failure) = (success.map(at), failure.map(at));
    NotifierHealth { last_success, last_failure, failed_fingerprint, ..NotifierHealth::default() }
}
