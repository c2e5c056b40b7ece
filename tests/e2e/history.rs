//! Runs whose whole history is recorded and checked: functions die in turn, and AWS fails, while an app goes on.

use std::{
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use curlew_tests::{
    aws_faults::{FaultsClient, Plan},
    history::{Audience, FaultScope, History, Request, Sending, check},
    simulators::{Endpoint, Fault, FaultRule},
    stack::{App, Recorder},
};
use futures::{StreamExt, future::join, stream};
use reqwest::Method;
use serde_json::json;
use shared::domain::id::{DeviceId, GroupId, NotifierName, UserId};

use crate::harness::{Phone, Tenant, World, canary, until};

const PHONES: usize = 16;
const STEPS: usize = 160;
/// As many clients as an IM server may have. Each running request has its own process.
const CLIENTS: usize = 6;
/// After so many more steps the processes of the next function are killed.
const STEPS_A_KILL: usize = 12;
/// Records of a killed process are redelivered after this time.
const VISIBILITY_SECONDS: u64 = 10;
const GROUP: &str = "birds";

#[tokio::test]
async fn a_history_in_which_every_function_dies_in_turn_breaks_no_invariant() {
    let world = World::alone().await;
    let tenant = world.tenant().await;
    let history = recorded(&world, &tenant, async |run, steps| {
        let functions = ["IngestMessage", "CheckPresence", "PushFcm", "PushHuawei", "RegisterToken", "ReportPresence"];
        for (kill, function) in functions.iter().cycle().take(STEPS / STEPS_A_KILL - 1).enumerate() {
            let after = (kill + 1) * STEPS_A_KILL;
            until("steps of the story", async || (steps.load(Ordering::SeqCst) >= after).then_some(())).await;
            let name = &world.stack.description.functions[*function];
            let mut running = world.stack.function_processes();
            running.retain(|process| process.function == *name);
            run.kill(&running).unwrap();
        }
    })
    .await;
    println!("{} events", history.events.len());
    holds(&world, &history);
}

#[tokio::test]
async fn a_history_in_which_aws_throttles_stalls_and_loses_answers_breaks_no_invariant() {
    let world = World::alone().await;
    let url = world.stack.description.faults_url.as_ref();
    let url = url.expect("the proxy for AWS faults: start the stack with CURLEW_AWS_FAULTS_PORT, as `make e2e` does");
    let faults = FaultsClient::new(url).unwrap();
    let tenant = world.tenant().await;
    let history = recorded(&world, &tenant, async |run, steps| {
        run.fault_begins(FaultScope::Everything);
        faults.begin(Plan { seed: 17, per_thousand: 150 }).await.unwrap();
        until("the story's end", async || (steps.load(Ordering::SeqCst) >= STEPS).then_some(())).await;
        faults.end().await.unwrap();
        run.fault_ends(FaultScope::Everything);
    })
    .await;
    let played = faults.played().await.unwrap();
    println!("AWS failed: {played:?}");
    assert_eq!(played.len(), 5, "every fault is played");
    println!("{} events", history.events.len());
    holds(&world, &history);
}

/// Checks that a history breaks nothing. The whole of it is among the stack's logs.
fn holds(world: &World, history: &History) {
    let file = world.stack.description.log_dir.join("history.json");
    std::fs::write(&file, serde_json::to_vec(history).unwrap()).unwrap();
    let violations = check(history);
    let shown: Vec<String> = violations.iter().take(5).map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{} violations, see {}:\n{}", violations.len(), file.display(), shown.join("\n"));
}

/// Plays the story beside `disturb`, waits until the work is done, and returns the history.
async fn recorded<'w>(
    world: &'w World,
    tenant: &'w Tenant<'w>,
    disturb: impl AsyncFnOnce(&Recorder<'w>, &AtomicUsize),
) -> History {
    let run = Recorder::of(&world.stack, &tenant.app, tenant.key.clone());
    // Sweeps for apps and users that earlier tests erased wait for minutes.
    let is_of_story = |queue: &&String| !queue.contains("DeadLetter") && *queue != "EraseQueue";
    let queues: Vec<String> = world.stack.description.queues.keys().filter(is_of_story).cloned().collect();
    let names: Vec<&str> = queues.iter().map(String::as_str).collect();
    let cast = Cast::enter(&run, tenant).await;
    world
        .while_records_return_after(&names, VISIBILITY_SECONDS, async || {
            let steps = AtomicUsize::new(0);
            let story = stream::iter(0..STEPS).for_each_concurrent(CLIENTS, async |number| {
                cast.step(number).await;
                steps.fetch_add(1, Ordering::SeqCst);
            });
            join(story, disturb(&run, &steps)).await;
            for queue in &queues {
                world.holds(queue, 0).await;
            }
        })
        .await;
    cast.come_back().await;
    run.finish().await.unwrap()
}

/// The people of the story.
struct Cast<'r, 'w> {
    run: &'r Recorder<'w>,
    phones: Vec<Phone>,
}

impl<'r, 'w> Cast<'r, 'w> {
    /// Binds the phones, and puts the users into a group. Their vendors answer late, so that a process may die between
    /// a push and its record.
    async fn enter(run: &'r Recorder<'w>, tenant: &Tenant<'_>) -> Self {
        let phones: Vec<Phone> =
            (0..PHONES).map(|number| Phone::new(["fcm", "huawei"][number % 2], &format!("u{number}"))).collect();
        let late = |phone: &Phone| {
            let answer = FaultRule::new(phone.vendor, Fault::Pass {}).at(Endpoint::Send);
            answer.for_token(&phone.token).delayed(300).times(5)
        };
        tenant.world.stack.vendors.add_faults(phones.iter().map(late)).await.unwrap();
        let cast = Self { run, phones };
        for phone in &cast.phones {
            cast.bind(phone, &phone.user).await;
        }
        cast.make_group().await;
        cast
    }

    async fn make_group(&self) {
        let members: Vec<UserId> = self.phones.iter().map(|phone| user(&phone.user)).collect();
        let body = json!({"groupid": GROUP, "groupname": GROUP, "owner": members[0], "members": members[1..]});
        let request = Request::CreateGroup { group: GroupId::parse(GROUP).unwrap(), members };
        assert!(self.run.change(request, Method::POST, "/chatgroups", &body).await, "a group");
    }

    /// Does what comes next: mostly messages, sometimes a phone changes hands or somebody reads.
    async fn step(&self, number: usize) {
        let phone = &self.phones[number % PHONES];
        match number % 8 {
            5 => self.send(Audience::Group(GroupId::parse(GROUP).unwrap())).await,
            6 => self.read(&user(&phone.user)).await,
            7 => self.bind(phone, &self.phones[(number + 1) % PHONES].user).await,
            _ => self.send(Audience::Users(vec![user(&phone.user)])).await,
        }
    }

    /// Sends a message until it is accepted.
    async fn send(&self, to: Audience) {
        // Secrets end with a number. So none of these texts is a part of another.
        let text = format!("{}z", canary::secret());
        let (path, names) = match &to {
            Audience::Group(group) => ("/messages/chatgroups", vec![group.as_str().to_owned()]),
            Audience::Users(users) | Audience::Members { users, .. } => {
                ("/messages/users", users.iter().map(|user| user.as_str().to_owned()).collect())
            }
            Audience::Everyone => unreachable!("the story has no tasks"),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let body = App::text("sender", &names, &text, &text, &text);
        let sending = Sending { key: Some(canary::fresh()), ..Sending::chat(&text, user("sender"), to.clone()) };
        again(|| async { self.run.send(&sending, path, &body).await == Some(200) }).await;
    }

    /// Binds a phone's token to the same device of a user, until that succeeds.
    async fn bind(&self, phone: &Phone, name: &str) {
        let Phone { device, token, .. } = phone;
        let body = json!({"device_id": device, "device_token": token, "notifier_name": phone.notifier()});
        let request = Request::Bind {
            user: user(name),
            device: DeviceId::parse(device).unwrap(),
            notifier: NotifierName::parse(&phone.notifier()).unwrap(),
            token: token.clone(),
        };
        let path = format!("/users/{name}/push/binding");
        again(|| self.run.change(request.clone(), Method::PUT, &path, &body)).await;
    }

    /// Pulls, and acknowledges every other message.
    async fn read(&self, user: &UserId) {
        if let Ok(messages) = self.run.pull(user).await {
            let ids: Vec<_> = messages.iter().step_by(2).map(|message| message.id).collect();
            if !ids.is_empty() {
                self.run.ack(user, ids).await;
            }
        }
    }

    /// Everybody comes back when nothing fails any more.
    async fn come_back(&self) {
        for phone in &self.phones {
            let user = user(&phone.user);
            self.run.pull(&user).await.unwrap();
            self.run.count(&user).await;
        }
    }
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

/// Repeats a call until it succeeds.
async fn again<F: Future<Output = bool>>(call: impl Fn() -> F) {
    until("a success", async || {
        if call().await {
            return Some(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        None
    })
    .await;
}
