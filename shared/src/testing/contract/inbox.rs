//! The marks of users.

use super::{Case, UserStore, run::suite, with_bob};
use crate::{
    domain::{decision::Facts, id::MessageId, inbox::Marks},
    testing::sample::{binding, user},
};

suite! { "inbox" on dyn UserStore:
    nobody_has_marks_at_first,
    marks_move_on_and_never_back,
    nobody_is_known_by_marks,
    marks_are_among_the_facts_and_are_no_presence,
    marks_of_users_and_apps_are_apart,
}

async fn nobody_has_marks_at_first(users: &dyn UserStore, case: &Case) {
    assert_eq!(users.marks(&case.app, &user("ann")).await.unwrap(), None);
}

async fn marks_move_on_and_never_back(users: &dyn UserStore, case: &Case) {
    let steps = [(5, 5), (6, 5), (6, 8), (7, 7), (5, 9), (6, 8), (9, 9)];
    let kept = [(5, 5), (6, 5), (6, 8), (6, 8), (6, 8), (6, 8), (9, 9)];
    for (step, kept) in steps.into_iter().zip(kept) {
        users.move_marks(&case.app, &user("ann"), marks(case, step), case.at(100)).await.unwrap();
        assert_eq!(users.marks(&case.app, &user("ann")).await.unwrap(), Some(marks(case, kept)), "after {step:?}");
    }
}

async fn nobody_is_known_by_marks(users: &dyn UserStore, case: &Case) {
    let moved = marks(case, (5, 5));
    users.move_marks(&case.app, &user("ann"), moved, case.at(100)).await.unwrap();
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert_eq!(facts, Facts { marks: Some(moved), ..Facts::default() });
    assert_eq!(users.profile(&case.app, &user("ann")).await.unwrap(), None);
}

async fn marks_are_among_the_facts_and_are_no_presence(users: &dyn UserStore, case: &Case) {
    let moved = marks(case, (5, 6));
    let bound = binding("phone", "n", "token", case.at(0));
    users.bind(&case.app, &user("ann"), &bound, 16).await.unwrap();
    users.move_marks(&case.app, &user("ann"), moved, case.at(100)).await.unwrap();
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert_eq!(facts, Facts { known: true, bindings: vec![bound], marks: Some(moved), ..Facts::default() });
    assert_eq!(users.presence(&case.app, &[user("ann")]).await.unwrap(), []);
}

async fn marks_of_users_and_apps_are_apart(users: &dyn UserStore, case: &Case) {
    users.move_marks(&case.app, &user("ann"), marks(case, (5, 5)), case.at(100)).await.unwrap();
    assert_eq!(users.marks(&case.app, &user("bob")).await.unwrap(), None);
    assert_eq!(users.marks(&case.elsewhere, &user("ann")).await.unwrap(), None);
}

fn marks(case: &Case, (one_to_one, group): (u64, u64)) -> Marks {
    Marks { one_to_one: MessageId::new(case.at(one_to_one), 7), group: MessageId::of_group(case.at(group), 7) }
}
