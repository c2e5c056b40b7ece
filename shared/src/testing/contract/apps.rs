//! Apps.

use futures::future::join;

use super::{AppStore, Case, run::suite};
use crate::{
    domain::{
        app::{App, MultiDevicePolicy, Settings},
        vendor::Vendor,
    },
    ports::{apps::AppConfig, error::StoreError},
    testing::sample::{app, app_key, notifier},
};

suite! { "apps" on dyn AppStore:
    a_created_app_is_read_as_it_was,
    an_app_is_created_once,
    settings_change_where_they_still_are_what_was_seen,
    of_two_that_create_an_app_at_once_one_does,
    a_deleted_app_is_gone_with_its_notifiers,
    the_name_of_a_deleted_app_is_used_up,
    deleting_an_unknown_app_says_so,
    apps_are_apart,
}

async fn a_created_app_is_read_as_it_was(apps: &dyn AppStore, case: &Case) {
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    let settings = Settings {
        multi_device_policy: MultiDevicePolicy::AnyOffline,
        max_bindings: 100,
        presence_lease_seconds: 5,
        ..Settings::default()
    };
    let created = App { settings, ..app(&case.app, case.at(0)) };
    apps.create_app(&created).await.unwrap();
    assert_eq!(
        apps.app(&case.app).await.unwrap(),
        Some(AppConfig { app: created, notifiers: Default::default(), templates: Default::default() })
    );
}

async fn an_app_is_created_once(apps: &dyn AppStore, case: &Case) {
    let first = app(&case.app, case.at(0));
    apps.create_app(&first).await.unwrap();
    let second = App { client_id: "other".into(), ..first.clone() };
    assert_conflict(apps.create_app(&second).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, first);
}

async fn settings_change_where_they_still_are_what_was_seen(apps: &dyn AppStore, case: &Case) {
    let created = app(&case.app, case.at(0));
    apps.create_app(&created).await.unwrap();
    let changed = App { settings: Settings { max_bindings: 3, ..Settings::default() }, ..created.clone() };
    apps.change_settings(&changed, &created.settings).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, changed);
    assert_conflict(apps.change_settings(&created, &created.settings).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, changed);
    apps.delete_app(&case.app).await.unwrap();
    assert_conflict(apps.change_settings(&created, &changed.settings).await);
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn of_two_that_create_an_app_at_once_one_does(apps: &dyn AppStore, case: &Case) {
    let one = app(&case.app, case.at(0));
    let other = App { client_id: "other".into(), ..one.clone() };
    let (first, second) = join(apps.create_app(&one), apps.create_app(&other)).await;
    let created = if first.is_ok() { &one } else { &other };
    assert_ne!(first.is_ok(), second.is_ok());
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, *created);
}

async fn a_deleted_app_is_gone_with_its_notifiers(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    for name in ["one", "two", "app", "notifier#one"] {
        apps.create_notifier(&case.app, &notifier(name, Vendor::Fcm, case.at(0))).await.unwrap();
    }
    assert!(apps.delete_app(&case.app).await.unwrap());
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    assert_conflict(apps.create_notifier(&case.app, &notifier("three", Vendor::Fcm, case.at(1))).await);
}

async fn the_name_of_a_deleted_app_is_used_up(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    apps.delete_app(&case.app).await.unwrap();
    let anew = App { token_key_id: "other".into(), ..app(&case.app, case.at(1)) };
    assert_conflict(apps.create_app(&anew).await);
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn deleting_an_unknown_app_says_so(apps: &dyn AppStore, case: &Case) {
    assert!(!apps.delete_app(&case.app).await.unwrap());
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    assert!(apps.delete_app(&case.app).await.unwrap());
    assert!(!apps.delete_app(&case.app).await.unwrap());
}

async fn apps_are_apart(apps: &dyn AppStore, case: &Case) {
    let keys = [case.app.clone(), case.elsewhere.clone(), app_key(&format!("{}-2", case.app))];
    for key in &keys {
        apps.create_app(&app(key, case.at(0))).await.unwrap();
    }
    apps.create_notifier(&case.app, &notifier("one", Vendor::Fcm, case.at(0))).await.unwrap();
    for other in &keys[1..] {
        assert_eq!(apps.app(other).await.unwrap().unwrap().notifiers.len(), 0);
    }
    apps.delete_app(&case.elsewhere).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().notifiers.len(), 1);
    assert!(apps.app(&keys[2]).await.unwrap().is_some());
}

pub(super) fn assert_conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Conflict)), "a conflict was expected, not {result:?}");
}
