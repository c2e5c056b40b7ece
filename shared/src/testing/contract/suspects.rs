//! Suspect device tokens.

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::{
        binding::{DeviceToken, SUSPECT_RETENTION},
        id::AppKey,
        time::Timestamp,
    },
    testing::sample::notifier_name,
};

suite! { "suspects" on dyn RuntimeStore:
    a_token_is_no_suspect_before_it_is_made_one,
    a_suspect_is_one_since_it_was_last_made_one,
    a_suspicion_is_forgotten_after_a_day,
    suspects_of_apps_notifiers_and_tokens_are_apart,
}

async fn a_token_is_no_suspect_before_it_is_made_one(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(suspect(runtime, &case.app, "fcm", "t1", case.at(1)).await, None);
}

async fn a_suspect_is_one_since_it_was_last_made_one(runtime: &dyn RuntimeStore, case: &Case) {
    suspect(runtime, &case.app, "fcm", "t1", case.at(1)).await;
    assert_eq!(suspect(runtime, &case.app, "fcm", "t1", case.at(7)).await, Some(case.at(1)));
    assert_eq!(suspect(runtime, &case.app, "fcm", "t1", case.at(9)).await, Some(case.at(7)));
}

async fn a_suspicion_is_forgotten_after_a_day(runtime: &dyn RuntimeStore, case: &Case) {
    suspect(runtime, &case.app, "fcm", "t1", case.at(1)).await;
    let later = case.at(1).plus(SUSPECT_RETENTION);
    assert_eq!(suspect(runtime, &case.app, "fcm", "t1", later).await, None);
    assert_eq!(suspect(runtime, &case.app, "fcm", "t1", later).await, Some(later));
}

async fn suspects_of_apps_notifiers_and_tokens_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    suspect(runtime, &case.app, "fcm", "t1", case.at(1)).await;
    assert_eq!(suspect(runtime, &case.elsewhere, "fcm", "t1", case.at(2)).await, None);
    assert_eq!(suspect(runtime, &case.app, "fcm#2", "t1", case.at(2)).await, None);
    assert_eq!(suspect(runtime, &case.app, "fcm", "t2", case.at(2)).await, None);
}

async fn suspect(
    runtime: &dyn RuntimeStore,
    app: &AppKey,
    notifier: &str,
    token: &str,
    at: Timestamp,
) -> Option<Timestamp> {
    runtime.suspect(app, &notifier_name(notifier), &DeviceToken::parse(token).unwrap(), at).await.unwrap()
}
