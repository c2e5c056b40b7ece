//! Compares what a push uses of AWS with `tests/fixtures/cost.json`.

use std::collections::BTreeMap;

use curlew_tests::{
    cost::{Cost, SHORT, Sender, long_message, message},
    returns::WAITING,
    stack::Used,
};
use serde::{Deserialize, Serialize};
use shared::domain::vendor::Vendor;

use crate::harness::{World, canary};

const OFFLINE: usize = 60;
const CONNECTED: usize = 40;
/// Users who are connected to Curlew.
const LIVE: usize = 5;
/// The table with the rows that every process caches, and with statistics.
const RUNTIME: &str = "RuntimeTable";
/// A larger factor counts as growth.
const TOLERATED: f64 = 1.02;

/// What a push uses of one kind of call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Share {
    billed: f64,
    read_units: f64,
    write_units: f64,
}

/// Calls, such as `CheckPresence Query UsersTable`, with each one's share of a push.
type Shares = BTreeMap<String, Share>;

#[tokio::test]
async fn a_push_uses_no_more_of_aws_than_is_written_down() {
    let world = World::alone().await;
    let sender = Sender::open(&world.stack).await.unwrap();
    canary::note(&sender.app.client_secret);
    canary::note(&sender.app.token);
    let offline = sender.users(0..OFFLINE, Vendor::Fcm, false).await.unwrap();
    let connected = sender.users(OFFLINE..OFFLINE + CONNECTED, Vendor::Fcm, true).await.unwrap();
    sender.group("birds", &[offline.clone(), connected].concat()).await.unwrap();
    let first_live = OFFLINE + CONNECTED;
    let live = sender.users(first_live..first_live + LIVE, Vendor::Fcm, false).await.unwrap();
    let (short, few) = (|user: &str| message(user, SHORT), &offline[..5]);

    // This message warms the processes up: what a process does once is not measured.
    sender.one_by_one(&few[..1], short).await.unwrap();
    sender.in_batches(&offline, short).await.unwrap();
    sender.to_group("birds", 1).await.unwrap();
    sender.delays(&live[0], 1).await.unwrap();
    let one = sender.one_by_one(few, short).await.unwrap();
    let long = sender.one_by_one(few, long_message).await.unwrap();
    let batch = sender.in_batches(&offline, short).await.unwrap();
    let group = sender.to_group("birds", 2).await.unwrap();
    let direct = sender.to_connected(&live).await.unwrap();

    assert_eq!((one.pushes, long.pushes, batch.pushes, group.pushes), (5, 5, 60, 120), "every message arrived");
    let away = sender.away("lin").await.unwrap();
    let (ids, back) = sender.comes_back(&away).await.unwrap();
    let acknowledged = sender.acknowledges(&away, &ids).await.unwrap();
    // The pull that finds nothing moves the marks.
    let (left, moving) = sender.comes_back(&away).await.unwrap();
    let (_, nothing) = sender.comes_back(&away).await.unwrap();
    assert_eq!((ids.len(), left.len()), (WAITING, 0), "all is shown once");
    assert!(units(&back).read_units <= 60.0, "{:#?}", shares(&back, |_| true));
    // One write for each message, and one for the marks of each call.
    assert!(units(&acknowledged).write_units <= 1.01, "{:#?}", shares(&acknowledged, |_| true));
    assert!(units(&moving).write_units <= 1.0, "{:#?}", shares(&moving, |_| true));

    let costs = [
        ("one to one", &one),
        ("1 KB", &long),
        ("batch", &batch),
        ("group", &group),
        ("direct", &direct),
        ("return", &back),
        ("acknowledgement", &acknowledged),
        ("return, nothing waits", &nothing),
    ];
    let mut counted: BTreeMap<String, Shares> =
        costs.map(|(name, cost)| (name.to_owned(), shares(cost, |call| !is_kept(call)))).into();
    // The limit is for a message, not for a push: a partition takes 1000 write units a second, however many members the
    // group has. The message is written to a partition of `Messages`, the head to one of `Groups`.
    let hottest = Share { write_units: group.hottest_partition(), ..Share::default() };
    counted.insert("hottest partition".into(), Shares::from([("a message to a group".into(), hottest)]));
    let written: BTreeMap<String, Shares> =
        serde_json::from_str(include_str!("../fixtures/cost.json")).expect("tests/fixtures/cost.json");
    let grown: Vec<String> = counted
        .iter()
        .flat_map(|(name, shares)| {
            let before = written.get(name).cloned().unwrap_or_default();
            grown(shares, &before).into_iter().map(move |what| format!("{name}: {what}"))
        })
        .collect();
    assert!(grown.is_empty(), "{grown:#?}\ncounted: {}", serde_json::to_string_pretty(&counted).unwrap());
    for cost in [&one, &group] {
        let kept = shares(cost, |call| is_kept(call) && !is_added(call));
        assert!(kept.values().all(|share| share.billed < 1.0), "what is kept was read for every push: {kept:#?}");
        // The other updates are written by each process once a minute.
        let added = shares(cost, is_added).values().map(|share| share.billed).sum::<f64>() - cost.statistics();
        assert!(added < 1.0, "{added} updates of {RUNTIME} a push that are no statistics");
    }
    // One batch of one push adds to one row, for one unit.
    assert!(one.statistics() > 0.0 && one.statistics() <= 1.0, "{} units of statistics a push", one.statistics());
    assert!(group.statistics() > 0.0 && group.statistics() < 0.1, "{} units of statistics a push", group.statistics());
}

/// Returns whether the call may add to a row of statistics: it updates that table.
fn is_added(call: &Used) -> bool {
    call.resource == RUNTIME && call.action == "UpdateItem"
}

/// Returns whether every process caches the answer for a minute or longer. Then a count of a few pushes says little.
fn is_kept(call: &Used) -> bool {
    ["AppsTable", RUNTIME].contains(&call.resource.as_str()) || call.service == "kms"
}

fn shares(cost: &Cost, chosen: impl Fn(&Used) -> bool) -> Shares {
    let mut shares = Shares::new();
    for used in cost.calls.iter().filter(|used| chosen(used)) {
        let share = shares
            .entry(format!("{} {} {}", used.caller, used.action, used.resource).trim_end().to_owned())
            .or_default();
        let part = |of: f64| of / cost.pushes as f64;
        share.billed += part(used.billed as f64);
        share.read_units += part(used.read_units);
        share.write_units += part(used.write_units);
    }
    shares
}

/// Returns what a push reads and writes of the tables that no process caches.
fn units(cost: &Cost) -> Share {
    let mut sum = Share::default();
    for share in shares(cost, |call| !is_kept(call)).values() {
        sum.read_units += share.read_units;
        sum.write_units += share.write_units;
    }
    sum
}

/// Returns the calls that use more than before.
fn grown(counted: &Shares, written: &Shares) -> Vec<String> {
    let mut grown = Vec::new();
    for (call, now) in counted {
        let before = written.get(call).copied().unwrap_or_default();
        let kinds = [
            ("billed requests", now.billed, before.billed),
            ("read units", now.read_units, before.read_units),
            ("write units", now.write_units, before.write_units),
        ];
        for (kind, now, before) in kinds.into_iter().filter(|(_, now, before)| *now > before * TOLERATED) {
            grown.push(format!("{call}: {now:.4} {kind} a push, {before:.4} before"));
        }
    }
    grown
}
