//! The directory of apps. Other cases use the same tables, so a case reads only from its first app to its last.

use serde_json::json;

use super::{AppStore, Case, apps::assert_conflict, run::suite};
use crate::{
    domain::{
        app::App,
        id::AppKey,
        notifier::{Notifier, NotifierState, NotifierSummary},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        app_directory::{AppSummary, ListedApp},
        apps::HeldName,
    },
    testing::sample::{app, app_key, notifier, object, template},
};

suite! { "directory of apps" on dyn AppStore:
    a_created_app_is_listed_by_name,
    an_app_whose_creation_is_refused_is_not_listed,
    pages_follow_each_other,
    a_deleted_app_is_listed_until_its_name_is_free,
    an_app_whose_users_may_be_left_is_listed_as_held_until_it_is_deleted_again,
    an_app_of_the_same_name_is_listed_with_its_own_creation,
    a_late_record_of_a_deletion_takes_nothing_off_the_list,
    a_summary_has_the_notifiers_and_no_templates,
    a_summary_is_of_one_app,
}

/// Returns an app key with this suffix. All apps of a case are adjacent.
fn named(case: &Case, end: &str) -> AppKey {
    app_key(&format!("{}-{end}", case.app))
}

/// Returns the summary of an app without notifiers.
fn empty(created_at: Timestamp) -> AppSummary {
    AppSummary::Active { created_at, notifiers: Vec::new() }
}

/// Returns the listed apps from the case's own one on.
async fn listed(apps: &dyn AppStore, case: &Case, max: usize) -> Vec<AppKey> {
    let found = apps.listed_apps(Some(&case.app), max).await.unwrap();
    let own = found.into_iter().filter(|one| one.key.as_str().starts_with(&format!("{}-", case.app)));
    own.map(|one| one.key).collect()
}

async fn a_created_app_is_listed_by_name(apps: &dyn AppStore, case: &Case) {
    assert_eq!(listed(apps, case, 100).await, []);
    let names = ["b", "a_", "a", "a-b", "a0"].map(|end| named(case, end));
    for (second, name) in (0..).zip(&names) {
        apps.create_app(&app(name, case.at(second))).await.unwrap();
        // The answer was lost.
        apps.create_app(&app(name, case.at(second))).await.unwrap();
    }
    assert_eq!(listed(apps, case, 100).await, ["a", "a-b", "a0", "a_", "b"].map(|end| named(case, end)));
    let first = apps.listed_apps(Some(&case.app), 1).await.unwrap();
    assert_eq!(first, [ListedApp { key: named(case, "a"), created_at: case.at(2) }]);
}

async fn an_app_whose_creation_is_refused_is_not_listed(apps: &dyn AppStore, case: &Case) {
    let first = app(&named(case, "a"), case.at(0));
    apps.create_app(&first).await.unwrap();
    assert_conflict(apps.create_app(&App { client_id: "other".into(), created_at: case.at(9), ..first }).await);
    let found = apps.listed_apps(Some(&case.app), 1).await.unwrap();
    assert_eq!(found, [ListedApp { key: named(case, "a"), created_at: case.at(0) }]);
}

async fn pages_follow_each_other(apps: &dyn AppStore, case: &Case) {
    let names: Vec<AppKey> = (10..17).map(|number| named(case, &number.to_string())).collect();
    for name in &names {
        apps.create_app(&app(name, case.at(0))).await.unwrap();
    }
    let mut after = case.app.clone();
    for page in names.chunks(3) {
        let found = apps.listed_apps(Some(&after), page.len()).await.unwrap();
        assert_eq!(found.into_iter().map(|one| one.key).collect::<Vec<_>>(), page);
        after = page.last().unwrap().clone();
    }
}

async fn a_deleted_app_is_listed_until_its_name_is_free(apps: &dyn AppStore, case: &Case) {
    let names = ["a", "b"].map(|end| named(case, end));
    for name in &names {
        apps.create_app(&app(name, case.at(0))).await.unwrap();
    }
    assert_eq!(apps.app_summary(&names[0]).await.unwrap(), Some(empty(case.at(0))));
    apps.delete_app(&names[0], case.at(1)).await.unwrap();
    assert_eq!(listed(apps, case, 100).await, names);
    assert_eq!(apps.app_summary(&names[0]).await.unwrap(), Some(AppSummary::Deleting));
    assert!(apps.free_name(&names[0], case.at(1)).await.unwrap());
    assert_eq!(listed(apps, case, 100).await, names[1..]);
    assert_eq!(apps.app_summary(&names[0]).await.unwrap(), None);
}

async fn an_app_whose_users_may_be_left_is_listed_as_held_until_it_is_deleted_again(apps: &dyn AppStore, case: &Case) {
    let name = named(case, "a");
    apps.create_app(&app(&name, case.at(0))).await.unwrap();
    apps.set_users_listed(&name, false).await;
    apps.delete_app(&name, case.at(1)).await.unwrap();
    assert!(!apps.free_name(&name, case.at(1)).await.unwrap());
    assert_eq!(apps.app_summary(&name).await.unwrap(), Some(AppSummary::Held));
    assert_eq!(apps.held_name(&name).await.unwrap(), Some(HeldName::Buried));
    assert_conflict(apps.create_app(&App { client_id: "other".into(), ..app(&name, case.at(2)) }).await);
    assert_eq!(listed(apps, case, 100).await, [name.clone()]);

    apps.set_users_listed(&name, true).await;
    assert_eq!(apps.app_summary(&name).await.unwrap(), Some(AppSummary::Held));
    assert_eq!(apps.delete_app(&name, case.at(3)).await.unwrap(), Some(case.at(3)));
    assert_eq!(apps.app_summary(&name).await.unwrap(), Some(AppSummary::Deleting));
    assert!(apps.free_name(&name, case.at(3)).await.unwrap());
    assert_eq!(listed(apps, case, 100).await, []);
}

async fn an_app_of_the_same_name_is_listed_with_its_own_creation(apps: &dyn AppStore, case: &Case) {
    let name = named(case, "a");
    for second in [0, 5] {
        apps.create_app(&app(&name, case.at(second))).await.unwrap();
        let found = apps.listed_apps(Some(&case.app), 1).await.unwrap();
        assert_eq!(found, [ListedApp { key: name.clone(), created_at: case.at(second) }]);
        apps.delete_app(&name, case.at(second + 1)).await.unwrap();
        assert!(apps.free_name(&name, case.at(second + 1)).await.unwrap());
    }
}

async fn a_late_record_of_a_deletion_takes_nothing_off_the_list(apps: &dyn AppStore, case: &Case) {
    let name = named(case, "a");
    apps.create_app(&app(&name, case.at(0))).await.unwrap();
    apps.delete_app(&name, case.at(1)).await.unwrap();
    assert!(apps.free_name(&name, case.at(1)).await.unwrap());
    apps.create_app(&app(&name, case.at(2))).await.unwrap();
    apps.free_name(&name, case.at(1)).await.unwrap();
    assert_eq!(listed(apps, case, 100).await, [name]);
}

async fn a_summary_has_the_notifiers_and_no_templates(apps: &dyn AppStore, case: &Case) {
    assert_eq!(apps.app_summary(&case.app).await.unwrap(), None);
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    let refused = Notifier {
        state: NotifierState::Disabled,
        state_reason: Some("invalid_grant".into()),
        options: object(json!({ "category": "IM" })),
        credential_expires_at: Some(case.at(7)),
        credential_facts: Some(object(json!({ "im_category_granted": true }))),
        ..notifier("104410638", Vendor::Huawei, case.at(1))
    };
    // The greatest name still sorts before the templates.
    let notifiers =
        [refused, notifier("\u{10ffff}", Vendor::Fcm, case.at(0)), notifier("app", Vendor::Fcm, case.at(0))];
    for one in &notifiers {
        apps.create_notifier(&case.app, one).await.unwrap();
    }
    apps.create_template(&case.app, &template("one", "t", case.at(0))).await.unwrap();
    let Some(AppSummary::Active { notifiers: mut found, .. }) = apps.app_summary(&case.app).await.unwrap() else {
        panic!("the app is there");
    };
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let mut expected = notifiers.each_ref().map(NotifierSummary::from);
    expected.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(found, expected);
}

async fn a_summary_is_of_one_app(apps: &dyn AppStore, case: &Case) {
    for name in [&case.app, &named(case, "a")] {
        apps.create_app(&app(name, case.at(0))).await.unwrap();
    }
    apps.create_notifier(&named(case, "a"), &notifier("one", Vendor::Fcm, case.at(0))).await.unwrap();
    assert_eq!(apps.app_summary(&case.app).await.unwrap(), Some(empty(case.at(0))));
}
