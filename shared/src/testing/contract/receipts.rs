//! Receipts of pushes, beside what was recorded before.

use std::time::Duration;

use futures::future::join_all;

use super::{
    Case, Messages,
    messages::{read, receiver, store, stored},
    outcomes::{outcome, push},
    run::suite,
};
use crate::{
    domain::{
        message::OFFLINE_RETENTION,
        receipt::{DeviceReceipt, Event},
    },
    testing::sample::{content, device, notifier_name},
};

suite! { "receipts" on Messages:
    receipts_add_up_and_the_first_of_each_stays,
    equal_receipts_that_race_are_new_once,
    a_receipt_for_what_is_not_stored_or_expired_changes_nothing,
    a_receipt_for_a_message_that_is_not_accepted_yet_changes_nothing,
    what_is_recorded_for_a_message_that_is_not_stored_is_not_read,
}

async fn receipts_add_up_and_the_first_of_each_stays(messages: &Messages, case: &Case) {
    let to = receiver(case, "ann");
    store(messages, case, &content("hello", case.at(0)), &[to.clone()]).await;
    let first = receipt(case, "phone", Event::Delivered, 1);
    let others = [receipt(case, "phone", Event::Clicked, 2), receipt(case, "tab#let", Event::Delivered, 3)];
    let mut are_first = Vec::new();
    for one in [&first, &others[0], &others[1], &receipt(case, "phone", Event::Delivered, 9)] {
        are_first.push(messages.store.record_receipt(&case.app, &to, one, case.at(10)).await.unwrap());
    }
    assert_eq!(are_first, [true, true, true, false]);
    let [clicked, other] = others;
    assert_eq!(read(messages, case, &to).await.unwrap().receipts, [first, clicked, other]);
}

async fn equal_receipts_that_race_are_new_once(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let all: Vec<DeviceReceipt> = (0..8).map(|second| receipt(case, "phone", Event::Clicked, second)).collect();
    let now = case.at(10);
    let records = all.iter().map(|one| messages.store.record_receipt(&case.app, &to, one, now));
    let new = join_all(records).await.into_iter().filter(|recorded| *recorded.as_ref().unwrap()).count();
    assert_eq!((new, read(messages, case, &to).await.unwrap().receipts.len()), (1, 1));
}

async fn a_receipt_for_what_is_not_stored_or_expired_changes_nothing(messages: &Messages, case: &Case) {
    let (to, unknown) = (receiver(case, "ann"), receiver(case, "bob"));
    store(messages, case, &content("hello", case.at(0)), &[to.clone()]).await;
    let one = receipt(case, "phone", Event::Delivered, 1);
    messages.store.record_receipt(&case.app, &unknown, &one, case.at(1)).await.unwrap();
    let late = case.at(OFFLINE_RETENTION.as_secs() + 1);
    assert!(!messages.store.record_receipt(&case.app, &to, &one, late).await.unwrap());
    assert_eq!(read(messages, case, &unknown).await, None);
    assert_eq!(read(messages, case, &to).await.unwrap().receipts, []);
}

async fn a_receipt_for_a_message_that_is_not_accepted_yet_changes_nothing(messages: &Messages, case: &Case) {
    let to = stored(messages, case, "ann").await;
    let one = receipt(case, "phone", Event::Delivered, 1);
    // Clocks may be ten minutes apart.
    for (before, is_recorded) in [(600_001, false), (600_000, true)] {
        let now = to.msg_id.accepted_at().minus(Duration::from_millis(before));
        assert_eq!(messages.store.record_receipt(&case.app, &to, &one, now).await.unwrap(), is_recorded);
        assert_eq!(read(messages, case, &to).await.unwrap().receipts.len(), usize::from(is_recorded));
    }
}

async fn what_is_recorded_for_a_message_that_is_not_stored_is_not_read(messages: &Messages, case: &Case) {
    let to = receiver(case, "ann");
    messages.store.record_decision(&case.app, &to, &push()).await.unwrap();
    messages.store.record_outcomes(&case.app, &to, &(&push()).into(), &[outcome("phone", "fcm", case)]).await.unwrap();
    messages
        .store
        .record_receipt(&case.app, &to, &receipt(case, "phone", Event::Clicked, 2), case.at(3))
        .await
        .unwrap();
    assert_eq!(read(messages, case, &to).await, None);
}

// ---- steps ----

fn receipt(case: &Case, of: &str, event: Event, second: u64) -> DeviceReceipt {
    let (device_id, notifier) = (device(of), notifier_name("one"));
    DeviceReceipt {
        device_id,
        notifier,
        event,
        code: "0".into(),
        vendor_message_id: Some("v".into()),
        at: case.at(second),
    }
}
