//! Kills the functions' processes while messages are sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use curlew_tests::{
    simulators::{Endpoint, Fault, FaultRule},
    stack::{FunctionProcess, queues},
};
use futures::{
    StreamExt,
    future::{join, join_all},
    stream,
};
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::{decision::Verdict, outcome::PushStatus};

use crate::harness::{Phone, Tenant, World, canary, custom, dead_letters, message, until};

const MESSAGES: usize = 200;
const PHONES: usize = 40;
/// Numbers of accepted messages after which all processes are killed.
const KILLS: [usize; 4] = [20, 70, 120, 170];
/// As many clients as an IM server may have. Each running request has its own process.
const CLIENTS: usize = 8;
/// Records of a killed process are redelivered after this time.
const VISIBILITY_SECONDS: u64 = 10;

#[tokio::test]
async fn killing_every_function_process_loses_no_message_and_doubles_none() {
    let world = World::alone().await;
    let dead_lettered = dead_letters(&world).await;
    let tenant = world.tenant().await;
    let phones: Vec<Phone> = stream::iter(0..PHONES)
        .map(async |index| tenant.phone(["fcm", "huawei"][index % 2], &format!("u{index}")).await)
        .buffered(CLIENTS)
        .collect()
        .await;

    // Phones get their notifications at once, and Curlew gets the answers later. A kill may come in between.
    let late = |phone: &Phone| {
        let answer = FaultRule::new(phone.vendor, Fault::Pass {}).at(Endpoint::Send);
        answer.for_token(&phone.token).delayed(300).times(5)
    };
    world.stack.vendors.add_faults(phones.iter().map(late)).await.unwrap();

    let queues = queues();
    let names: Vec<&str> = queues.iter().map(String::as_str).collect();
    let (ids, killed) = world
        .while_records_return_after(&names, VISIBILITY_SECONDS, async || {
            let accepted = AtomicUsize::new(0);
            let sending = stream::iter(0..MESSAGES)
                .map(async |index| {
                    let user = &phones[index % PHONES].user;
                    let id = send(&tenant, user).await;
                    accepted.fetch_add(1, Ordering::SeqCst);
                    (user.clone(), id)
                })
                .buffer_unordered(CLIENTS)
                .collect::<Vec<(String, String)>>();
            let (ids, killed) = join(sending, kill_again_and_again(&world, &accepted)).await;
            each_is_shown_once(&tenant, &phones, &ids).await;
            (ids, killed)
        })
        .await;

    let delivered =
        join_all(phones.iter().map(|phone| tenant.deliveries(phone))).await.iter().map(Vec::len).sum::<usize>();
    println!("{} notifications were replaced by their repeats; killed were {killed:?}", delivered - MESSAGES);
    for function in ["IngestMessage", "CheckPresence", "PushFcm", "PushHuawei"] {
        assert!(killed.contains_key(&world.stack.description.functions[function]), "{function} never ran");
    }
    for (user, id) in &ids {
        let stored = tenant.ended(user, id).await;
        assert_eq!(stored.decision.unwrap().verdict, Verdict::Push);
        let [outcome] = &stored.outcomes[..] else { panic!("{:?}", stored.outcomes) };
        assert_eq!(outcome.status, PushStatus::Success);
    }
    for queue in &queues {
        world.holds(queue, 0).await;
    }
    assert_eq!(dead_letters(&world).await, dead_lettered);
    // Nothing arrives later.
    each_is_shown_once(&tenant, &phones, &ids).await;
}

/// Sends one message until it is accepted.
async fn send(tenant: &Tenant<'_>, user: &str) -> String {
    let (body, key) = (message(&[user], json!({})), canary::fresh());
    until("a message's acceptance", async || {
        let call = tenant.app.call(Method::POST, "/messages/users").idempotency_key(&key).json(&body);
        let answer = call.send().await.ok()?;
        match answer.status {
            200 => Some(answer.body["data"][user].as_str().unwrap().to_owned()),
            // The killed call still holds its key, or this call was killed too.
            409 | 500..=504 => {
                tokio::time::sleep(Duration::from_millis(500)).await;
                None
            }
            other => panic!("{other}: {}", answer.text),
        }
    })
    .await
}

/// Kills all processes after each of these numbers of accepted messages. Returns how many processes of each function
/// there were.
async fn kill_again_and_again(world: &World, accepted: &AtomicUsize) -> BTreeMap<String, usize> {
    let mut killed = BTreeMap::new();
    for after in KILLS {
        until("messages", async || (accepted.load(Ordering::SeqCst) >= after).then_some(())).await;
        let running = world.stack.function_processes();
        FunctionProcess::kill_all(&running).unwrap();
        for process in running {
            *killed.entry(process.function).or_default() += 1;
        }
    }
    killed
}

/// Checks that every message is in the shade of its phone once, and nothing else is.
async fn each_is_shown_once(tenant: &Tenant<'_>, phones: &[Phone], ids: &[(String, String)]) {
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    for phone in phones {
        let wanted: BTreeSet<&str> =
            ids.iter().filter(|(user, _)| *user == phone.user).map(|(_, id)| id.as_str()).collect();
        let shade = until("every notification", async || {
            Some(tenant.shown(phone).await).filter(|shade| shade.len() >= wanted.len())
        })
        .await;
        let shown: Vec<Value> = shade.iter().map(|shown| custom(shown)["m"].take()).collect();
        assert_eq!(shown.len(), wanted.len(), "{} shows a message twice", phone.user);
        assert_eq!(shown.iter().map(|id| id.as_str().unwrap()).collect::<BTreeSet<_>>(), wanted);
    }
}
