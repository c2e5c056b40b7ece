//! Tasks, their counts, the list of due tasks, and pushes that wait for their broadcast.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use serde_json::{Map, json};

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::{
        id::{AppKey, StoredPushId, TaskId},
        instant::{MAX_STORED_PUSHES, StoredPush, Strategy},
        reason::Reason,
        task::{
            AskedState, Audience, MAX_NEW_TASKS, MAX_OPEN_TASKS, NEW_TASKS_WINDOW, NewTask, NoRoom, Task, TaskCounts,
        },
        time::Timestamp,
    },
    ports::tasks::{DueTask, TaskCreation},
    testing::sample,
};

suite! { "tasks" on dyn RuntimeStore:
    a_created_task_is_read_as_it_was_with_its_content,
    creating_a_task_again_changes_nothing,
    of_two_changes_of_a_version_one_counts,
    a_task_that_is_gone_is_not_changed,
    an_app_creates_so_many_tasks_in_some_minutes_also_at_once,
    an_app_has_so_many_tasks_that_have_not_ended,
    tasks_are_listed_in_pages_of_any_size_the_newest_first,
    a_task_is_due_at_its_start_and_later_when_postponed,
    of_two_who_postpone_a_task_one_does,
    an_unlisted_task_is_not_due,
    no_more_due_tasks_are_read_than_asked_for,
    counts_add_up_and_every_reason_is_read_as_it_was_added,
    nothing_is_counted_for_a_task_that_is_made_up_or_gone,
    pages_are_reserved_one_behind_the_other,
    pages_reserved_at_once_do_not_overlap,
    a_stored_push_is_read_as_it_was_and_storing_it_again_changes_nothing,
    an_app_stores_so_many_pushes_on_a_day,
    everything_of_a_deleted_app_goes_in_steps,
}

/// Returns a task that an app created then, and that starts then.
fn new(case: &Case, number: u64, at: Timestamp, starts_at: Option<Timestamp>) -> Task {
    let new = NewTask {
        id: TaskId::new(at, number.into()),
        audience: Audience::Everyone,
        title: format!("task {number}"),
        strategy: Strategy::Vendor,
        starts_at: starts_at.or_else(|| Some(case.at(number))),
    };
    Task::new(new, at)
}

/// Returns a task whose creation counts for no other.
fn apart(case: &Case, number: u64) -> Task {
    new(case, number, case.at(number * NEW_TASKS_WINDOW.as_secs()), None)
}

async fn create(runtime: &dyn RuntimeStore, app: &AppKey, task: &Task) -> TaskCreation {
    let content = sample::content(&task.title, task.id.created_at());
    runtime.create_task(app, task, &content).await.unwrap()
}

/// Returns the tasks of the case's app among those that are due.
async fn due(runtime: &dyn RuntimeStore, case: &Case, now: Timestamp) -> Vec<DueTask> {
    let due = runtime.due_tasks(now, 1000).await.unwrap();
    due.into_iter().filter(|task| task.app == case.app).collect()
}

async fn a_created_task_is_read_as_it_was_with_its_content(runtime: &dyn RuntimeStore, case: &Case) {
    let task = apart(case, 1);
    assert_eq!(runtime.task(&case.app, task.id).await.unwrap(), None);
    assert_eq!(runtime.task_content(&case.app, task.id).await.unwrap(), None);
    assert_eq!(create(runtime, &case.app, &task).await, TaskCreation::Created);
    assert_eq!(runtime.task(&case.app, task.id).await.unwrap().as_ref(), Some(&task));
    let content = sample::content("task 1", task.id.created_at());
    assert_eq!(runtime.task_content(&case.app, task.id).await.unwrap(), Some(content));
    assert_eq!(runtime.task(&case.elsewhere, task.id).await.unwrap(), None);
}

async fn creating_a_task_again_changes_nothing(runtime: &dyn RuntimeStore, case: &Case) {
    let task = new(case, 1, case.at(0), None);
    assert_eq!(create(runtime, &case.app, &task).await, TaskCreation::Created);
    let paused = task.asked(AskedState::Paused, case.at(1)).unwrap();
    assert!(runtime.change_task(&case.app, &paused).await.unwrap());
    for _ in 0..MAX_NEW_TASKS {
        assert_eq!(create(runtime, &case.app, &task).await, TaskCreation::Exists);
    }
    assert_eq!(runtime.task(&case.app, task.id).await.unwrap(), Some(paused));
    assert_eq!(create(runtime, &case.app, &new(case, 2, case.at(1), None)).await, TaskCreation::Created);
}

async fn of_two_changes_of_a_version_one_counts(runtime: &dyn RuntimeStore, case: &Case) {
    let task = apart(case, 1);
    create(runtime, &case.app, &task).await;
    for (state, other) in [(AskedState::Paused, AskedState::Running), (AskedState::Cancelled, AskedState::Paused)] {
        let seen = runtime.task(&case.app, task.id).await.unwrap().unwrap();
        let changed = seen.asked(state, case.at(1)).unwrap();
        assert!(runtime.change_task(&case.app, &changed).await.unwrap());
        let late = seen.asked(other, case.at(2)).unwrap();
        assert!(!runtime.change_task(&case.app, &late).await.unwrap());
        assert_eq!(runtime.task(&case.app, task.id).await.unwrap(), Some(changed));
    }
}

async fn a_task_that_is_gone_is_not_changed(runtime: &dyn RuntimeStore, case: &Case) {
    for state in [AskedState::Paused, AskedState::Cancelled] {
        let changed = apart(case, 1).asked(state, case.at(1)).unwrap();
        assert!(!runtime.change_task(&case.app, &changed).await.unwrap());
        assert_eq!(runtime.task(&case.app, changed.id).await.unwrap(), None);
    }
}

async fn an_app_creates_so_many_tasks_in_some_minutes_also_at_once(runtime: &dyn RuntimeStore, case: &Case) {
    let tasks: Vec<Task> = (1..=5).map(|number| new(case, number, case.at(number), None)).collect();
    let created = join_all(tasks.iter().map(|task| create(runtime, &case.app, task))).await;
    let number = |creation| created.iter().filter(|one| **one == creation).count();
    assert_eq!((number(TaskCreation::Created), number(TaskCreation::NoRoom(NoRoom::TooMany))), (MAX_NEW_TASKS, 2));
    assert_eq!(runtime.tasks(&case.app, None, 10).await.unwrap().len(), MAX_NEW_TASKS);
    assert_eq!(create(runtime, &case.elsewhere, &tasks[4]).await, TaskCreation::Created);
    let later = new(case, 6, case.at(5).plus(NEW_TASKS_WINDOW), None);
    assert_eq!(create(runtime, &case.app, &later).await, TaskCreation::Created);
}

async fn an_app_has_so_many_tasks_that_have_not_ended(runtime: &dyn RuntimeStore, case: &Case) {
    for number in 1..=MAX_OPEN_TASKS as u64 {
        assert_eq!(create(runtime, &case.app, &apart(case, number)).await, TaskCreation::Created, "{number}");
    }
    let more = apart(case, 101);
    assert_eq!(create(runtime, &case.app, &more).await, TaskCreation::NoRoom(NoRoom::Full));
    let cancelled = apart(case, 7).asked(AskedState::Cancelled, case.at(8)).unwrap();
    assert!(runtime.change_task(&case.app, &cancelled).await.unwrap());
    assert_eq!(create(runtime, &case.app, &more).await, TaskCreation::Created);
    assert_eq!(create(runtime, &case.app, &apart(case, 102)).await, TaskCreation::NoRoom(NoRoom::Full));
}

async fn tasks_are_listed_in_pages_of_any_size_the_newest_first(runtime: &dyn RuntimeStore, case: &Case) {
    let mut all: Vec<Task> = (1..=7).map(|number| apart(case, number)).collect();
    for task in &all {
        create(runtime, &case.app, task).await;
    }
    create(runtime, &case.elsewhere, &apart(case, 8)).await;
    all.reverse();
    for most in [1, 2, 7, 100] {
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = runtime.tasks(&case.app, before, most).await.unwrap();
            assert!(page.len() <= most);
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            read.extend(page);
        }
        assert_eq!(read, all, "pages of {most}");
    }
}

async fn a_task_is_due_at_its_start_and_later_when_postponed(runtime: &dyn RuntimeStore, case: &Case) {
    let task = new(case, 1, case.at(0), Some(case.at(60)));
    create(runtime, &case.app, &task).await;
    let listed = DueTask { due_at: case.at(60), app: case.app.clone(), id: task.id };
    assert_eq!(due(runtime, case, case.at(60).minus(Duration::from_millis(1))).await, []);
    assert_eq!(due(runtime, case, case.at(60)).await, [listed.clone()]);
    assert!(runtime.postpone_task(&listed, case.at(90)).await.unwrap());
    assert_eq!(due(runtime, case, case.at(89)).await, []);
    assert_eq!(due(runtime, case, case.at(90)).await, [DueTask { due_at: case.at(90), ..listed }]);
}

async fn of_two_who_postpone_a_task_one_does(runtime: &dyn RuntimeStore, case: &Case) {
    let task = new(case, 1, case.at(0), Some(case.at(1)));
    create(runtime, &case.app, &task).await;
    let listed = DueTask { due_at: case.at(1), app: case.app.clone(), id: task.id };
    let both = join_all([50, 60].map(|seconds| runtime.postpone_task(&listed, case.at(seconds)))).await;
    assert_eq!(both.into_iter().filter(|one| *one.as_ref().unwrap()).count(), 1);
    assert_eq!(due(runtime, case, case.at(100)).await.len(), 1);
}

async fn an_unlisted_task_is_not_due(runtime: &dyn RuntimeStore, case: &Case) {
    let task = new(case, 1, case.at(0), Some(case.at(1)));
    create(runtime, &case.app, &task).await;
    let listed = DueTask { due_at: case.at(1), app: case.app.clone(), id: task.id };
    for _ in 0..2 {
        runtime.unlist_task(&listed).await.unwrap();
    }
    assert!(!runtime.postpone_task(&listed, case.at(9)).await.unwrap());
    assert_eq!(due(runtime, case, case.at(100)).await, []);
}

async fn no_more_due_tasks_are_read_than_asked_for(runtime: &dyn RuntimeStore, case: &Case) {
    // The list is that of all apps, so the first ones may be another case's.
    for number in 1..=3 {
        create(runtime, &case.app, &new(case, number, case.at(number), None)).await;
    }
    assert_eq!(runtime.due_tasks(case.at(10), 2).await.unwrap().len(), 2);
    let all = due(runtime, case, case.at(10)).await;
    assert!(all.len() == 3 && all.is_sorted(), "{all:?}");
}

async fn counts_add_up_and_every_reason_is_read_as_it_was_added(runtime: &dyn RuntimeStore, case: &Case) {
    let (task, unused) = (apart(case, 1), apart(case, 2));
    let (id, other) = (task.id, unused.id);
    for task in [&task, &unused] {
        create(runtime, &case.app, task).await;
    }
    assert_eq!(runtime.task_counts(&case.app, id).await.unwrap(), TaskCounts::default());
    let reasons = Reason::ALL.into_iter().chain([Reason::Unknown]);
    let refused: BTreeMap<Reason, u64> = reasons.zip(1..).collect();
    let added = TaskCounts { accepted: 5, refused, delivered: 3, clicked: 0 };
    for _ in 0..8 {
        runtime.add_task_counts(&case.app, id, &added).await.unwrap();
    }
    runtime.add_task_counts(&case.app, id, &TaskCounts { clicked: 1, ..TaskCounts::default() }).await.unwrap();
    runtime.add_task_counts(&case.app, id, &TaskCounts::default()).await.unwrap();
    let eight: BTreeMap<Reason, u64> = added.refused.iter().map(|(reason, by)| (*reason, by * 8)).collect();
    let sum = TaskCounts { accepted: 40, refused: eight, delivered: 24, clicked: 1 };
    assert_eq!(runtime.task_counts(&case.app, id).await.unwrap(), sum);
    assert_eq!(runtime.task_counts(&case.app, other).await.unwrap(), TaskCounts::default());
    assert_eq!(runtime.task_counts(&case.elsewhere, id).await.unwrap(), TaskCounts::default());
}

async fn nothing_is_counted_for_a_task_that_is_made_up_or_gone(runtime: &dyn RuntimeStore, case: &Case) {
    let (task, one) = (apart(case, 1), TaskCounts { clicked: 1, ..TaskCounts::default() });
    create(runtime, &case.app, &task).await;
    // As often as that, every row of the counts has its turn.
    for _ in 0..32 {
        runtime.add_task_counts(&case.app, TaskId::new(case.at(0), 7), &one).await.unwrap();
        runtime.add_task_counts(&case.elsewhere, task.id, &one).await.unwrap();
        runtime.add_task_counts(&case.app, task.id, &one).await.unwrap();
    }
    for (app, id, clicked) in
        [(&case.app, TaskId::new(case.at(0), 7), 0), (&case.elsewhere, task.id, 0), (&case.app, task.id, 32)]
    {
        assert_eq!(runtime.task_counts(app, id).await.unwrap().clicked, clicked);
    }
    while runtime.erase_tasks(&case.app, 9).await.unwrap() {}
    runtime.add_task_counts(&case.app, task.id, &one).await.unwrap();
    assert_eq!(runtime.task_counts(&case.app, task.id).await.unwrap(), TaskCounts::default());
}

async fn pages_are_reserved_one_behind_the_other(runtime: &dyn RuntimeStore, case: &Case) {
    let length = Duration::from_secs(4);
    let reserve = |at| runtime.reserve_page(&case.app, case.at(at), length);
    assert_eq!(reserve(0).await.unwrap(), case.at(0));
    assert_eq!(reserve(1).await.unwrap(), case.at(4));
    assert_eq!(reserve(8).await.unwrap(), case.at(8));
    assert_eq!(reserve(100).await.unwrap(), case.at(100));
    assert_eq!(runtime.reserve_page(&case.elsewhere, case.at(0), length).await.unwrap(), case.at(0));
}

async fn pages_reserved_at_once_do_not_overlap(runtime: &dyn RuntimeStore, case: &Case) {
    let length = Duration::from_secs(2);
    let mut begins = join_all((0..8).map(|_| runtime.reserve_page(&case.app, case.at(0), length))).await;
    begins.sort_by_key(|begin| *begin.as_ref().unwrap());
    let expected: Vec<Timestamp> = (0..8).map(|place| case.at(place * 2)).collect();
    assert_eq!(begins.into_iter().map(Result::unwrap).collect::<Vec<_>>(), expected);
}

/// Returns a push that was stored on the day after the case began.
fn push(case: &Case, number: u64) -> StoredPush {
    let midnight = crate::domain::statistics::Day::of(case.at(0)).next().first_hour().begin();
    let id = StoredPushId::new(midnight.plus(Duration::from_secs(number)), number.into());
    StoredPush { id, message: Map::from_iter([("title".to_owned(), json!(format!("push {number}")))]) }
}

async fn a_stored_push_is_read_as_it_was_and_storing_it_again_changes_nothing(runtime: &dyn RuntimeStore, case: &Case) {
    let first = push(case, 1);
    assert_eq!(runtime.stored_push(&case.app, first.id).await.unwrap(), None);
    assert!(runtime.store_push(&case.app, &first).await.unwrap());
    assert!(runtime.store_push(&case.app, &StoredPush { message: Map::new(), ..first.clone() }).await.unwrap());
    assert_eq!(runtime.stored_push(&case.app, first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(runtime.stored_push(&case.elsewhere, first.id).await.unwrap(), None);
}

async fn an_app_stores_so_many_pushes_on_a_day(runtime: &dyn RuntimeStore, case: &Case) {
    for number in 1..=u64::from(MAX_STORED_PUSHES) {
        assert!(runtime.store_push(&case.app, &push(case, number)).await.unwrap(), "{number}");
    }
    assert!(runtime.store_push(&case.app, &push(case, 7)).await.unwrap(), "it is stored already");
    let more = push(case, 1000);
    assert!(!runtime.store_push(&case.app, &more).await.unwrap());
    assert_eq!(runtime.stored_push(&case.app, more.id).await.unwrap(), None);
    assert!(runtime.store_push(&case.app, &push(case, 86_400)).await.unwrap(), "on the next day");
    assert!(runtime.store_push(&case.elsewhere, &more).await.unwrap());
}

async fn everything_of_a_deleted_app_goes_in_steps(runtime: &dyn RuntimeStore, case: &Case) {
    let tasks: Vec<Task> = (1..=3).map(|number| new(case, number, case.at(number), None)).collect();
    for app in [&case.app, &case.elsewhere] {
        for task in &tasks {
            create(runtime, app, task).await;
            runtime.add_task_counts(app, task.id, &TaskCounts { accepted: 1, ..TaskCounts::default() }).await.unwrap();
        }
        runtime.store_push(app, &push(case, 1)).await.unwrap();
        runtime.reserve_page(app, case.at(0), Duration::from_secs(9)).await.unwrap();
    }
    let mut steps = 1;
    while runtime.erase_tasks(&case.app, 2).await.unwrap() {
        steps += 1;
    }
    assert!(steps >= 5, "{steps} steps");
    assert!(!runtime.erase_tasks(&case.app, 2).await.unwrap());
    assert_eq!(runtime.tasks(&case.app, None, 10).await.unwrap(), []);
    for task in &tasks {
        assert_eq!(runtime.task_content(&case.app, task.id).await.unwrap(), None);
        assert_eq!(runtime.task_counts(&case.app, task.id).await.unwrap(), TaskCounts::default());
        assert!(runtime.task(&case.elsewhere, task.id).await.unwrap().is_some());
    }
    assert_eq!(runtime.stored_push(&case.app, push(case, 1).id).await.unwrap(), None);
    assert_eq!(runtime.reserve_page(&case.app, case.at(0), Duration::from_secs(9)).await.unwrap(), case.at(0));
    // The next app with this name creates as many tasks as any other.
    for number in 4..=6 {
        assert_eq!(create(runtime, &case.app, &new(case, number, case.at(9), None)).await, TaskCreation::Created);
    }
}
