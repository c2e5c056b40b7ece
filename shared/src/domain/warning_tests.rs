use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

fn healthy() -> WarningFacts<'static> {
    WarningFacts {
        state: NotifierState::Enabled,
        state_reason: None,
        created_at: NOW,
        expires_at: None,
        last_success: None,
        last_failure: None,
        failed_checks: None,
        used_up: &[],
        preflight: Vec::new(),
    }
}

fn after(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + millis)
}

fn kinds(standing: WarningFacts<'_>) -> Vec<WarningKind> {
    warnings(standing, NOW).into_iter().map(|warning| warning.kind).collect()
}

fn a_finding() -> Warning {
    Warning::new(WarningKind::Preflight, &[SemanticClass::Im], "options.channel_id", "is missing")
}

#[test]
fn a_healthy_notifier_warns_of_nothing() {
    assert_eq!(warnings(healthy(), NOW), []);
}

#[test]
fn the_end_of_a_credential_is_told_thirty_fourteen_seven_and_one_day_before_and_ever_after() {
    const DAY: i64 = DAY_MILLIS;
    for (left, expected) in [
        (i64::MAX, None),
        (31 * DAY, None),
        (30 * DAY + 1, None),
        (30 * DAY, Some((30, 30))),
        (30 * DAY - 1, Some((29, 30))),
        (14 * DAY + 1, Some((14, 30))),
        (14 * DAY, Some((14, 14))),
        (14 * DAY - 1, Some((13, 14))),
        (7 * DAY + 1, Some((7, 14))),
        (7 * DAY, Some((7, 7))),
        (7 * DAY - 1, Some((6, 7))),
        (DAY + 1, Some((1, 7))),
        (DAY, Some((1, 1))),
        (DAY - 1, Some((0, 1))),
        (1, Some((0, 1))),
        (0, Some((0, 0))),
        (-1, Some((-1, 0))),
        (-DAY, Some((-1, 0))),
        (-DAY - 1, Some((-2, 0))),
        (-NOW.as_millis(), Some((-20_469, 0))),
    ] {
        let at = Timestamp::from_millis(NOW.as_millis().saturating_add(left));
        let found = warnings(WarningFacts { expires_at: Some(at), ..healthy() }, NOW);
        let told = found.first().map(|warning| (warning.days_left.unwrap(), warning.level.unwrap()));
        assert_eq!((told, found.len()), (expected, usize::from(expected.is_some())), "{left} ms left");
    }
}

#[test]
fn a_notifier_fails_while_no_success_can_have_followed_its_last_failure() {
    let failing = |success: Option<i64>, failure: Option<i64>| {
        let (last_success, last_failure) = (success.map(after), failure.map(after));
        kinds(WarningFacts { last_success, last_failure, ..healthy() }) == [WarningKind::Failing]
    };
    assert!(failing(None, Some(1)) && failing(Some(1), Some(60_002)));
    assert!(!failing(Some(1), Some(1)) && !failing(Some(2), Some(1)) && !failing(Some(1), None));
    assert!(!failing(Some(1), Some(60_001)), "a success may have gone unnoted for a minute");
    // This failure is of an earlier notifier with the same name.
    assert!(failing(None, Some(0)) && !failing(None, Some(-1)));
}

#[test]
fn a_notifier_that_curlew_disabled_says_why_and_does_not_count_as_failing_besides() {
    let found = warnings(
        WarningFacts {
            state: NotifierState::Disabled,
            state_reason: Some("invalid_grant"),
            last_failure: Some(after(1)),
            expires_at: Some(NOW),
            preflight: vec![a_finding()],
            ..healthy()
        },
        NOW,
    );
    let kinds: Vec<WarningKind> = found.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::Disabled, WarningKind::Expires, WarningKind::Preflight]);
    assert!(found[0].message.contains("invalid_grant"), "{}", found[0].message);
}

#[test]
fn a_notifier_that_an_operator_disabled_warns_of_nothing() {
    let standing = WarningFacts {
        state: NotifierState::Disabled,
        last_failure: Some(after(1)),
        expires_at: Some(NOW),
        used_up: &[SemanticClass::Im],
        preflight: vec![a_finding()],
        ..healthy()
    };
    assert_eq!(warnings(standing, NOW), []);
}

#[test]
fn a_used_up_quota_is_told_with_its_classes() {
    let used_up = [SemanticClass::Im, SemanticClass::Marketing];
    let found = warnings(WarningFacts { used_up: &used_up, ..healthy() }, NOW);
    assert_eq!((found.len(), found[0].kind, &*found[0].classes), (1, WarningKind::Quota, &used_up[..]));
}

#[test]
fn no_two_warnings_of_a_notifier_are_about_the_same_field_and_each_begins_with_its_own() {
    let all = WarningFacts {
        expires_at: Some(NOW),
        last_failure: Some(NOW),
        used_up: &[SemanticClass::Im],
        preflight: vec![a_finding()],
        ..healthy()
    };
    let disabled = WarningFacts { state: NotifierState::Disabled, state_reason: Some("refused"), ..all.clone() };
    for standing in [all, disabled] {
        let found = warnings(standing, NOW);
        let fields: std::collections::BTreeSet<&str> = found.iter().map(|warning| &*warning.field).collect();
        assert_eq!((found.len(), fields.len()), (4, 4), "{found:?}");
        assert!(found.iter().all(|warning| warning.message.starts_with(&warning.field)), "{found:?}");
    }
}

#[test]
fn a_warning_is_written_with_its_kind_and_read_without() {
    let shown = json!({
        "kind": "preflight", "classes": ["im"], "field": "options.channel_id", "message": "options.channel_id is missing",
    });
    assert_eq!(json!(a_finding()), shown);
    let mut of_before = shown;
    of_before.as_object_mut().unwrap().remove("kind");
    assert_eq!(serde_json::from_value::<Warning>(of_before).unwrap(), a_finding());
}

#[test]
fn a_refused_check_comes_first_and_unclear_ones_only_after_the_third() {
    let failed = |refused, count| FailedChecks {
        fingerprint: "f1".into(),
        refused,
        code: "invalid_grant".into(),
        count,
        since: NOW,
        at: NOW,
    };
    for (refused, count, expected) in [
        (true, 1, Some(WarningKind::Refused)),
        (false, 1, None),
        (false, 2, None),
        (false, 3, Some(WarningKind::Failing)),
    ] {
        let failed = failed(refused, count);
        let found = warnings(WarningFacts { failed_checks: Some(&failed), expires_at: Some(NOW), ..healthy() }, NOW);
        let kinds: Vec<WarningKind> = found.iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, expected.into_iter().chain([WarningKind::Expires]).collect::<Vec<_>>());
        assert!(expected.is_none() || found[0].message.starts_with("health.check says that"), "{found:?}");
    }
    let failed = failed(true, 1);
    let disabled = WarningFacts {
        state: NotifierState::Disabled,
        state_reason: Some("refused"),
        failed_checks: Some(&failed),
        ..healthy()
    };
    assert_eq!(kinds(disabled), [WarningKind::Disabled]);
}
