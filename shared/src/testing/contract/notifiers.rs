//! Notifiers.

use futures::future::join;
use serde_json::json;

use super::{AppStore, Case, apps::assert_conflict, run::suite};
use crate::{
    domain::{
        notifier::{Notifier, NotifierState},
        vendor::Vendor,
    },
    testing::sample::{app, notifier, notifier_name, object},
};

suite! { "notifiers" on dyn AppStore:
    a_created_notifier_is_read_as_it_was,
    a_name_is_taken_once,
    no_notifier_without_an_app,
    names_never_run_into_each_other,
    an_update_replaces_what_was_seen,
    an_update_of_what_changed_since_is_refused,
    an_update_of_an_unknown_notifier_is_refused,
    of_two_updates_at_once_one_counts,
    a_deleted_notifier_is_gone,
    deleting_an_unknown_notifier_says_so,
    a_notifier_is_disabled_once,
    a_notifier_with_a_new_credential_is_not_disabled,
    an_edit_that_saw_it_enabled_does_not_enable_it_again,
    an_unknown_notifier_cannot_be_disabled,
    a_report_address_finds_its_notifier,
    only_the_latest_report_address_finds_a_notifier,
    an_update_that_saw_another_report_address_is_refused,
    a_report_address_goes_with_its_notifier_and_its_app,
}

async fn a_created_notifier_is_read_as_it_was(apps: &dyn AppStore, case: &Case) {
    let created = Notifier {
        state: NotifierState::Disabled,
        state_reason: Some("invalid_grant".into()),
        options: object(json!({ "category": "IM", "badge_class": "a.b.C", "nested": { "importance": 4 } })),
        receipt_credential: Some(b"sealed too".to_vec()),
        api: Some("v3".into()),
        credential: (0..=255).cycle().take(4000).collect(),
        credential_expires_at: Some(case.at(7)),
        credential_facts: Some(object(json!({ "im_category_granted": true }))),
        updated_at: case.at(9),
        ..notifier("104410638", Vendor::Huawei, case.at(0))
    };
    set_up(apps, case, &created).await;
    assert_eq!(find(apps, case, "104410638").await, Some(created));
}

async fn a_name_is_taken_once(apps: &dyn AppStore, case: &Case) {
    let first = notifier("one", Vendor::Fcm, case.at(0));
    set_up(apps, case, &first).await;
    assert_conflict(apps.create_notifier(&case.app, &notifier("one", Vendor::Huawei, case.at(1))).await);
    assert_eq!(find(apps, case, "one").await, Some(first));
    apps.create_app(&app(&case.elsewhere, case.at(0))).await.unwrap();
    apps.create_notifier(&case.elsewhere, &notifier("one", Vendor::Huawei, case.at(1))).await.unwrap();
}

async fn no_notifier_without_an_app(apps: &dyn AppStore, case: &Case) {
    assert_conflict(apps.create_notifier(&case.app, &notifier("one", Vendor::Fcm, case.at(0))).await);
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn names_never_run_into_each_other(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    let names = ["app", "a#b", "a%23b", "a", "notifier#a", "\u{10ffff}", " ", "\u{4f60}"];
    for name in names {
        apps.create_notifier(&case.app, &notifier(name, Vendor::Fcm, case.at(0))).await.unwrap();
    }
    let found = apps.app(&case.app).await.unwrap().unwrap().notifiers;
    assert_eq!(found.len(), names.len());
    assert!(names.iter().all(|name| found[&notifier_name(name)].name.as_str() == *name));
}

async fn an_update_replaces_what_was_seen(apps: &dyn AppStore, case: &Case) {
    let first = Notifier {
        state_reason: Some("old".into()),
        credential_expires_at: Some(case.at(7)),
        credential_facts: Some(object(json!({}))),
        ..notifier("one", Vendor::Fcm, case.at(0))
    };
    set_up(apps, case, &first).await;
    let updated = Notifier {
        state_reason: None,
        credential: b"other".to_vec(),
        credential_expires_at: None,
        credential_facts: None,
        fingerprint: "other".into(),
        updated_at: case.at(5),
        ..first.clone()
    };
    apps.update_notifier(&case.app, &updated, &first).await.unwrap();
    assert_eq!(find(apps, case, "one").await, Some(updated));
}

async fn an_update_of_what_changed_since_is_refused(apps: &dyn AppStore, case: &Case) {
    let first = notifier("one", Vendor::Fcm, case.at(0));
    set_up(apps, case, &first).await;
    let second = Notifier { updated_at: case.at(1), ..first.clone() };
    apps.update_notifier(&case.app, &second, &first).await.unwrap();
    let third = Notifier { updated_at: case.at(2), ..first.clone() };
    assert_conflict(apps.update_notifier(&case.app, &third, &first).await);
    assert_eq!(find(apps, case, "one").await, Some(second));
}

async fn an_update_of_an_unknown_notifier_is_refused(apps: &dyn AppStore, case: &Case) {
    let unknown = notifier("two", Vendor::Fcm, case.at(0));
    assert_conflict(apps.update_notifier(&case.app, &unknown, &unknown).await);
    set_up(apps, case, &notifier("one", Vendor::Fcm, case.at(0))).await;
    assert_conflict(apps.update_notifier(&case.app, &unknown, &unknown).await);
    assert_eq!(find(apps, case, "two").await, None);
}

async fn of_two_updates_at_once_one_counts(apps: &dyn AppStore, case: &Case) {
    let first = notifier("one", Vendor::Fcm, case.at(0));
    set_up(apps, case, &first).await;
    let [one, other] = [1, 2].map(|second| Notifier { updated_at: case.at(second), ..first.clone() });
    let update = |updated| apps.update_notifier(&case.app, updated, &first);
    let (a, b) = join(update(&one), update(&other)).await;
    assert_ne!(a.is_ok(), b.is_ok());
    let winner = if a.is_ok() { one } else { other };
    assert_eq!(find(apps, case, "one").await, Some(winner));
}

async fn a_deleted_notifier_is_gone(apps: &dyn AppStore, case: &Case) {
    set_up(apps, case, &notifier("one", Vendor::Fcm, case.at(0))).await;
    apps.create_notifier(&case.app, &notifier("two", Vendor::Fcm, case.at(0))).await.unwrap();
    assert!(apps.delete_notifier(&case.app, &notifier_name("one")).await.unwrap());
    assert_eq!(find(apps, case, "one").await, None);
    assert!(find(apps, case, "two").await.is_some());
    apps.create_notifier(&case.app, &notifier("one", Vendor::Huawei, case.at(1))).await.unwrap();
}

async fn deleting_an_unknown_notifier_says_so(apps: &dyn AppStore, case: &Case) {
    assert!(!apps.delete_notifier(&case.app, &notifier_name("one")).await.unwrap());
    set_up(apps, case, &notifier("one", Vendor::Fcm, case.at(0))).await;
    assert!(!apps.delete_notifier(&case.elsewhere, &notifier_name("one")).await.unwrap());
    assert!(!apps.delete_notifier(&case.app, &notifier_name("app")).await.unwrap());
    assert!(apps.delete_notifier(&case.app, &notifier_name("one")).await.unwrap());
    assert!(!apps.delete_notifier(&case.app, &notifier_name("one")).await.unwrap());
}

async fn a_notifier_is_disabled_once(apps: &dyn AppStore, case: &Case) {
    let first = notifier("one", Vendor::Fcm, case.at(0));
    set_up(apps, case, &first).await;
    assert!(disable(apps, case, &first.fingerprint, "invalid_grant", 5).await);
    assert!(!disable(apps, case, &first.fingerprint, "another reason", 6).await);
    let disabled = Notifier {
        state: NotifierState::Disabled,
        state_reason: Some("invalid_grant".into()),
        state_since: case.at(5),
        updated_at: case.at(5),
        ..first
    };
    assert_eq!(find(apps, case, "one").await, Some(disabled));
}

async fn a_notifier_with_a_new_credential_is_not_disabled(apps: &dyn AppStore, case: &Case) {
    let first = notifier("one", Vendor::Fcm, case.at(0));
    set_up(apps, case, &first).await;
    let renewed = Notifier { fingerprint: "renewed".into(), updated_at: case.at(1), ..first.clone() };
    apps.update_notifier(&case.app, &renewed, &first).await.unwrap();
    assert!(!disable(apps, case, &first.fingerprint, "invalid_grant", 5).await);
    assert_eq!(find(apps, case, "one").await, Some(renewed));
}

async fn an_edit_that_saw_it_enabled_does_not_enable_it_again(apps: &dyn AppStore, case: &Case) {
    let first = notifier("one", Vendor::Fcm, case.at(0));
    set_up(apps, case, &first).await;
    assert!(disable(apps, case, &first.fingerprint, "invalid_grant", 5).await);
    let edited = Notifier { updated_at: case.at(6), ..first.clone() };
    assert_conflict(apps.update_notifier(&case.app, &edited, &first).await);
    assert_eq!(find(apps, case, "one").await.unwrap().state, NotifierState::Disabled);
}

async fn an_unknown_notifier_cannot_be_disabled(apps: &dyn AppStore, case: &Case) {
    assert!(!disable(apps, case, "0123456789abcdef", "invalid_grant", 5).await);
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    assert!(!disable(apps, case, "0123456789abcdef", "invalid_grant", 5).await);
    assert_eq!(find(apps, case, "one").await, None);
}

async fn a_report_address_finds_its_notifier(apps: &dyn AppStore, case: &Case) {
    set_up(apps, case, &addressed(case, "one", "first")).await;
    apps.create_notifier(&case.app, &addressed(case, "two", "second")).await.unwrap();
    assert_eq!(owner(apps, case, "first").await.as_deref(), Some("one"));
    assert_eq!(owner(apps, case, "second").await.as_deref(), Some("two"));
    assert_eq!(owner(apps, case, "third").await, None);
}

async fn only_the_latest_report_address_finds_a_notifier(apps: &dyn AppStore, case: &Case) {
    let first = addressed(case, "one", "first");
    set_up(apps, case, &first).await;
    let kept = Notifier { updated_at: case.at(1), ..first.clone() };
    apps.update_notifier(&case.app, &kept, &first).await.unwrap();
    assert_eq!(owner(apps, case, "first").await.as_deref(), Some("one"));
    let rotated = Notifier { updated_at: case.at(2), ..addressed(case, "one", "second") };
    assert_conflict(apps.update_notifier(&case.app, &rotated, &first).await);
    assert_eq!(owner(apps, case, "second").await, None);
    apps.update_notifier(&case.app, &rotated, &kept).await.unwrap();
    assert_eq!(owner(apps, case, "first").await, None);
    assert_eq!(owner(apps, case, "second").await.as_deref(), Some("one"));
}

async fn an_update_that_saw_another_report_address_is_refused(apps: &dyn AppStore, case: &Case) {
    let first = addressed(case, "one", "first");
    set_up(apps, case, &first).await;
    let (seen, rotated) = (addressed(case, "one", "other"), addressed(case, "one", "second"));
    assert_conflict(apps.update_notifier(&case.app, &rotated, &seen).await);
    assert_eq!(find(apps, case, "one").await, Some(first));
    assert_eq!(owner(apps, case, "second").await, None);
}

async fn a_report_address_goes_with_its_notifier_and_its_app(apps: &dyn AppStore, case: &Case) {
    set_up(apps, case, &addressed(case, "one", "first")).await;
    apps.create_notifier(&case.app, &addressed(case, "two", "second")).await.unwrap();
    apps.delete_notifier(&case.app, &notifier_name("one")).await.unwrap();
    assert_eq!(owner(apps, case, "first").await, None);
    assert_eq!(owner(apps, case, "second").await.as_deref(), Some("two"));
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    assert_eq!(owner(apps, case, "second").await, None);
}

/// Returns a notifier with a report address that is unique to the case.
fn addressed(case: &Case, name: &str, secret: &str) -> Notifier {
    Notifier { receipt_secret: format!("{}-{secret}", case.app), ..notifier(name, Vendor::Xiaomi, case.at(0)) }
}

/// Returns the name of the notifier with this address, which must belong to the case's app.
async fn owner(apps: &dyn AppStore, case: &Case, secret: &str) -> Option<String> {
    let owner = apps.receipt_owner(&format!("{}-{secret}", case.app)).await.unwrap()?;
    assert_eq!(owner.app, case.app);
    Some(owner.notifier.to_string())
}

async fn set_up(apps: &dyn AppStore, case: &Case, notifier: &Notifier) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    apps.create_notifier(&case.app, notifier).await.unwrap();
}

async fn find(apps: &dyn AppStore, case: &Case, name: &str) -> Option<Notifier> {
    apps.app(&case.app).await.unwrap().unwrap().notifiers.remove(&notifier_name(name))
}

async fn disable(apps: &dyn AppStore, case: &Case, fingerprint: &str, reason: &str, second: u64) -> bool {
    let name = notifier_name("one");
    apps.disable_notifier(&case.app, &name, fingerprint, reason, case.at(second)).await.unwrap()
}
