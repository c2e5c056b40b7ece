//! The scene about a task: a notice to everyone, page by page, with its progress.

use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::reason::Reason;

use crate::{
    demo::{
        cast::{ANA, Card, KIM, MATE, PIXEL, WEI, notifier},
        screen::Ink,
        stage::{Stage, TASK_RATE},
        stop::Stop,
        tally::add,
        wait::until,
    },
    simulators::{Filter, fcm},
    stack::StackError,
};

/// The app's other users, each with a phone.
const READERS: usize = 120;
/// How long the task may take: three pages.
const TASK: Duration = Duration::from_secs(60);
/// Calls of the API at once.
const PARALLEL: usize = 8;
const TITLE: &str = "Maintenance";
const TEXT: &str = "Tonight from two to three.";

/// Pushes a notice to all users of the app, and prints how far it is.
pub async fn to_everyone(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("21  A notice to everyone");
    let readers = readers(stage).await?;
    stage.screen.event(&format!("{READERS} other users log in; tasks push to {TASK_RATE} users a second"));
    let push = json!({"strategy": 2, "pushMessage": {"title": TITLE, "content": TEXT}});
    let created = stage.app.call(Method::POST, "/push/task").json(&push).send().await?.success()?;
    let task = created["data"].as_str().ok_or(StackError::Lacking("the task's id"))?;
    stage
        .screen
        .event(&stage.screen.paint(Ink::Bold, &format!("POST /push/task: \"{TITLE}\" to everyone is task {task}")));
    let done = follow(stage, task).await?;

    // Ana, Wei and Kim are the users who are left; Ana has no phone any more.
    let users = READERS + 3;
    let expected =
        json!({"total": users, "done": users, "accepted": users - 1, "refused": {Reason::NoPushBinding.code(): 1}});
    let found: Value =
        ["total", "done", "accepted", "refused"].into_iter().map(|name| (name, done[name].clone())).collect();
    stage.check(found == expected, &expected, &found)?;
    one_each(stage, &readers).await?;
    note(stage)?;
    stage.check_shades().await?;
    stage.show(WEI, MATE).await?;
    stage.show(KIM, PIXEL).await
}

/// Binds a phone for each of the other users. Returns the tokens.
async fn readers(stage: &Stage<'_>) -> Result<Vec<String>, Stop> {
    let tokens: Vec<String> = (0..READERS).map(|_| fcm::device_token()).collect();
    let bind = |(number, token): (usize, &String)| {
        let (app, user, token) = (&stage.app, format!("reader-{number:03}"), token.clone());
        async move { app.bind(&user, "phone", &token, &notifier(&fcm::SIMULATOR)).await.map(drop) }
    };
    let bindings: Vec<_> = tokens.iter().enumerate().map(bind).collect();
    stream::iter(bindings).buffer_unordered(PARALLEL).try_collect::<()>().await?;
    Ok(tokens)
}

/// Prints the progress of the task until it is done and all its pushes are counted.
async fn follow(stage: &Stage<'_>, task: &str) -> Result<Value, Stop> {
    let mut walked = Value::Null;
    until("the end of the task", TASK, async || {
        let answer = stage.app.call(Method::GET, &format!("/push/task/{task}")).send().await?.success()?;
        let progress = &answer["data"];
        let is_over = progress["state"] == "done" && is_counted(progress);
        if is_over || progress["done"] != walked {
            stage.screen.event(&format!("  {}", described(progress)));
            walked = progress["done"].clone();
        }
        Ok(is_over.then(|| progress.clone()))
    })
    .await
}

/// Returns whether each user who was walked is counted. Each of them has one device at most.
fn is_counted(progress: &Value) -> bool {
    let number = |count: &Value| count.as_u64().unwrap_or_default();
    let refused: u64 = progress["refused"].as_object().into_iter().flat_map(|all| all.values()).map(number).sum();
    number(&progress["accepted"]) + refused == number(&progress["done"])
}

fn described(progress: &Value) -> String {
    let total = progress["total"].as_u64().map_or_else(|| "?".to_owned(), |total| total.to_string());
    let state = progress["state"].as_str().unwrap_or_default();
    format!(
        "{state:<8} {:>3} of {total} users, {} accepted, refused: {}",
        progress["done"], progress["accepted"], progress["refused"]
    )
}

/// Checks that every reader's phone got one notification, and only one.
async fn one_each(stage: &Stage<'_>, tokens: &[String]) -> Result<(), Stop> {
    let filter = Filter::vendor("fcm").with_text(TEXT);
    let deliveries = stage.stack.vendors.deliveries(&filter).await?;
    let own: Vec<&String> =
        deliveries.iter().map(|one| &one.notice.token).filter(|token| tokens.contains(token)).collect();
    let different: BTreeSet<&&String> = own.iter().collect();
    stage.check(
        own.len() == READERS && different.len() == READERS,
        format!("{READERS} phones, one notification each"),
        own.len(),
    )?;
    stage.screen.event(&format!("{READERS} phones of the others show it, once each"));
    Ok(())
}

/// Counts what Ana, Wei and Kim got. The others are in no count of the demo.
fn note(stage: &mut Stage<'_>) -> Result<(), Stop> {
    for device in [MATE, PIXEL] {
        let phone = stage.phone(device)?;
        phone.shade.push(Card { title: TITLE.to_owned(), body: TEXT.to_owned(), alerts: 1 });
        let notifier = notifier(phone.vendor);
        add(&mut stage.tally.pushes, &notifier, 1);
        add(&mut stage.tally.attempts, &notifier, 1);
        stage.tally.messages += 1;
    }
    add(&mut stage.tally.suppressions, Reason::NoPushBinding.code(), 1);
    stage.tally.messages += 1;
    stage.screen.event(&format!("{ANA} has no phone any more: {}", Reason::NoPushBinding));
    Ok(())
}
