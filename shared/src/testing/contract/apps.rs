//! Apps.

use futures::future::join;

use super::{AppStore, Case, run::suite};
use crate::{
    domain::{
        app::{App, MultiDevicePolicy, Settings},
        template::Template,
        vendor::Vendor,
    },
    ports::{apps::AppConfig, error::StoreError},
    testing::sample::{app, app_key, notifier, template},
};

suite! { "apps" on dyn AppStore:
    a_created_app_is_read_as_it_was,
    an_app_is_created_once,
    settings_change_where_they_still_are_what_was_seen,
    of_two_that_create_an_app_at_once_one_does,
    a_new_era_is_stored_with_the_settings,
    a_template_is_created_once_and_replaced,
    a_template_is_removed_once,
    a_deleted_app_is_gone_with_its_notifiers_and_templates,
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
    apps.change_settings(&changed, &created).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, changed);
    assert_conflict(apps.change_settings(&created, &created).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, changed);
    apps.delete_app(&case.app).await.unwrap();
    assert_conflict(apps.change_settings(&created, &changed).await);
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn a_new_era_is_stored_with_the_settings(apps: &dyn AppStore, case: &Case) {
    let on = Settings { advanced_push: true, ..Settings::default() };
    let created = App { settings: on, ..app(&case.app, case.at(0)) };
    apps.create_app(&created).await.unwrap();
    let off = App { settings: Settings::default(), advanced_era: 1, ..created.clone() };
    apps.change_settings(&off, &created).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, off);
    let on_again = App { advanced_era: 1, ..created.clone() };
    apps.change_settings(&on_again, &off).await.unwrap();
    // The settings are as they were, but off and on again lie between.
    assert_conflict(apps.change_settings(&off, &created).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, on_again);
}

async fn a_template_is_created_once_and_replaced(apps: &dyn AppStore, case: &Case) {
    let first = template("mine", "{$fromNickname} #1", case.at(0));
    assert_conflict(apps.create_template(&case.app, &first).await);
    assert_conflict(apps.put_template(&case.app, &first).await);
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    apps.create_notifier(&case.app, &notifier("mine", Vendor::Fcm, case.at(0))).await.unwrap();
    apps.create_template(&case.app, &first).await.unwrap();
    let second = Template { updated_at: case.at(1), ..template("mine", "another", case.at(0)) };
    assert_conflict(apps.create_template(&case.app, &second).await);
    assert_eq!(templates(apps, case).await, [first]);
    let other = template("Mine", "t", case.at(2));
    apps.put_template(&case.app, &second).await.unwrap();
    apps.put_template(&case.app, &other).await.unwrap();
    assert_eq!(templates(apps, case).await, [other, second]);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().notifiers.len(), 1);
}

async fn a_template_is_removed_once(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    let (one, two) = (template("one", "t", case.at(0)), template("two", "t", case.at(0)));
    for template in [&one, &two] {
        apps.create_template(&case.app, template).await.unwrap();
    }
    assert!(apps.delete_template(&case.app, &one.name).await.unwrap());
    assert!(!apps.delete_template(&case.app, &one.name).await.unwrap());
    assert_eq!(templates(apps, case).await, [two]);
}

/// The app's templates by name.
async fn templates(apps: &dyn AppStore, case: &Case) -> Vec<Template> {
    let mut templates: Vec<Template> = apps.app(&case.app).await.unwrap().unwrap().templates.into_values().collect();
    templates.sort_by(|a, b| a.name.cmp(&b.name));
    templates
}

async fn of_two_that_create_an_app_at_once_one_does(apps: &dyn AppStore, case: &Case) {
    let one = app(&case.app, case.at(0));
    let other = App { client_id: "other".into(), ..one.clone() };
    let (first, second) = join(apps.create_app(&one), apps.create_app(&other)).await;
    let created = if first.is_ok() { &one } else { &other };
    assert_ne!(first.is_ok(), second.is_ok());
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, *created);
}

async fn a_deleted_app_is_gone_with_its_notifiers_and_templates(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    for name in ["one", "two", "app", "notifier#one"] {
        apps.create_notifier(&case.app, &notifier(name, Vendor::Fcm, case.at(0))).await.unwrap();
    }
    apps.create_template(&case.app, &template("one", "t", case.at(0))).await.unwrap();
    assert!(apps.delete_app(&case.app).await.unwrap());
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    assert_conflict(apps.create_template(&case.app, &template("two", "t", case.at(1))).await);
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
