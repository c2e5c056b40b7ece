//! Measures what messages cost on the running local stack: `make cost`.
//!
//! It prints, as JSON, what the functions used for the messages. It also prints how long messages take to users who are
//! connected to Curlew.

use curlew_tests::{
    cost::{AppServer, Cost, SHORT, Sender, long_message, message, told},
    stack::{Stack, StackError},
};
use serde::Serialize;
use shared::domain::vendor::Vendor;

/// Callbacks of a server that takes nothing. Ten tries each take their time here.
const IN_VAIN: usize = 100;
const SYNCHRONOUS: usize = 5;
const RETURN: &str = "return: 50 groups, 200 messages";
const ONE_BY_ONE: usize = 20;
const AT_ONCE: usize = 500;
const MEMBERS: usize = 500;
const OFFLINE: usize = 300;
/// Meizu shows a phone five messages a minute. The run before the measurement takes one of them.
const GROUP_MESSAGES: usize = 3;

/// Users who are connected to Curlew, and messages to one of them whose delay is measured.
const LIVE: usize = 5;
const TIMED: usize = 200;

/// What is printed.
#[derive(Serialize)]
struct Report {
    scenarios: Vec<Scenario>,
    /// milliseconds from the answer to the caller until the frame arrives
    direct_delivery_ms: Vec<f64>,
}

/// A way to send.
#[derive(Serialize)]
struct Scenario {
    name: &'static str,
    cost: Cost,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stack = Stack::open()?;
    let sender = Sender::open(&stack).await?;
    let users = sender.users(0..AT_ONCE, Vendor::Fcm, false).await?;
    let few = &users[..ONE_BY_ONE];
    let short = |user: &str| message(user, SHORT);
    // These messages warm the processes up: what a process does once is not measured.
    sender.one_by_one(&users[..1], short).await?;
    sender.all_at_once(&users, short).await?;
    sender.in_batches(&users, short).await?;
    let mut scenarios = vec![
        Scenario { name: "one a request, alone", cost: sender.one_by_one(few, short).await? },
        Scenario { name: "one a request, busy", cost: sender.all_at_once(&users, short).await? },
        Scenario { name: "100 a request, busy", cost: sender.in_batches(&users, short).await? },
        Scenario { name: "1 KB, one a request, alone", cost: sender.one_by_one(few, long_message).await? },
        Scenario { name: "1 KB, one a request, busy", cost: sender.all_at_once(&users, long_message).await? },
        Scenario { name: "1 KB, 100 a request, busy", cost: sender.in_batches(&users, long_message).await? },
    ];
    scenarios.push(Scenario { name: "group of 500, 300 offline, alone", cost: group(&sender).await? });
    let away = sender.away("lin").await?;
    let (ids, cost) = sender.comes_back(&away).await?;
    scenarios.push(Scenario { name: RETURN, cost });
    scenarios.push(Scenario { name: "return: acknowledgement", cost: sender.acknowledges(&away, &ids).await? });
    // The next pull moves the marks. The pull after it measures a pull that finds nothing.
    sender.comes_back(&away).await?;
    scenarios.push(Scenario { name: "return: 50 groups, nothing waits", cost: sender.comes_back(&away).await?.1 });
    let live = sender.users(3000..3000 + LIVE + 1, Vendor::Fcm, false).await?;
    sender.delays(&live[LIVE], 1).await?;
    scenarios.push(Scenario { name: "direct delivery, alone", cost: sender.to_connected(&live[..LIVE]).await? });
    let delays = sender.delays(&live[LIVE], TIMED).await?;
    scenarios.extend(instant(&sender, &users).await?);
    scenarios.extend(callbacks(&stack).await?);
    let direct_delivery_ms = delays.iter().map(|delay| delay.as_secs_f64() * 1000.0).collect();
    serde_json::to_writer_pretty(std::io::stdout(), &Report { scenarios, direct_delivery_ms })?;
    Ok(())
}

/// Pushes without a chat message. Returns what they cost.
async fn instant(sender: &Sender<'_>, users: &[String]) -> Result<Vec<Scenario>, StackError> {
    sender.instant(users, 2).await?;
    sender.instant_in_sync(&users[..1]).await?;
    Ok(vec![
        Scenario { name: "instant, strategy 2, 100 a request, busy", cost: sender.instant(users, 2).await? },
        Scenario { name: "instant, strategy 0, 100 a request, busy", cost: sender.instant(users, 0).await? },
        Scenario { name: "instant, strategy 2, a task, busy", cost: sender.instant_by_task(users).await? },
        Scenario { name: "instant, sync, alone", cost: sender.instant_in_sync(&users[..SYNCHRONOUS]).await? },
    ])
}

/// Tells the server of another app about pushes. Returns what that costs.
async fn callbacks(stack: &Stack) -> Result<Vec<Scenario>, Box<dyn std::error::Error>> {
    let server = AppServer::start()?;
    let sender = Sender::open_with(stack, told(&server)).await?;
    let users = sender.users(0..AT_ONCE, Vendor::Fcm, false).await?;
    sender.callbacks_one_by_one(&users[..1], &server).await?;
    Ok(vec![
        Scenario { name: "callback, alone", cost: sender.callbacks_one_by_one(&users[..ONE_BY_ONE], &server).await? },
        Scenario { name: "callback, busy", cost: sender.callbacks_at_once(&users, &server).await? },
        Scenario { name: "callback, dead server", cost: sender.callbacks_in_vain(&users[..IN_VAIN], &server).await? },
    ])
}

/// Sends messages to a group whose members have phones of all vendors. Returns what they cost.
async fn group(sender: &Sender<'_>) -> Result<Cost, Box<dyn std::error::Error>> {
    let mut members = Vec::new();
    for (place, vendor) in Vendor::ALL.into_iter().enumerate() {
        let share = |of: usize, from: usize| {
            let end = |place: usize| from + of * place / Vendor::ALL.len();
            end(place)..end(place + 1)
        };
        members.extend(sender.users(share(OFFLINE, 1000), vendor, false).await?);
        members.extend(sender.users(share(MEMBERS - OFFLINE, 2000), vendor, true).await?);
    }
    sender.group("birds", &members).await?;
    sender.to_group("birds", 1).await?;
    Ok(sender.to_group("birds", GROUP_MESSAGES).await?)
}
