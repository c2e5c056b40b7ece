//! Apps.

use std::time::Duration;

use futures::future::join;
use serde_json::json;

use super::{AppStore, Case, run::suite};
use crate::{
    domain::{
        app::{App, MultiDevicePolicy, Settings, TokenKey},
        callback::{Callback, CallbackOff},
        template::Template,
        vendor::Vendor,
    },
    ports::{
        apps::{AppConfig, HeldName, Remains},
        error::StoreError,
    },
    testing::sample::{app, app_key, notifier, notifier_name, template},
};

suite! { "apps" on dyn AppStore:
    a_created_app_is_read_as_it_was,
    an_app_is_created_once,
    an_app_that_an_earlier_try_created_is_ones_own,
    an_app_changes_only_from_the_version_that_was_read,
    a_change_that_an_earlier_try_made_is_ones_own,
    of_two_that_change_an_app_at_once_one_does,
    secrets_and_keys_are_read_as_they_were_set_and_go_again,
    settings_of_a_newer_version_are_kept,
    that_an_app_has_connections_is_noted_for_good_and_changes_nothing_else,
    a_callback_is_switched_off_for_its_setting_and_nothing_else_changes,
    of_two_that_create_an_app_at_once_one_does,
    a_template_is_created_once_and_replaced,
    a_template_is_removed_once,
    a_deleted_app_is_gone_with_its_notifiers_and_templates,
    the_name_of_a_deleted_app_is_held_until_it_is_freed,
    a_deletion_remembers_which_notifiers_there_were,
    that_a_deleted_app_was_swept_is_remembered_for_that_deletion_alone,
    deleting_an_app_again_says_since_when,
    apps_are_apart,
}

async fn a_created_app_is_read_as_it_was(apps: &dyn AppStore, case: &Case) {
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    assert_eq!(apps.app_alone(&case.app).await.unwrap(), None);
    let settings = Settings {
        multi_device_policy: MultiDevicePolicy::AnyOffline,
        max_bindings: 100,
        presence_lease_seconds: 5,
        ..Settings::default()
    };
    let created = App { settings, ..app(&case.app, case.at(0)) };
    apps.create_app(&created).await.unwrap();
    assert_eq!(apps.app_alone(&case.app).await.unwrap().as_ref(), Some(&created));
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

async fn an_app_that_an_earlier_try_created_is_ones_own(apps: &dyn AppStore, case: &Case) {
    let created = app(&case.app, case.at(0));
    apps.create_app(&created).await.unwrap();
    // The answer was lost.
    apps.create_app(&created).await.unwrap();
    let same_id = App { client_secret_sha256: "1".repeat(64), ..created.clone() };
    assert_conflict(apps.create_app(&same_id).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, created);
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    assert_conflict(apps.create_app(&created).await);
}

async fn an_app_changes_only_from_the_version_that_was_read(apps: &dyn AppStore, case: &Case) {
    let created = app(&case.app, case.at(0));
    apps.create_app(&created).await.unwrap();
    let wanted = App { settings: Settings { max_bindings: 3, ..Settings::default() }, ..created.clone() };
    apps.change_app(&wanted).await.unwrap();
    let changed = App { version: 1, ..wanted };
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, changed);
    assert_conflict(apps.change_app(&created).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, changed);
    // The app is as it was, but two changes lie between.
    apps.change_app(&App { version: 1, ..created.clone() }).await.unwrap();
    assert_conflict(apps.change_app(&App { settings: changed.settings.clone(), ..created.clone() }).await);
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, App { version: 2, ..created.clone() });
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    for version in [0, 1, 2] {
        assert_conflict(apps.change_app(&App { version, ..created.clone() }).await);
    }
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn a_change_that_an_earlier_try_made_is_ones_own(apps: &dyn AppStore, case: &Case) {
    let created = app(&case.app, case.at(0));
    apps.create_app(&created).await.unwrap();
    let mut wanted = created;
    for version in 0..3 {
        wanted = App { version, client_secret_sha256: format!("{version}").repeat(64), ..wanted };
        apps.change_app(&wanted).await.unwrap();
        // The answer was lost.
        apps.change_app(&wanted).await.unwrap();
        assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, App { version: version + 1, ..wanted.clone() });
    }
}

async fn of_two_that_change_an_app_at_once_one_does(apps: &dyn AppStore, case: &Case) {
    for round in 0..6 {
        let case = case.part(round);
        let created = app(&case.app, case.at(0));
        apps.create_app(&created).await.unwrap();
        let [one, other] = ["1", "2"].map(|digit| App { client_secret_sha256: digit.repeat(64), ..created.clone() });
        let (first, second) = join(apps.change_app(&one), apps.change_app(&other)).await;
        assert_ne!(first.is_ok(), second.is_ok());
        let stored = if first.is_ok() { one } else { other };
        assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, App { version: 1, ..stored });
    }
}

async fn secrets_and_keys_are_read_as_they_were_set_and_go_again(apps: &dyn AppStore, case: &Case) {
    let created = app(&case.app, case.at(0));
    apps.create_app(&created).await.unwrap();
    let mut both = created;
    both.replace_secret("1".repeat(64), Duration::from_secs(60), case.at(1));
    both.replace_secret("2".repeat(64), Duration::from_secs(60), case.at(2));
    both.add_token_key(TokenKey { id: "second".into(), public_key: "another".into() });
    assert!(both.previous_secrets.len() == 2 && both.previous_token_key.is_some());
    apps.change_app(&both).await.unwrap();
    let stored = apps.app(&case.app).await.unwrap().unwrap().app;
    assert_eq!(stored, App { version: 1, ..both });
    let mut one = stored;
    one.replace_secret("3".repeat(64), Duration::ZERO, case.at(2));
    one.revoke_tokens(TokenKey { id: "third".into(), public_key: "a third".into() });
    one.revoke_support_tokens();
    assert!(one.previous_secrets.is_empty() && one.previous_token_key.is_none() && one.support_era == 1);
    apps.change_app(&one).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, App { version: 2, ..one });
}

async fn that_an_app_has_connections_is_noted_for_good_and_changes_nothing_else(apps: &dyn AppStore, case: &Case) {
    apps.note_connections(&case.app).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap(), None, "there is no such app");
    let created = app(&case.app, case.at(0));
    apps.create_app(&created).await.unwrap();
    for _ in 0..2 {
        apps.note_connections(&case.app).await.unwrap();
        let stored = apps.app(&case.app).await.unwrap().unwrap().app;
        assert_eq!(stored, App { has_connections: true, ..created.clone() });
    }
    // A caller that read the app before can still change it, and the note stays.
    let changed = App { client_secret_sha256: "1".repeat(64), ..created };
    apps.change_app(&changed).await.unwrap();
    let stored = apps.app_alone(&case.app).await.unwrap().unwrap();
    assert_eq!(stored, App { version: 1, has_connections: true, ..changed });
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    apps.note_connections(&case.app).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn a_callback_is_switched_off_for_its_setting_and_nothing_else_changes(apps: &dyn AppStore, case: &Case) {
    apps.switch_off_callback(&case.app, case.at(0), case.at(1)).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap(), None, "there is no such app");
    let callback = Callback {
        url: "https://push.example.com/".into(),
        secret: "c2VhbGVk".into(),
        previous_secret: None,
        events: Some(vec!["push".into()]),
        fingerprint: "f00d".into(),
        set_at: case.at(0),
        unknown: serde_json::Map::new(),
    };
    let settings = Settings { callback: Some(callback.clone()), ..Settings::default() };
    let created = App { settings, ..app(&case.app, case.at(0)) };
    apps.create_app(&created).await.unwrap();
    assert_eq!(apps.app_alone(&case.app).await.unwrap().unwrap().callback(), Some(&callback));
    apps.switch_off_callback(&case.app, case.at(0), case.at(1)).await.unwrap();
    let off = CallbackOff { set_at: case.at(0), at: case.at(1) };
    let stored = apps.app(&case.app).await.unwrap().unwrap().app;
    assert_eq!(stored, App { callback_off: Some(off), ..created.clone() });
    assert_eq!((stored.callback(), stored.callback_switched_off()), (None, Some(off)));
    // A caller that read the app before can still change it, and a new setting is on.
    let mut changed = created;
    changed.settings.callback = Some(Callback { set_at: case.at(2), ..callback });
    apps.change_app(&changed).await.unwrap();
    let stored = apps.app_alone(&case.app).await.unwrap().unwrap();
    assert_eq!(stored.callback(), changed.settings.callback.as_ref());
    apps.delete_app(&case.app, case.at(3)).await.unwrap();
    apps.switch_off_callback(&case.app, case.at(2), case.at(3)).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
}

async fn settings_of_a_newer_version_are_kept(apps: &dyn AppStore, case: &Case) {
    let mut settings = Settings::default();
    settings.unknown.insert("of_tomorrow".into(), json!({"a": [1, null]}));
    let created = App { settings, ..app(&case.app, case.at(0)) };
    apps.create_app(&created).await.unwrap();
    let mut stored = apps.app(&case.app).await.unwrap().unwrap().app;
    assert_eq!(stored, created);
    stored.settings.max_bindings = 3;
    apps.change_app(&stored).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app.settings, stored.settings);
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

/// Returns the app's templates by name.
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
    assert_eq!(apps.delete_app(&case.app, case.at(1)).await.unwrap(), Some(case.at(1)));
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    assert_eq!(apps.app_alone(&case.app).await.unwrap(), None);
    assert_conflict(apps.create_template(&case.app, &template("two", "t", case.at(1))).await);
    assert_conflict(apps.create_notifier(&case.app, &notifier("three", Vendor::Fcm, case.at(1))).await);
}

async fn the_name_of_a_deleted_app_is_held_until_it_is_freed(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    assert_eq!(apps.held_name(&case.app).await.unwrap(), None);
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    let anew = App { client_id: "other".into(), ..app(&case.app, case.at(9)) };
    assert_conflict(apps.create_app(&anew).await);
    assert_eq!(apps.app(&case.app).await.unwrap(), None);
    assert_eq!(apps.held_name(&case.app).await.unwrap(), Some(HeldName::Deleting(case.at(1))));
    assert!(apps.free_name(&case.app, case.at(1)).await.unwrap());
    assert_eq!(apps.held_name(&case.app).await.unwrap(), None);
    assert_eq!(apps.remains(&case.app, case.at(1)).await.unwrap(), None);
    apps.create_app(&anew).await.unwrap();
    // A redelivered record of the deleted app does not change the new one.
    apps.free_name(&case.app, case.at(1)).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app, anew);
}

async fn a_deletion_remembers_which_notifiers_there_were(apps: &dyn AppStore, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    for name in ["one", "two#"] {
        apps.create_notifier(&case.app, &notifier(name, Vendor::Fcm, case.at(0))).await.unwrap();
    }
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    let mut remains = apps.remains(&case.app, case.at(1)).await.unwrap().unwrap();
    remains.notifiers.sort();
    let notifiers = ["one", "two#"].map(notifier_name).into();
    assert_eq!(remains, Remains { created_at: Some(case.at(0)), notifiers, swept: false });
    assert_eq!(apps.remains(&case.app, case.at(0)).await.unwrap(), None);
}

async fn that_a_deleted_app_was_swept_is_remembered_for_that_deletion_alone(apps: &dyn AppStore, case: &Case) {
    let swept = async |second: u64| apps.remains(&case.app, case.at(second)).await.unwrap().map(|it| it.swept);
    for second in [1, 3] {
        apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
        apps.delete_app(&case.app, case.at(second)).await.unwrap();
        // A record of another deletion does not affect this one.
        apps.note_swept(&case.app, case.at(second - 1)).await.unwrap();
        assert_eq!(swept(second).await, Some(false));
        for _ in 0..2 {
            apps.note_swept(&case.app, case.at(second)).await.unwrap();
            assert_eq!(swept(second).await, Some(true));
        }
        assert_eq!(apps.delete_app(&case.app, case.at(9)).await.unwrap(), Some(case.at(second)));
        assert!(apps.free_name(&case.app, case.at(second)).await.unwrap());
        apps.note_swept(&case.app, case.at(second)).await.unwrap();
        assert_eq!((swept(second).await, apps.held_name(&case.app).await.unwrap()), (None, None));
    }
}

async fn deleting_an_app_again_says_since_when(apps: &dyn AppStore, case: &Case) {
    assert_eq!(apps.delete_app(&case.app, case.at(1)).await.unwrap(), None);
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    for second in [2, 3] {
        assert_eq!(apps.delete_app(&case.app, case.at(second)).await.unwrap(), Some(case.at(2)));
    }
    apps.free_name(&case.app, case.at(2)).await.unwrap();
    assert_eq!(apps.delete_app(&case.app, case.at(4)).await.unwrap(), None);
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
    apps.delete_app(&case.elsewhere, case.at(1)).await.unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().notifiers.len(), 1);
    assert!(apps.app(&keys[2]).await.unwrap().is_some());
}

pub(super) fn assert_conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Conflict)), "a conflict was expected, not {result:?}");
}
