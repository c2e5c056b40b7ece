//! Push labels and the users who have them.

use std::collections::BTreeSet;

use futures::future::{join, join_all};

use super::{Case, LabelStore, run::suite};
use crate::{
    domain::{
        directory::Shard,
        id::{LabelId, LabelName, UserId},
        push_label::{LabelKey, LabelledUser, MAX_LABELLED_AT_ONCE, MAX_LABELS, PushLabel, UserLabel},
        time::Timestamp,
    },
    ports::{clock::Entropy, error::StoreError, push_labels::LabelCreation},
    testing::sample::user,
};

suite! { "push labels" on dyn LabelStore:
    a_created_label_is_read_as_it_was,
    a_name_is_given_once_and_case_counts,
    of_creations_at_once_one_counts,
    an_app_has_at_most_so_many_labels_also_when_calls_race,
    labels_are_listed_in_pages_of_any_size_with_their_numbers_of_users,
    a_user_gets_a_label_once_and_keeps_the_time,
    a_label_is_taken_from_those_who_have_it,
    users_are_listed_by_shard_in_pages_of_any_size,
    changes_at_once_leave_the_number_right,
    a_deleted_label_has_nobody_and_takes_nobody,
    a_label_of_the_same_name_has_nobody_of_the_former,
    a_deletion_that_races_with_new_users_leaves_none_of_them,
    users_of_a_deleted_label_are_erased_in_steps,
    a_user_s_labels_are_found_and_end_as_they_were_read,
    labels_of_apps_and_users_are_apart,
}

fn name(text: &str) -> LabelName {
    LabelName::parse(text).unwrap()
}

fn users(from: usize, to: usize) -> Vec<UserId> {
    (from..to).map(|number| user(&format!("u{number:05}"))).collect()
}

fn new(case: &Case, text: &str) -> PushLabel {
    let key = LabelKey { name: name(text), id: LabelId::new(case.entropy.bits()) };
    PushLabel { key, description: format!("about {text}"), created_at: case.at(0), users: 0 }
}

async fn create(labels: &dyn LabelStore, case: &Case, text: &str) -> LabelKey {
    let label = new(case, text);
    assert_eq!(labels.create_label(&case.app, &label).await.unwrap(), LabelCreation::Created);
    label.key
}

async fn number(labels: &dyn LabelStore, case: &Case, text: &str) -> Option<u64> {
    labels.label(&case.app, &name(text)).await.unwrap().map(|label| label.users)
}

/// Returns all users of a label, read in pages of this size, or `None` if the label was deleted.
async fn all(labels: &dyn LabelStore, case: &Case, label: &LabelKey, max: usize) -> Option<Vec<LabelledUser>> {
    let mut all = Vec::new();
    for shard in Shard::all() {
        let mut after: Option<UserId> = None;
        loop {
            let page = labels.labelled(&case.app, label, shard, after.as_ref(), max).await.unwrap()?;
            assert!(page.len() <= max && page.iter().all(|one| Shard::of(&one.user) == shard));
            after = page.last().map(|one| one.user.clone()).or(after);
            let ended = page.len() < max;
            all.extend(page);
            if ended {
                break;
            }
        }
    }
    all.sort_by(|one, other| one.user.cmp(&other.user));
    Some(all)
}

fn since(users: &[UserId], at: Timestamp) -> Vec<LabelledUser> {
    users.iter().map(|user| LabelledUser { user: user.clone(), since: at }).collect()
}

async fn a_created_label_is_read_as_it_was(labels: &dyn LabelStore, case: &Case) {
    assert_eq!(labels.label(&case.app, &name("vip")).await.unwrap(), None);
    let described = new(case, "vip");
    let plain = PushLabel { description: String::new(), ..new(case, "plain") };
    for label in [described, plain] {
        assert_eq!(labels.create_label(&case.app, &label).await.unwrap(), LabelCreation::Created);
        assert_eq!(labels.label(&case.app, &label.key.name).await.unwrap(), Some(label));
    }
}

async fn a_name_is_given_once_and_case_counts(labels: &dyn LabelStore, case: &Case) {
    let first = new(case, "vip");
    assert_eq!(labels.create_label(&case.app, &first).await.unwrap(), LabelCreation::Created);
    assert_eq!(labels.create_label(&case.app, &new(case, "vip")).await.unwrap(), LabelCreation::Exists);
    assert_eq!(labels.create_label(&case.app, &first).await.unwrap(), LabelCreation::Exists);
    assert_eq!(labels.create_label(&case.app, &new(case, "Vip")).await.unwrap(), LabelCreation::Created);
    assert_eq!(labels.label(&case.app, &name("vip")).await.unwrap(), Some(first));
}

async fn of_creations_at_once_one_counts(labels: &dyn LabelStore, case: &Case) {
    let rivals: Vec<PushLabel> = (0..4).map(|_| new(case, "vip")).collect();
    let done = join_all(rivals.iter().map(|label| labels.create_label(&case.app, label))).await;
    let created: Vec<&PushLabel> = rivals
        .iter()
        .zip(&done)
        .filter(|(_, done)| matches!(done, Ok(LabelCreation::Created)))
        .map(|(label, _)| label)
        .collect();
    assert_eq!(created.len(), 1, "{done:?}");
    assert_eq!(labels.label(&case.app, &name("vip")).await.unwrap().as_ref(), Some(created[0]));
}

async fn an_app_has_at_most_so_many_labels_also_when_calls_race(labels: &dyn LabelStore, case: &Case) {
    for number in 0..MAX_LABELS - 2 {
        create(labels, case, &format!("l{number}")).await;
    }
    let rivals: Vec<PushLabel> = (0..4).map(|number| new(case, &format!("rival{number}"))).collect();
    let done = join_all(rivals.iter().map(|label| labels.create_label(&case.app, label))).await;
    let count = |what: LabelCreation| done.iter().filter(|done| done.as_ref().is_ok_and(|done| *done == what)).count();
    assert_eq!((count(LabelCreation::Created), count(LabelCreation::Full)), (2, 2), "{done:?}");
    assert_eq!(labels.labels(&case.app, None, 200).await.unwrap().len(), MAX_LABELS as usize);
    // A name that is taken is told as such, and a deleted label makes room.
    assert_eq!(labels.create_label(&case.app, &new(case, "l7")).await.unwrap(), LabelCreation::Exists);
    let gone = labels.label(&case.app, &name("l7")).await.unwrap().unwrap();
    assert!(labels.delete_label(&case.app, &gone.key).await.unwrap());
    create(labels, case, "l7").await;
    assert_eq!(labels.create_label(&case.app, &new(case, "more")).await.unwrap(), LabelCreation::Full);
}

async fn labels_are_listed_in_pages_of_any_size_with_their_numbers_of_users(labels: &dyn LabelStore, case: &Case) {
    // Names that begin with another name are apart, wherever a page ends.
    let names = ["A", "a", "a-", "a-b", "a.b", "a0", "a_", "b"];
    for (number, text) in names.iter().enumerate().rev() {
        let label = create(labels, case, text).await;
        labels.add_labelled(&case.app, &label, &users(0, number), case.at(1)).await.unwrap().unwrap();
    }
    let mut expected: Vec<(String, u64)> = (0..).zip(names).map(|(number, text)| (text.to_owned(), number)).collect();
    expected.sort();
    for max in [1, 3, names.len(), 100] {
        let mut listed: Vec<(String, u64)> = Vec::new();
        loop {
            let after = listed.last().map(|(last, _)| name(last));
            let page = labels.labels(&case.app, after.as_ref(), max).await.unwrap();
            assert!(page.len() <= max);
            if page.is_empty() {
                break;
            }
            listed.extend(page.into_iter().map(|label| (label.key.name.to_string(), label.users)));
        }
        assert_eq!(listed, expected, "pages of {max}");
    }
}

async fn a_user_gets_a_label_once_and_keeps_the_time(labels: &dyn LabelStore, case: &Case) {
    let vip = create(labels, case, "vip").await;
    assert_eq!(labels.labelled_since(&case.app, &vip, &user("u00000")).await.unwrap(), None);
    let first = users(0, 60);
    assert_eq!(labels.add_labelled(&case.app, &vip, &first, case.at(1)).await.unwrap(), Some(vec![]));
    let more = users(50, 50 + MAX_LABELLED_AT_ONCE);
    let mut had = labels.add_labelled(&case.app, &vip, &more, case.at(2)).await.unwrap().unwrap();
    had.sort_by(|one, other| one.user.cmp(&other.user));
    assert_eq!(had, since(&users(50, 60), case.at(1)));
    assert_eq!(number(labels, case, "vip").await, Some(150));
    for (who, at) in [("u00059", Some(case.at(1))), ("u00060", Some(case.at(2))), ("u00150", None)] {
        assert_eq!(labels.labelled_since(&case.app, &vip, &user(who)).await.unwrap(), at, "{who}");
    }
    assert_eq!(labels.add_labelled(&case.app, &vip, &[], case.at(3)).await.unwrap(), Some(vec![]));
}

async fn a_label_is_taken_from_those_who_have_it(labels: &dyn LabelStore, case: &Case) {
    let vip = create(labels, case, "vip").await;
    labels.add_labelled(&case.app, &vip, &users(0, 80), case.at(1)).await.unwrap().unwrap();
    for expected in [users(20, 80), vec![]] {
        let mut had = labels.remove_labelled(&case.app, &vip, &users(20, 120)).await.unwrap().unwrap();
        had.sort();
        assert_eq!(had, expected);
        assert_eq!(number(labels, case, "vip").await, Some(20));
    }
    assert_eq!(all(labels, case, &vip, 7).await, Some(since(&users(0, 20), case.at(1))));
    assert_eq!(labels.labels_of(&case.app, &user("u00020")).await.unwrap(), []);
    // Who gets the label again has it since then.
    labels.add_labelled(&case.app, &vip, &users(20, 21), case.at(9)).await.unwrap().unwrap();
    assert_eq!(labels.labelled_since(&case.app, &vip, &user("u00020")).await.unwrap(), Some(case.at(9)));
}

async fn users_are_listed_by_shard_in_pages_of_any_size(labels: &dyn LabelStore, case: &Case) {
    let vip = create(labels, case, "vip").await;
    assert_eq!(all(labels, case, &vip, 10).await, Some(vec![]));
    labels.add_labelled(&case.app, &vip, &users(0, 90), case.at(1)).await.unwrap().unwrap();
    for max in [1, 3, 100] {
        assert_eq!(all(labels, case, &vip, max).await, Some(since(&users(0, 90), case.at(1))), "pages of {max}");
    }
}

async fn changes_at_once_leave_the_number_right(labels: &dyn LabelStore, case: &Case) {
    let vip = create(labels, case, "vip").await;
    let changes = (0..8).map(|number| {
        let vip = &vip;
        async move {
            match number % 2 {
                0 => labels.add_labelled(&case.app, vip, &users(number, number + 6), case.at(1)).await.map(drop),
                _ => labels.remove_labelled(&case.app, vip, &users(1, number + 1)).await.map(drop),
            }
        }
    });
    // A call that lost every race reports it.
    for done in join_all(changes).await {
        assert!(matches!(done, Ok(()) | Err(StoreError::Conflict | StoreError::Throttled)), "{done:?}");
    }
    let left = all(labels, case, &vip, 100).await.unwrap();
    assert_eq!(number(labels, case, "vip").await, u64::try_from(left.len()).ok());
    for labelled in left {
        assert_eq!(labels.labels_of(&case.app, &labelled.user).await.unwrap().len(), 1);
    }
}

async fn a_deleted_label_has_nobody_and_takes_nobody(labels: &dyn LabelStore, case: &Case) {
    let vip = create(labels, case, "vip").await;
    labels.add_labelled(&case.app, &vip, &users(0, 3), case.at(1)).await.unwrap().unwrap();
    assert!(labels.delete_label(&case.app, &vip).await.unwrap());
    assert!(!labels.delete_label(&case.app, &vip).await.unwrap());
    assert_eq!(labels.label(&case.app, &vip.name).await.unwrap(), None);
    assert_eq!(labels.labels(&case.app, None, 10).await.unwrap(), []);
    assert_eq!(all(labels, case, &vip, 10).await, None);
    assert_eq!(labels.add_labelled(&case.app, &vip, &users(3, 5), case.at(2)).await.unwrap(), None);
    assert_eq!(labels.remove_labelled(&case.app, &vip, &users(0, 3)).await.unwrap(), None);
    let never = LabelKey { name: name("never"), id: LabelId::new(7) };
    assert_eq!(labels.add_labelled(&case.app, &never, &users(0, 2), case.at(2)).await.unwrap(), None);
    assert_eq!(all(labels, case, &never, 10).await, None);
}

async fn a_label_of_the_same_name_has_nobody_of_the_former(labels: &dyn LabelStore, case: &Case) {
    let former = create(labels, case, "vip").await;
    labels.add_labelled(&case.app, &former, &users(0, 5), case.at(1)).await.unwrap().unwrap();
    assert!(labels.delete_label(&case.app, &former).await.unwrap());
    let vip = create(labels, case, "vip").await;
    assert_eq!((number(labels, case, "vip").await, all(labels, case, &vip, 9).await), (Some(0), Some(vec![])));
    assert_eq!(all(labels, case, &former, 9).await, None);
    assert_eq!(labels.add_labelled(&case.app, &former, &users(5, 6), case.at(2)).await.unwrap(), None);
    assert!(!labels.delete_label(&case.app, &former).await.unwrap());
    labels.add_labelled(&case.app, &vip, &users(3, 6), case.at(3)).await.unwrap().unwrap();
    assert!(!labels.erase_labelled(&case.app, &former, 100).await.unwrap());
    assert_eq!(all(labels, case, &vip, 9).await, Some(since(&users(3, 6), case.at(3))));
    assert_eq!(number(labels, case, "vip").await, Some(3));
}

async fn a_deletion_that_races_with_new_users_leaves_none_of_them(labels: &dyn LabelStore, case: &Case) {
    for round in 0..4 {
        let label = create(labels, case, &format!("vip{round}")).await;
        let adds = join_all((0..4).map(|part| {
            let (label, from) = (&label, part * 10);
            async move { labels.add_labelled(&case.app, label, &users(from, from + 10), case.at(1)).await }
        }));
        let (deleted, added) = join(labels.delete_label(&case.app, &label), adds).await;
        for done in &added {
            assert!(matches!(done, Ok(_) | Err(StoreError::Conflict | StoreError::Throttled)), "{done:?}");
        }
        if !deleted.is_ok_and(|deleted| deleted) {
            assert!(labels.delete_label(&case.app, &label).await.unwrap());
        }
        // Whatever was added before the deletion is found by the erasure, and nothing comes after it.
        while labels.erase_labelled(&case.app, &label, 100).await.unwrap() {}
        for who in users(0, 40) {
            assert_eq!(labels.labels_of(&case.app, &who).await.unwrap(), [], "{who}");
        }
    }
}

async fn users_of_a_deleted_label_are_erased_in_steps(labels: &dyn LabelStore, case: &Case) {
    let (vip, other) = (create(labels, case, "vip").await, create(labels, case, "other").await);
    for label in [&vip, &other] {
        labels.add_labelled(&case.app, label, &users(0, 70), case.at(1)).await.unwrap().unwrap();
    }
    assert!(labels.delete_label(&case.app, &vip).await.unwrap());
    let mut steps = 1;
    while labels.erase_labelled(&case.app, &vip, 20).await.unwrap() {
        steps += 1;
        assert!(steps < 40);
    }
    assert!(steps >= 4, "{steps}");
    for who in users(0, 70) {
        let left = labels.labels_of(&case.app, &who).await.unwrap();
        assert_eq!(left, [UserLabel { label: other.clone(), since: case.at(1) }], "{who}");
    }
    assert_eq!(number(labels, case, "other").await, Some(70));
    labels.forget_label_count(&case.app).await.unwrap();
    assert_eq!(number(labels, case, "other").await, Some(70));
}

async fn a_user_s_labels_are_found_and_end_as_they_were_read(labels: &dyn LabelStore, case: &Case) {
    let ann = user("ann");
    let keys = join_all(["a", "b", "gone"].map(|text| create(labels, case, text))).await;
    for label in &keys {
        let both = [ann.clone(), user("bob")];
        labels.add_labelled(&case.app, label, &both, case.at(1)).await.unwrap().unwrap();
    }
    assert!(labels.delete_label(&case.app, &keys[2]).await.unwrap());
    let found = labels.labels_of(&case.app, &ann).await.unwrap();
    let of = |label: &UserLabel| label.label.clone();
    assert_eq!(found.iter().map(of).collect::<BTreeSet<_>>(), keys.iter().cloned().collect());
    // She gets one of them again after it was read.
    labels.remove_labelled(&case.app, &keys[1], &[ann.clone()]).await.unwrap().unwrap();
    labels.add_labelled(&case.app, &keys[1], &[ann.clone()], case.at(5)).await.unwrap().unwrap();
    for _ in 0..2 {
        for label in &found {
            labels.unlabel(&case.app, &ann, label).await.unwrap();
        }
        let left = labels.labels_of(&case.app, &ann).await.unwrap();
        assert_eq!(left, [UserLabel { label: keys[1].clone(), since: case.at(5) }]);
        assert_eq!((number(labels, case, "a").await, number(labels, case, "b").await), (Some(1), Some(2)));
    }
    assert_eq!(labels.labels_of(&case.app, &user("bob")).await.unwrap().len(), 3);
    assert_eq!(all(labels, case, &keys[0], 9).await, Some(since(&[user("bob")], case.at(1))));
}

async fn labels_of_apps_and_users_are_apart(labels: &dyn LabelStore, case: &Case) {
    let vip = create(labels, case, "vip").await;
    labels.add_labelled(&case.app, &vip, &[user("ann")], case.at(1)).await.unwrap().unwrap();
    assert_eq!(labels.label(&case.elsewhere, &vip.name).await.unwrap(), None);
    assert_eq!(labels.labels(&case.elsewhere, None, 9).await.unwrap(), []);
    assert_eq!(labels.add_labelled(&case.elsewhere, &vip, &[user("bob")], case.at(1)).await.unwrap(), None);
    assert!(!labels.delete_label(&case.elsewhere, &vip).await.unwrap());
    for who in ["an", "ann.a"] {
        assert_eq!(labels.labels_of(&case.app, &user(who)).await.unwrap(), []);
    }
    assert_eq!(labels.labels_of(&case.elsewhere, &user("ann")).await.unwrap(), []);
    assert_eq!(labels.label(&case.app, &name("vi")).await.unwrap(), None);
}
