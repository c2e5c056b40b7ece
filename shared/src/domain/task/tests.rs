//! Walks that crash, meet each other, and are paused: nobody is walked twice, and nobody who stays is left out.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Just, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as _;

use super::{Strategy, *};
use crate::domain::{
    directory::Shard,
    id::{MessageId, UserId},
    instant::InstantPush,
    message::{Content, MAX_ID_AGE, MessageType, OFFLINE_RETENTION},
    statistics::Counted,
};

const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

fn task() -> Task {
    Task {
        id: TaskId::new(NOW, 7),
        audience: Audience::Everyone,
        title: "Notice".into(),
        strategy: Strategy::default(),
        state: TaskState::Running,
        starts_at: NOW,
        ended_at: None,
        walk: Walk::new(NOW),
        version: 0,
    }
}

fn user(number: u8) -> UserId {
    UserId::parse(&format!("u{number}")).unwrap()
}

fn id(number: u128) -> MessageId {
    MessageId::new(NOW, number)
}

/// What happens next. The first number names one of two walkers.
#[derive(Debug, Clone)]
enum Step {
    Read(usize),
    Begin(usize, usize),
    Repeat(usize, usize),
    End(usize),
    Crash(usize),
    Ask(AskedState),
    Join(u8),
    Leave(u8),
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    let walker = 0usize..2;
    let asked = prop_oneof![
        5 => Just(AskedState::Paused), 8 => Just(AskedState::Running), 1 => Just(AskedState::Cancelled)
    ];
    let step = prop_oneof![
        4 => walker.clone().prop_map(Step::Read),
        4 => (walker.clone(), 1usize..6).prop_map(|(walker, most)| Step::Begin(walker, most)),
        3 => (walker.clone(), 1usize..6).prop_map(|(walker, most)| Step::Repeat(walker, most)),
        4 => walker.clone().prop_map(Step::End),
        1 => walker.prop_map(Step::Crash),
        1 => asked.prop_map(Step::Ask),
        1 => any::<u8>().prop_map(Step::Join),
        1 => any::<u8>().prop_map(Step::Leave),
    ];
    proptest::collection::vec(step, 0..80)
}

/// A walker: the task as it knows it, and the users whom it pushed to, with the rest of their page.
#[derive(Default)]
struct Walker {
    task: Option<Task>,
    pushed: Option<(Vec<UserId>, Option<Place>)>,
}

/// The stored task, with its users.
struct World {
    task: Task,
    users: BTreeSet<(Shard, UserId)>,
    walkers: [Walker; 2],
    walked: Vec<UserId>,
}

impl World {
    fn with(users: &BTreeSet<u8>) -> Self {
        let users = users.iter().map(|number| user(*number)).map(|user| (Shard::of(&user), user)).collect();
        Self { task: task(), users, walkers: Default::default(), walked: Vec::new() }
    }

    /// Replaces the task, if it was not changed since.
    fn replace(&mut self, task: &Task) -> bool {
        let is_next = self.task.version + 1 == task.version;
        if is_next {
            self.task = task.clone();
        }
        is_next
    }

    fn found(&self, from: &Place, end: Option<&Place>, most: usize) -> (Vec<UserId>, bool) {
        let is_part = |user: &UserId| {
            let place = Place::behind(user);
            place > *from && end.is_none_or(|end| place <= *end)
        };
        let users: Vec<UserId> = self.users.iter().map(|(_, user)| user.clone()).filter(is_part).collect();
        (users.iter().take(most).cloned().collect(), users.len() > most)
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Read(walker) => self.walkers[walker] = Walker { task: Some(self.task.clone()), pushed: None },
            Step::Begin(walker, most) => self.begin(walker, most),
            Step::Repeat(walker, most) => self.repeat(walker, most),
            Step::End(walker) => self.end(walker),
            Step::Crash(walker) => self.walkers[walker] = Walker::default(),
            Step::Ask(state) => {
                if let Ok(task) = self.task.asked(state, NOW) {
                    self.task = task;
                }
            }
            Step::Join(number) => {
                let user = user(number);
                self.users.insert((Shard::of(&user), user));
            }
            Step::Leave(number) => {
                let user = user(number);
                self.users.remove(&(Shard::of(&user), user));
            }
        }
    }

    fn begin(&mut self, walker: usize, most: usize) {
        let runs = |task: &Task| task.state == TaskState::Running && task.walk.page.is_none();
        let Some(seen) = self.walkers[walker].task.clone().filter(runs) else { return };
        let (users, more) = self.found(&seen.walk.place, None, most);
        let Some(last) = users.last() else {
            self.replace(&seen.without_users(NOW));
            return;
        };
        let begun = seen.begin_page(id(1), more.then(|| Place::behind(last)), NOW);
        if self.replace(&begun) {
            self.walkers[walker] = Walker { task: Some(begun), pushed: Some((users, None)) };
        }
    }

    fn repeat(&mut self, walker: usize, most: usize) {
        let runs = |task: &Task| task.state == TaskState::Running;
        let Some(seen) = self.walkers[walker].task.clone().filter(runs) else { return };
        let Some(page) = &seen.walk.page else { return };
        let (users, more) = self.found(&seen.walk.place, page.end.as_ref(), most);
        let claimed = seen.claim_page(NOW);
        if self.replace(&claimed) {
            let rest = users.last().filter(|_| more).map(Place::behind);
            self.walkers[walker] = Walker { task: Some(claimed), pushed: Some((users, rest)) };
        }
    }

    fn end(&mut self, walker: usize) {
        let Walker { task: Some(mut begun), pushed: Some((users, rest)) } = std::mem::take(&mut self.walkers[walker])
        else {
            return;
        };
        let number = users.len() as u64;
        loop {
            let ended = match &rest {
                Some(place) => begun.advance_page(number, place.clone(), NOW),
                None => begun.end_page(number, NOW, NOW),
            };
            if self.replace(&ended) {
                self.walked.extend(users);
                return;
            }
            match self.task.is_in_same_page(&begun) {
                true => begun = self.task.clone(),
                false => return,
            }
        }
    }

    /// Walks on until nobody is left.
    fn finish(&mut self) {
        while let Ok(task) = self.task.asked(AskedState::Running, NOW) {
            self.task = task;
            self.take(Step::Read(0));
            match self.task.walk.page {
                Some(_) => self.take(Step::Repeat(0, 3)),
                None => self.take(Step::Begin(0, 3)),
            }
            self.take(Step::End(0));
        }
    }
}

proptest! {
    #[test]
    fn nobody_is_walked_twice_and_nobody_who_stays_is_left_out(
        users in proptest::collection::btree_set(any::<u8>(), 0..30), steps in steps(),
    ) {
        let mut world = World::with(&users);
        let mut left: BTreeSet<u8> = BTreeSet::new();
        for step in steps {
            if let Step::Leave(number) = step {
                left.insert(number);
            }
            world.take(step);
        }
        world.finish();
        if world.task.walk.page.is_none() {
            prop_assert_eq!(&world.task.walk.place, &Place::START, "an ended task names nobody");
        }
        let mut times: BTreeMap<&UserId, usize> = BTreeMap::new();
        world.walked.iter().for_each(|user| *times.entry(user).or_default() += 1);
        prop_assert!(times.values().all(|times| *times == 1), "{:?}", times);
        prop_assert_eq!(world.task.walk.done, world.walked.len() as u64);
        if world.task.state == TaskState::Done {
            let stayed = users.difference(&left).map(|number| user(*number));
            prop_assert!(stayed.into_iter().all(|user| times.contains_key(&user)));
        }
    }
}

#[test]
fn a_renewed_page_keeps_the_ids_under_which_somebody_has_a_row() {
    let begun = task().begin_page(id(1), None, NOW);
    let ids = |task: &Task| task.walk.page.clone().unwrap().ids;
    let renewed = begun.renew_page(&[], id(2), NOW);
    assert_eq!(ids(&renewed), [id(2)]);
    let renewed = renewed.renew_page(&[id(2)], id(3), NOW);
    assert_eq!(ids(&renewed), [id(2), id(3)]);
    let mut many = renewed;
    for number in 4..20 {
        many = many.renew_page(&ids(&many), id(number), NOW);
    }
    assert_eq!(ids(&many), (12..20).map(id).collect::<Vec<_>>());
}

#[test]
fn rows_of_the_offline_store_are_written_under_fresh_ids_and_others_for_days() {
    let page = BegunPage { ids: vec![id(1)], end: None };
    let content = |strategy| Content {
        from: user(0),
        group: None,
        kind: MessageType::Txt,
        body: serde_json::Map::new(),
        ext: serde_json::Map::new(),
        online_only: false,
        instant: Some(Box::new(InstantPush { strategy, ..InstantPush::default() })),
        accepted_at: NOW,
        expires_at: NOW,
    };
    let later = |by| NOW.plus(by);
    let second = std::time::Duration::from_secs(1);
    let waiting = content(Strategy::VendorFirst);
    assert!(!page.needs_id(&waiting, later(MAX_ID_AGE)));
    assert!(page.needs_id(&waiting, later(MAX_ID_AGE + second)));
    let beside = content(Strategy::Vendor);
    assert!(!page.needs_id(&beside, later(OFFLINE_RETENTION.saturating_sub(second * 86_401))));
    assert!(page.needs_id(&beside, later(OFFLINE_RETENTION.saturating_sub(second * 86_400))));
}

#[test]
fn a_begun_page_is_left_alone_until_nobody_can_work_on_it() {
    let begun = task().begin_page(id(1), None, NOW);
    assert!(begun.next_due_at() > NOW.plus(MAX_ID_AGE));
    let next = begun.end_page(3, NOW.plus(MAX_ID_AGE), NOW);
    assert_eq!((next.state, next.walk.done, next.walk.step), (TaskState::Done, 3, 1));
    let begun = task().begin_page(id(1), Some(Place::behind(&user(1))), NOW);
    let next = begun.end_page(3, NOW.plus(MAX_ID_AGE), NOW);
    assert_eq!((next.state, next.next_due_at()), (TaskState::Running, NOW.plus(MAX_ID_AGE)));
}

#[test]
fn a_task_that_has_ended_names_nobody_any_more() {
    let at = |user: &UserId| Some(Place::behind(user));
    let running = task().begin_page(id(1), at(&user(1)), NOW).end_page(3, NOW, NOW);
    assert_eq!(running.walk.place, Place::behind(&user(1)));
    let cancel = |task: &Task| task.asked(AskedState::Cancelled, NOW).unwrap();
    let begun = running.begin_page(id(2), at(&user(2)), NOW);
    let in_page = cancel(&begun);
    assert_eq!(in_page.walk.place, Place::behind(&user(1)), "the begun page is still pushed");
    for ended in [
        running.begin_page(id(2), None, NOW).end_page(3, NOW, NOW),
        running.without_users(NOW),
        running.overdue(NOW.plus(MAX_TASK_LIFE)).unwrap(),
        cancel(&running),
        in_page.end_page(3, NOW, NOW),
        cancel(&begun).without_users(NOW),
    ] {
        assert!(ended.state.has_ended());
        assert_eq!((ended.walk.place, ended.walk.page), (Place::START, None));
    }
}

#[test]
fn a_page_suffices_for_five_seconds_and_takes_as_long() {
    for (per_second, users, millis) in [(1, 25, 25_000), (10, 50, 5_000), (100, 500, 5_000), (1000, 500, 500)] {
        let found = page_users(per_second);
        assert_eq!((found, time_for(found as u64, per_second).as_millis()), (users, millis));
    }
}

#[test]
fn a_receiver_who_was_online_counts_as_accepted_and_a_recalled_one_does_not() {
    use crate::domain::{push::SemanticClass, reason::Reason};
    let mut counts = TaskCounts::default();
    for reason in [Reason::UserOnline, Reason::MessageDelivered, Reason::NoPushBinding, Reason::NoPushBinding] {
        counts.count(Counted::Suppressed { class: SemanticClass::Marketing, reason }, 1);
    }
    counts.count_recalled();
    let refused = BTreeMap::from([(Reason::NoPushBinding, 2), (Reason::MessageDelivered, 1)]);
    assert_eq!((counts.accepted, counts.refused), (2, refused));
}
