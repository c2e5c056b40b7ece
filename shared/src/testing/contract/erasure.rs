//! Erasure of rows in the offline store, and the rows that say who was erased.

use std::time::Duration;

use super::{Case, Stores, run::suite};
use crate::{
    domain::{
        group::GroupMessage,
        id::{AppKey, GroupId, MessageId},
        instant::InstantPush,
        message::{Content, Receiver},
        time::Timestamp,
    },
    ports::{
        clock::{Clock, Entropy},
        erasure::ERASURE_RETENTION,
    },
    testing::sample::{content, user},
};

suite! { "erasure" on Stores:
    an_erasure_is_remembered_for_its_user_alone,
    of_two_erasures_the_later_one_counts,
    an_erasure_is_forgotten_after_eight_days,
    messages_up_to_the_erasure_go_and_later_ones_stay,
    instant_pushes_go_with_their_traces,
    messages_go_in_pages,
    acknowledgements_go_with_their_messages,
    a_group_loses_its_messages_and_no_other,
}

async fn an_erasure_is_remembered_for_its_user_alone(stores: &Stores, case: &Case) {
    let (erasures, ann) = (&stores.erasures, user("ann"));
    let now = stores.messages.clock.now();
    assert_eq!(erasures.erased_at(&case.app, &ann).await.unwrap(), None);
    assert_eq!(erasures.note_erasure(&case.app, &ann, now).await.unwrap(), now);
    assert_eq!(erasures.erased_at(&case.app, &ann).await.unwrap(), Some(now));
    assert_eq!(erasures.erased_at(&case.app, &user("bob")).await.unwrap(), None);
    assert_eq!(erasures.erased_at(&case.elsewhere, &ann).await.unwrap(), None);
}

async fn of_two_erasures_the_later_one_counts(stores: &Stores, case: &Case) {
    let (erasures, ann) = (&stores.erasures, user("ann"));
    let now = stores.messages.clock.now();
    let later = now.plus(Duration::from_millis(5));
    assert_eq!(erasures.note_erasure(&case.app, &ann, later).await.unwrap(), later);
    assert_eq!(erasures.note_erasure(&case.app, &ann, now).await.unwrap(), later);
    assert_eq!(erasures.erased_at(&case.app, &ann).await.unwrap(), Some(later));
}

async fn an_erasure_is_forgotten_after_eight_days(stores: &Stores, case: &Case) {
    let (erasures, ann) = (&stores.erasures, user("ann"));
    let now = stores.messages.clock.now();
    let ago = |by: Duration| now.minus(by);
    erasures.note_erasure(&case.app, &ann, ago(ERASURE_RETENTION)).await.unwrap();
    assert_eq!(erasures.erased_at(&case.app, &ann).await.unwrap(), None);
    let nearly = ago(ERASURE_RETENTION - Duration::from_secs(60));
    erasures.note_erasure(&case.app, &ann, nearly).await.unwrap();
    assert_eq!(erasures.erased_at(&case.app, &ann).await.unwrap(), Some(nearly));
}

async fn messages_up_to_the_erasure_go_and_later_ones_stay(stores: &Stores, case: &Case) {
    let now = stores.messages.clock.now();
    let erased = now.plus(Duration::from_millis(10));
    let [old, last, new] = [0, 10, 11].map(|millis| id(case, now.plus(Duration::from_millis(millis))));
    for name in ["ann", "ann.b"] {
        store(stores, &case.app, name, &[old, last, new]).await;
    }
    store(stores, &case.elsewhere, "ann", &[old]).await;
    let messages = &stores.messages.store;
    assert!(!messages.erase_messages(&case.app, &user("ann"), erased, 100).await.unwrap());
    assert_eq!(left(stores, &case.app, "ann", &[old, last, new]).await, [false, false, true]);
    assert_eq!(left(stores, &case.app, "ann.b", &[old, last, new]).await, [true, true, true]);
    assert_eq!(left(stores, &case.elsewhere, "ann", &[old]).await, [true]);
    for (since, kept) in [(None, true), (Some(erased), true), (Some(new.accepted_at()), false)] {
        assert_eq!(messages.keeps_messages(&case.app, &user("ann"), since).await.unwrap(), kept, "{since:?}");
    }
    messages.erase_messages(&case.app, &user("ann"), erased.plus(Duration::from_secs(1)), 100).await.unwrap();
    assert!(!messages.keeps_messages(&case.app, &user("ann"), None).await.unwrap());
}

async fn instant_pushes_go_with_their_traces(stores: &Stores, case: &Case) {
    let now = stores.messages.clock.now();
    let (old, new) = (id(case, now), id(case, now.plus(Duration::from_secs(1))));
    let messages = &stores.messages.store;
    let instant = Some(Box::new(InstantPush::default()));
    let sent = Content { instant, ..content("a notice", now) };
    for msg_id in [old, new] {
        let to = [Receiver { user: user("ann"), msg_id }];
        messages.store(&case.app, &[(&sent, &to)], &stores.messages.clock).await.unwrap();
    }
    assert!(!messages.erase_messages(&case.app, &user("ann"), now, 100).await.unwrap());
    assert_eq!(left(stores, &case.app, "ann", &[old, new]).await, [false, true]);
}

async fn messages_go_in_pages(stores: &Stores, case: &Case) {
    let now = stores.messages.clock.now();
    let ids: Vec<MessageId> = (0..60).map(|_| id(case, now)).collect();
    store(stores, &case.app, "ann", &ids).await;
    let messages = &stores.messages.store;
    let (ann, mut pages) = (user("ann"), 1);
    while messages.erase_messages(&case.app, &ann, now, 25).await.unwrap() {
        pages += 1;
        assert!(pages < 20, "no end");
    }
    assert!(pages >= 3, "{pages}");
    assert!(!messages.keeps_messages(&case.app, &ann, None).await.unwrap());
}

async fn acknowledgements_go_with_their_messages(stores: &Stores, case: &Case) {
    let now = stores.messages.clock.now();
    let (old, new) = (id(case, now), id(case, now.plus(Duration::from_secs(1))));
    let messages = &stores.messages.store;
    messages.acknowledge(&case.app, &user("ann"), &[old, new]).await.unwrap();
    messages.erase_messages(&case.app, &user("ann"), now, 100).await.unwrap();
    let receiver = |msg_id| Receiver { user: user("ann"), msg_id };
    assert!(!messages.is_acknowledged(&case.app, &receiver(old)).await.unwrap());
    assert!(messages.is_acknowledged(&case.app, &receiver(new)).await.unwrap());
}

async fn a_group_loses_its_messages_and_no_other(stores: &Stores, case: &Case) {
    let now = stores.messages.clock.now();
    let msg_id = MessageId::of_group(now, case.entropy.bits());
    let (messages, content) = (&stores.messages.store, content("hi", now));
    let groups = ["g1", "g2"].map(|group| GroupId::parse(group).unwrap());
    for group in groups.clone() {
        let message = GroupMessage { group, msg_id, n: 1, users: None, content: content.clone() };
        messages.store_for_group(&case.app, &message, &stores.messages.clock).await.unwrap();
    }
    while messages.erase_group_messages(&case.app, &groups[0], 100).await.unwrap() {}
    let receiver = Receiver { user: user("ann"), msg_id };
    let kept = async |group| messages.content(&case.app, &receiver, Some(group)).await.unwrap().is_some();
    assert!(!kept(&groups[0]).await && kept(&groups[1]).await);
}

fn id(case: &Case, at: Timestamp) -> MessageId {
    MessageId::new(at, case.entropy.bits())
}

async fn store(stores: &Stores, app: &AppKey, name: &str, ids: &[MessageId]) {
    let content = content("hi", stores.messages.clock.now());
    let receivers: Vec<Receiver> = ids.iter().map(|msg_id| Receiver { user: user(name), msg_id: *msg_id }).collect();
    stores.messages.store.store(app, &[(&content, &receivers)], &stores.messages.clock).await.unwrap();
}

async fn left(stores: &Stores, app: &AppKey, name: &str, ids: &[MessageId]) -> Vec<bool> {
    let mut left = Vec::new();
    for id in ids {
        left.push(stores.messages.reader.message(app, &user(name), *id).await.unwrap().is_some());
    }
    left
}
