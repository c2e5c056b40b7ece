//! Tasks whose functions crash. A crash is a process that dies at a call: what it did before stays, and SQS hands its
//! records out again.

use std::{collections::BTreeMap, time::Duration};

use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule};
use serde_json::{Value, json};
use shared::{
    domain::{
        id::MessageId,
        task::{AskedState, TaskState},
    },
    ports::clock::Clock,
};

use super::{
    socket::Socket,
    task_world::{REDELIVERED, World},
};

/// Every call of a step, with the fake that it goes to. The second call of `change_task` ends the page.
const CALLS: [(&str, usize); 8] = [
    ("task", 0),
    ("users", 0),
    ("task_content", 0),
    ("change_task", 0),
    ("store", 0),
    ("queue_dispatch", 0),
    ("reserve_page", 0),
    ("change_task", 1),
];

impl World {
    /// Lets the next record of the task die at this call, and redelivers it.
    async fn die_at(&self, (method, calls): (&str, usize)) {
        let Some(record) = self.take_task_record() else { panic!("no task is due") };
        let stack = &self.stack;
        let faults = match method {
            "users" => &stack.users.faults,
            "store" => &stack.messages.faults,
            "queue_dispatch" | "queue_task" => &stack.dispatch_queue.faults,
            _ => &stack.runtime.faults,
        };
        faults.hang_after(method, calls);
        stack.dispatch_dies(std::slice::from_ref(&record)).await;
        assert_eq!(faults.left(), 0, "{method}");
        stack.clock.advance(REDELIVERED);
        stack.dispatch_queue.put(record);
    }

    /// Handles everything until a record of the task is due. Returns `false` if none is left.
    async fn until_due(&self) -> bool {
        loop {
            self.push_all().await;
            match self.stack.next_visible() {
                None => return false,
                Some(at) if at <= self.stack.clock.now() => return true,
                Some(at) => self.stack.clock.set(at),
            }
        }
    }

    /// Returns how many messages each user has.
    fn messages(&self) -> BTreeMap<String, Vec<MessageId>> {
        let mut found: BTreeMap<String, Vec<MessageId>> = BTreeMap::new();
        for (receiver, _) in self.stack.messages.all(&self.app.key) {
            found.entry(receiver.user.to_string()).or_default().push(receiver.msg_id);
        }
        found
    }
}

#[tokio::test]
async fn a_task_of_20_000_users_that_crashes_everywhere_shows_each_of_them_one_notification() {
    let world = World::with(20_000, json!({"task_pushes_per_second": 1000})).await;
    let id = world.task(2).await;
    let mut crashes = CALLS.iter().cycle();
    for page in 0.. {
        if !world.until_due().await {
            break;
        }
        // Every third try crashes, each time at another call.
        match page % 3 {
            1 => world.die_at(*crashes.next().unwrap()).await,
            _ => assert!(world.stack.step().await),
        }
    }
    let task = world.state(id).await;
    assert_eq!((task.state, task.walk.done), (TaskState::Done, 20_000));
    assert_eq!(world.phones_with(1), 20_000);
    assert_eq!(world.counts(id).await.accepted, 20_000);
}

#[tokio::test]
async fn a_page_that_crashes_at_each_of_its_calls_in_turn_ends_with_one_message_for_each_user() {
    for strategy in [2, 0] {
        let world = World::with(30, json!({})).await;
        let id = world.task(strategy).await;
        for call in CALLS {
            assert!(world.until_due().await);
            world.die_at(call).await;
        }
        world.stack.drain().await;
        assert_eq!((world.phones_with(1), world.state(id).await.total()), (30, Some(30)), "strategy {strategy}");
        assert!(world.messages().values().all(|ids| ids.len() == 1), "strategy {strategy}");
        assert_eq!(world.counts(id).await.accepted, 30, "strategy {strategy}");
    }
}

#[tokio::test]
async fn a_page_that_dies_while_it_stores_keeps_the_ids_that_are_stored() {
    let world = World::with(30, json!({})).await;
    let id = world.task(0).await;
    let mut ids = Vec::new();
    for rows in [7, 5, 11] {
        assert!(world.until_due().await);
        world.stack.messages.faults.cut_off("store", rows);
        // The failed page cannot be queued again either.
        world.die_at(("queue_task", 0)).await;
        ids.push(world.messages().len());
    }
    assert_eq!(ids, [7, 12, 23]);
    let stored = world.messages();
    world.stack.drain().await;
    let all = world.messages();
    assert!(stored.iter().all(|(user, ids)| all[user] == *ids));
    assert!(all.values().all(|ids| ids.len() == 1));
    assert_eq!((world.phones_with(1), world.state(id).await.total()), (30, Some(30)));
    let distinct: std::collections::BTreeSet<&MessageId> = all.values().flatten().collect();
    assert_eq!(distinct.len(), 4);
}

#[tokio::test]
async fn a_page_that_dies_while_it_queues_pushes_to_each_user_once() {
    for strategy in [2, 0] {
        let world = World::with(100, json!({})).await;
        let id = world.task(strategy).await;
        assert!(world.until_due().await);
        // Two of four records are queued, and the page cannot be queued again.
        world.stack.dispatch_queue.break_after(2);
        world.die_at(("queue_task", 0)).await;
        world.stack.drain().await;
        assert_eq!((world.phones_with(1), world.state(id).await.total()), (100, Some(100)), "strategy {strategy}");
        assert!(world.messages().values().all(|ids| ids.len() == 1));
        assert_eq!(world.counts(id).await.accepted, 100);
    }
}

#[tokio::test]
async fn a_repeated_page_is_not_posted_again_to_those_who_acknowledged_it() {
    for strategy in [1, 3] {
        let world = World::with(30, json!({})).await;
        let mut sockets = Vec::new();
        for number in 0..30 {
            sockets.push(Socket::connect(&world.stack, &world.app, &format!("u{number}"), "tablet").await);
        }
        world.stack.drain().await;
        world.task(strategy).await;
        // One of two records is queued, and the page cannot be queued again.
        world.stack.dispatch_queue.break_after(1);
        world.die_at(("queue_task", 0)).await;
        for socket in &sockets {
            socket.send(r#"{"action":"ping"}"#).await;
            socket.frames();
        }
        let record = world.take_task_record().unwrap();
        while world.stack.step().await {}
        let mut posted = 0;
        for socket in &sockets {
            let ids: Vec<String> = ids_of(&socket.frames());
            posted += ids.len();
            if !ids.is_empty() {
                socket.ack(&ids).await;
            }
        }
        assert_eq!(posted, 25, "strategy {strategy}");
        world.stack.dispatch_queue.put(record);
        world.stack.drain().await;
        let frames: Vec<usize> = sockets.iter().map(|socket| socket.frames().len()).collect();
        assert_eq!(frames.iter().sum::<usize>(), 5, "strategy {strategy}");
        // Who was decided first by the repeat has the trace of a first decision.
        let late = frames.iter().position(|frames| *frames == 1).unwrap();
        let path = world.app.path(&format!("push/trace/{}?user=u{late}", world.ids_of(late)[0]));
        let trace = world.stack.ok("GET", &path, &world.app.token, json!({})).await["data"].clone();
        let mut rules = trace["rules"].as_array().unwrap().iter();
        let delivery = rules.find(|rule| rule["rule"] == "delivery").unwrap();
        if strategy == 1 {
            assert_eq!(delivery["verdict"], "n/a", "{trace}");
        }
    }
}

fn ids_of(frames: &[Value]) -> Vec<String> {
    frames.iter().map(|frame| frame["message"]["msg_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_page_that_is_repeated_days_later_outlives_a_vendor_that_is_down_and_one_that_refuses() {
    for refuses in [false, true] {
        let world = World::with(3, json!({})).await;
        let socket = Socket::connect(&world.stack, &world.app, "u1", "tablet").await;
        world.stack.drain().await;
        let id = world.task(0).await;
        world.die_at(("queue_dispatch", 0)).await;
        world.ask(id, AskedState::Paused).await;
        world.stack.drain().await;
        world.stack.clock.advance(Duration::from_secs(86_400));
        let socket = match refuses {
            true => Socket::connect(&world.stack, &world.app, "u1", "phone").await,
            false => socket,
        };
        // A new connection gets what waits.
        world.stack.drain().await;
        socket.send(r#"{"action":"ping"}"#).await;
        socket.frames();
        if refuses {
            world.stack.simulators.add_devices([Device::unregistered("huawei", &world.tokens[1])]).unwrap();
        } else {
            let down = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).times(7);
            world.stack.simulators.add_faults([down]).unwrap();
        }
        world.ask(id, AskedState::Running).await;
        world.queue(id, 0).await;
        world.stack.drain().await;
        let (shown, posted) = (world.shown(), socket.frames().len());
        match refuses {
            true => assert_eq!((shown, posted), (vec![1, 0, 1], 1)),
            false => assert_eq!(shown, [1, 1, 1]),
        }
    }
}

#[tokio::test]
async fn a_failed_page_is_tried_again_without_a_redelivery_and_a_task_does_not_wait_for_its_rate() {
    for method in ["task", "task_content", "change_task", "reserve_page"] {
        let world = World::with(30, json!({})).await;
        let id = world.task(0).await;
        world.stack.runtime.faults.fail_next_of(method, 1);
        let took = world.drained().await;
        assert_eq!((world.phones_with(1), world.state(id).await.total()), (30, Some(30)), "{method}");
        assert!(took < Duration::from_secs(60), "{method}: {took:?}");
    }
    // The answer to a change is lost: the row says more than the function knows.
    for calls in [0, 1] {
        let world = World::with(30, json!({})).await;
        let id = world.task(0).await;
        world.stack.runtime.faults.lose_answer_after("change_task", calls);
        world.stack.drain().await;
        assert_eq!((world.phones_with(1), world.state(id).await.total()), (30, Some(30)), "{calls}");
    }
}

#[tokio::test]
async fn a_page_that_is_resumed_days_later_pushes_to_those_who_have_no_push() {
    for (strategy, days) in [(2, 2), (2, 10), (0, 2)] {
        let world = World::with(30, json!({})).await;
        let id = world.task(strategy).await;
        world.die_at(("queue_dispatch", 0)).await;
        world.ask(id, AskedState::Paused).await;
        world.stack.drain().await;
        assert_eq!(world.phones_with(1), 0);
        world.stack.clock.advance(Duration::from_secs(days * 86_400));
        world.ask(id, AskedState::Running).await;
        world.queue(id, 0).await;
        world.stack.drain().await;
        assert_eq!((world.phones_with(1), world.state(id).await.total()), (30, Some(30)), "{strategy}, {days} days");
    }
}

#[tokio::test]
async fn a_begun_page_in_which_many_join_is_pushed_in_parts() {
    let mut world = World::with(400, json!({})).await;
    let id = world.task(2).await;
    world.die_at(("store", 0)).await;
    (0..1200).for_each(|_| world.join());
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.state(id).await.total()), (1600, Some(1600)));
}

#[tokio::test]
async fn a_corrupt_task_ends_its_record_and_a_table_that_stays_down_ends_it_after_some_tries() {
    let world = World::with(1, json!({})).await;
    world.task(2).await;
    world.stack.runtime.faults.corrupt("task", world.app.key.as_str());
    world.stack.drain().await;
    assert!(world.stack.dispatch_queue.is_empty() && world.stack.dead_letters.is_empty());
    let id = {
        world.stack.runtime.faults.mend();
        world.task(2).await
    };
    world.stack.runtime.faults.fail_next_of("task", 6);
    world.stack.drain().await;
    assert_eq!(world.stack.runtime.faults.left(), 0);
    assert_eq!(world.state(id).await.state, TaskState::Running);
}
