//! Messages to groups.

use std::{collections::HashSet, time::Duration};

use super::{Case, Messages, run::suite};
use crate::{
    domain::{
        attempt::{Attempt, RetryReason},
        decision::{Decision, DeviceDecision, Verdict},
        group::{GroupMessage, GroupPage, GroupRecord, PAGE_MEMBERS},
        id::{GroupId, MessageId, UserId},
        message::{Content, OFFLINE_RETENTION, Receiver},
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        receipt::{DeviceReceipt, Event},
    },
    ports::{
        clock::{Clock, Entropy},
        group_messages::RecordedPage,
        messages::StoredMessage,
    },
    testing::sample::{content, device, notifier_name, user},
};

suite! { "group messages" on Messages:
    a_stored_message_is_read_by_any_member,
    storing_again_changes_nothing,
    each_receiver_of_a_page_finds_its_own_record,
    a_full_page_is_recorded_at_once,
    records_of_a_receiver_add_up,
    a_decision_for_all_holds_for_whoever_has_no_other,
    what_ended_is_known_by_page,
    what_is_recorded_is_known_by_page,
    what_is_recorded_of_a_page_of_an_older_version_is_known_by_that_page,
    only_the_first_write_of_the_same_records_is_new,
    what_is_recorded_is_found_by_message_and_user_alone,
    a_page_with_many_writes_is_found_whole,
    a_decision_for_all_is_found_by_message_alone,
    before_anything_is_recorded_a_message_is_found_by_its_group_alone,
    a_page_of_an_older_version_is_found_with_its_group,
    a_receipt_stands_with_its_receiver,
    pages_messages_groups_and_apps_are_apart,
    an_expired_message_is_not_read,
}

fn group() -> GroupId {
    GroupId::parse("g").unwrap()
}

fn page(number: u32) -> GroupPage {
    let after = (number > 0).then(|| user(&format!("a-member-before-page-{number}")));
    GroupPage { group: group(), page: number, after }
}

fn id(case: &Case) -> MessageId {
    MessageId::of_group(case.at(0), case.entropy.bits())
}

fn sent(case: &Case) -> Content {
    Content { group: Some(group()), ..content("hello", case.at(0)) }
}

async fn store(messages: &Messages, case: &Case, msg_id: MessageId) {
    let message = GroupMessage { group: group(), msg_id, n: 1, users: None, content: sent(case) };
    messages.store.store_for_group(&case.app, &message, &messages.clock).await.unwrap();
}

async fn record(messages: &Messages, case: &Case, number: u32, msg_id: MessageId, records: &[GroupRecord]) {
    messages.store.record_page(&case.app, &page(number), msg_id, records).await.unwrap();
}

async fn read(messages: &Messages, case: &Case, msg_id: MessageId, who: &str) -> Option<StoredMessage> {
    messages.reader.group_message(&case.app, Some(&group()), msg_id, &user(who)).await.unwrap()
}

fn silent(who: &str, reason: Reason) -> GroupRecord {
    let decision = Decision { verdict: Verdict::Skip { reason }, rules: vec![], devices: vec![] };
    GroupRecord { user: user(who), decision: (&decision).into(), outcomes: vec![] }
}

fn pushed(case: &Case, who: &UserId, device_id: &str, notifier: &str) -> GroupRecord {
    let (device_id, notifier) = (device(device_id), notifier_name(notifier));
    let chosen =
        DeviceDecision { device_id: device_id.clone(), notifier: Some(notifier.clone()), verdict: Verdict::Push };
    let outcome = DeviceOutcome {
        device_id,
        notifier,
        at: case.at(1),
        status: PushStatus::Success,
        reason: None,
        detail: None,
        vendor_message_id: Some(format!("id of {who}")),
        attempts: 2,
        earlier: vec![Attempt { number: 1, at: case.at(0), retry_reason: RetryReason::Unclear, detail: None }],
    };
    let decision = Decision { verdict: Verdict::Push, rules: vec![], devices: vec![chosen] };
    GroupRecord { user: who.clone(), decision: (&decision).into(), outcomes: vec![outcome] }
}

async fn a_stored_message_is_read_by_any_member(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    assert_eq!(read(messages, case, msg_id, "ann").await, None);
    store(messages, case, msg_id).await;
    let stored = StoredMessage { content: sent(case), decision: None, outcomes: vec![], receipts: vec![] };
    for who in ["ann", "bob"] {
        assert_eq!(read(messages, case, msg_id, who).await.as_ref(), Some(&stored));
    }
}

async fn storing_again_changes_nothing(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    record(messages, case, 0, msg_id, &[silent("ann", Reason::UserOnline)]).await;
    let before = read(messages, case, msg_id, "ann").await;
    store(messages, case, msg_id).await;
    assert_eq!(read(messages, case, msg_id, "ann").await, before);
    assert!(before.is_some_and(|found| found.decision.is_some()));
}

async fn each_receiver_of_a_page_finds_its_own_record(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let (ann, bob) = (pushed(case, &user("ann"), "d1", "n"), silent("bob", Reason::UserOnline));
    record(messages, case, 0, msg_id, &[ann.clone(), bob.clone()]).await;
    let found = read(messages, case, msg_id, "ann").await.unwrap();
    assert_eq!((found.decision, found.outcomes), (ann.decision.read(), ann.outcomes));
    let found = read(messages, case, msg_id, "bob").await.unwrap();
    assert_eq!((found.decision, found.outcomes), (bob.decision.read(), vec![]));
    assert_eq!(read(messages, case, msg_id, "cat").await.unwrap().decision, None);
}

async fn a_full_page_is_recorded_at_once(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let long = |number: usize| {
        // ids without a pattern that compression could use
        let device = format!("{:032x}{:032x}", case.entropy.bits(), case.entropy.bits());
        pushed(case, &user(&format!("u{number}")), &device, "n")
    };
    let records: Vec<GroupRecord> = (0..PAGE_MEMBERS).map(long).collect();
    record(messages, case, 0, msg_id, &records).await;
    let last = records.last().unwrap();
    let found = read(messages, case, msg_id, last.user.as_str()).await.unwrap();
    assert_eq!(found.outcomes, last.outcomes);
    assert_eq!(messages.store.ended_of_page(&case.app, &page(0), msg_id).await.unwrap().len(), PAGE_MEMBERS);
}

async fn records_of_a_receiver_add_up(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let ann = user("ann");
    let (first, second) = (pushed(case, &ann, "d1", "n"), pushed(case, &ann, "d2", "n"));
    for records in [&[silent("ann", Reason::UserOnline)], &[first.clone()], &[second.clone()], &[first.clone()]] {
        record(messages, case, 0, msg_id, records).await;
    }
    let found = read(messages, case, msg_id, "ann").await.unwrap();
    assert_eq!(found.decision.unwrap().verdict, Verdict::Push);
    assert_eq!(found.outcomes, [first.outcomes, second.outcomes].concat());
}

async fn a_decision_for_all_holds_for_whoever_has_no_other(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let (ann, all) = (silent("ann", Reason::UserOnline), silent("x", Reason::ExpireMessage).decision);
    record(messages, case, 0, msg_id, &[ann.clone()]).await;
    for is_first in [true, false] {
        let recorded = messages.store.record_for_all(&case.app, &group(), msg_id, &all.read().unwrap()).await;
        assert_eq!(recorded.unwrap(), is_first);
    }
    assert_eq!(read(messages, case, msg_id, "ann").await.unwrap().decision, ann.decision.read());
    assert_eq!(read(messages, case, msg_id, "bob").await.unwrap().decision, all.read());
}

async fn what_ended_is_known_by_page(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    let (ann, bob) = (pushed(case, &user("ann"), "d1", "n1"), pushed(case, &user("bob"), "d1", "n2"));
    record(messages, case, 1, msg_id, &[ann, silent("cat", Reason::UserOnline)]).await;
    record(messages, case, 10, msg_id, &[bob]).await;
    let ended = async |number| messages.store.ended_of_page(&case.app, &page(number), msg_id).await.unwrap();
    assert_eq!(ended(0).await, []);
    assert_eq!(ended(1).await, [(user("ann"), device("d1"), notifier_name("n1"))]);
    assert_eq!(ended(10).await, [(user("bob"), device("d1"), notifier_name("n2"))]);
}

async fn what_is_recorded_is_known_by_page(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    let recorded = async |number| messages.store.recorded_of_page(&case.app, &page(number), msg_id).await.unwrap();
    assert_eq!(recorded(1).await, RecordedPage::default());
    let (ann, cat) = (pushed(case, &user("ann"), "d1", "n1"), silent("cat", Reason::UserOnline));
    record(messages, case, 1, msg_id, &[ann, cat]).await;
    record(messages, case, 10, msg_id, &[silent("dan", Reason::UserOnline)]).await;
    let first = RecordedPage {
        for_all: false,
        users: HashSet::from([user("ann"), user("cat")]),
        ended: HashSet::from([(user("ann"), device("d1"), notifier_name("n1"))]),
    };
    assert_eq!(recorded(1).await, first);
    let all = silent("x", Reason::LargeGroup).decision.read().unwrap();
    messages.store.record_for_all(&case.app, &group(), msg_id, &all).await.unwrap();
    assert_eq!(recorded(1).await, RecordedPage { for_all: true, ..first });
    assert_eq!(recorded(0).await, RecordedPage { for_all: true, ..RecordedPage::default() });
    record(messages, case, 0, msg_id, &[silent("abe", Reason::UserOnline)]).await;
    let of_first = RecordedPage { for_all: true, users: HashSet::from([user("abe")]), ended: HashSet::new() };
    assert_eq!(recorded(0).await, of_first);
}

async fn what_is_recorded_of_a_page_of_an_older_version_is_known_by_that_page(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    let (older, placed) = (GroupPage { after: None, ..page(1) }, page(1));
    let bob = silent("bob", Reason::UserOnline);
    messages.store.record_page(&case.app, &older, msg_id, &[bob]).await.unwrap();
    let recorded = async |page| messages.store.recorded_of_page(&case.app, page, msg_id).await.unwrap();
    assert_eq!(recorded(&older).await.users, HashSet::from([user("bob")]));
    assert_eq!(recorded(&placed).await, RecordedPage::default());
    let all = silent("x", Reason::LargeGroup).decision.read().unwrap();
    messages.store.record_for_all(&case.app, &group(), msg_id, &all).await.unwrap();
    assert!(recorded(&older).await.for_all);
}

async fn only_the_first_write_of_the_same_records_is_new(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    let (ann, bob) = (silent("ann", Reason::UserOnline), silent("bob", Reason::UserOnline));
    for (number, records, is_new) in [
        (0, vec![ann.clone()], true),
        (0, vec![ann.clone()], false),
        (0, vec![ann.clone(), bob], true),
        (1, vec![ann], true),
    ] {
        let recorded = messages.store.record_page(&case.app, &page(number), msg_id, &records).await.unwrap();
        assert_eq!(recorded, is_new, "page {number}: {records:?}");
    }
}

async fn alone(messages: &Messages, case: &Case, msg_id: MessageId, who: &str) -> Option<StoredMessage> {
    messages.reader.group_message(&case.app, None, msg_id, &user(who)).await.unwrap()
}

async fn what_is_recorded_is_found_by_message_and_user_alone(messages: &Messages, case: &Case) {
    let (msg_id, other) = (id(case), id(case));
    // ids with the same beginning, on both sides of a page boundary
    let pages: [(Option<&str>, &[&str]); 3] =
        [(None, &["a", "ann"]), (Some("ann"), &["ann-x", "ann.b", "ann0"]), (Some("ann0"), &["ann_", "anna", "zoe"])];
    for id in [msg_id, other] {
        store(messages, case, id).await;
        for (number, (after, users)) in (0..).zip(pages) {
            let page = GroupPage { group: group(), page: number, after: after.map(user) };
            for who in users {
                let records = [pushed(case, &user(who), "d1", "n")];
                messages.store.record_page(&case.app, &page, id, &records).await.unwrap();
            }
        }
    }
    for who in pages.iter().flat_map(|(_, users)| *users) {
        let found = alone(messages, case, msg_id, who).await.unwrap();
        assert_eq!(found.outcomes, pushed(case, &user(who), "d1", "n").outcomes, "{who}");
        assert_eq!(Some(found), read(messages, case, msg_id, who).await);
    }
    let nobody = alone(messages, case, msg_id, "bob").await.unwrap();
    assert_eq!((nobody.content, nobody.decision), (sent(case), None));
    let elsewhere = messages.reader.group_message(&case.elsewhere, None, msg_id, &user("ann")).await;
    assert_eq!(elsewhere.unwrap(), None);
}

async fn a_page_with_many_writes_is_found_whole(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let all: Vec<GroupRecord> =
        (0..20).map(|number| pushed(case, &user("bob"), &format!("d{number:02}"), "n")).collect();
    for records in &all {
        record(messages, case, 0, msg_id, std::slice::from_ref(records)).await;
    }
    let expected: Vec<DeviceOutcome> = all.into_iter().flat_map(|record| record.outcomes).collect();
    assert_eq!(alone(messages, case, msg_id, "bob").await.unwrap().outcomes, expected);
}

async fn a_decision_for_all_is_found_by_message_alone(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let all = silent("x", Reason::LargeGroup).decision.read().unwrap();
    messages.store.record_for_all(&case.app, &group(), msg_id, &all).await.unwrap();
    assert_eq!(alone(messages, case, msg_id, "bob").await.unwrap().decision, Some(all));
}

async fn before_anything_is_recorded_a_message_is_found_by_its_group_alone(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    assert_eq!(alone(messages, case, msg_id, "ann").await, None);
    assert_eq!(read(messages, case, msg_id, "ann").await.map(|found| found.decision), Some(None));
}

async fn a_page_of_an_older_version_is_found_with_its_group(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let older = GroupPage { after: None, ..page(1) };
    let bob = pushed(case, &user("bob"), "d1", "n");
    messages.store.record_page(&case.app, &older, msg_id, std::slice::from_ref(&bob)).await.unwrap();
    assert_eq!(read(messages, case, msg_id, "bob").await.unwrap().outcomes, bob.outcomes);
    for page in [older, page(1)] {
        let ended = messages.store.ended_of_page(&case.app, &page, msg_id).await.unwrap();
        assert_eq!(ended, [(user("bob"), device("d1"), notifier_name("n"))]);
    }
}

async fn a_receipt_stands_with_its_receiver(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let receipt = |event, code: &str| DeviceReceipt {
        device_id: device("d1"),
        notifier: notifier_name("n"),
        event,
        code: code.to_owned(),
        vendor_message_id: None,
        at: case.at(2),
    };
    let ann = Receiver { user: user("ann"), msg_id };
    let (first, clicked) = (receipt(Event::Delivered, "1"), receipt(Event::Clicked, "2"));
    for (one, is_first) in [(&first, true), (&clicked, true), (&receipt(Event::Delivered, "late"), false)] {
        assert_eq!(messages.store.record_receipt(&case.app, &ann, one, case.at(2)).await.unwrap(), is_first);
    }
    let too_late = case.at(0).plus(OFFLINE_RETENTION);
    let bob = Receiver { user: user("bob"), msg_id };
    assert!(!messages.store.record_receipt(&case.app, &bob, &first, too_late).await.unwrap());
    assert_eq!(read(messages, case, msg_id, "ann").await.unwrap().receipts, [first, clicked]);
    assert_eq!(read(messages, case, msg_id, "bob").await.unwrap().receipts, []);
}

async fn pages_messages_groups_and_apps_are_apart(messages: &Messages, case: &Case) {
    let (msg_id, other) = (id(case), id(case));
    store(messages, case, msg_id).await;
    store(messages, case, other).await;
    record(messages, case, 0, msg_id, &[pushed(case, &user("ann"), "d1", "n")]).await;
    assert_eq!(read(messages, case, other, "ann").await.unwrap().decision, None);
    let elsewhere = GroupId::parse("g2").unwrap();
    for (app, group) in [(&case.elsewhere, &group()), (&case.app, &elsewhere)] {
        assert_eq!(messages.reader.group_message(app, Some(group), msg_id, &user("ann")).await.unwrap(), None);
        let page = GroupPage { group: group.clone(), page: 0, after: None };
        assert_eq!(messages.store.ended_of_page(app, &page, msg_id).await.unwrap(), []);
    }
}

async fn an_expired_message_is_not_read(messages: &Messages, case: &Case) {
    let msg_id = id(case);
    store(messages, case, msg_id).await;
    let before = messages.clock.now();
    messages.clock.set(case.at(0).plus(OFFLINE_RETENTION + Duration::from_secs(1)));
    let found = read(messages, case, msg_id, "ann").await;
    messages.clock.set(before);
    assert_eq!(found, None);
}
