//! Writes whose answer is lost. The SDK repeats them, and the repeat finds what the first try wrote.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use curlew_tests::tables::local_sdk;
use serde_json::{Value, json};
use shared::{
    aws::dynamo::{self, AppsTable, RuntimeTable, UsersTable},
    domain::{
        account::Account,
        app::App,
        id::TaskId,
        instant::Strategy,
        profile::Profile,
        statistics::{Counted, CountedRow, Hour},
        task::{AskedState, Audience, NewTask, Task},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        apps::ManageApps,
        claims::{Claim, ClaimKeys, Claimed},
        error::StoreError,
        statistics::AddCounts,
        tasks::ChangeTask,
        users::{CreateUser, ManageProfiles},
    },
    testing::sample,
};

const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);
const HOLD: Duration = Duration::from_secs(35);

/// A table that does every write, and loses the answer of the first try.
#[derive(Default)]
struct Table {
    rows: HashMap<String, Value>,
    /// tokens of the transactions that were committed
    transactions: Vec<Value>,
    requests: usize,
}

type Answer = (StatusCode, String);

impl Table {
    fn answer(&mut self, target: &str, request: &Value) -> Answer {
        self.requests += 1;
        let key = |item: &Value| format!("{}{}", item["pk"], item["sk"]);
        match target {
            "DynamoDB_20120810.PutItem" => {
                let item = request["Item"].clone();
                match self.rows.get(&key(&item)) {
                    Some(found) => refused(found),
                    None => {
                        self.rows.insert(key(&item), item);
                        lost()
                    }
                }
            }
            "DynamoDB_20120810.UpdateItem" => {
                let mut item = updated(request);
                item["pk"] = request["Key"]["pk"].clone();
                item["sk"] = request["Key"]["sk"].clone();
                match self.rows.insert(key(&item), item.clone()) {
                    Some(found) => refused(&found),
                    None => lost(),
                }
            }
            "DynamoDB_20120810.TransactWriteItems" => {
                let token = request["ClientRequestToken"].clone();
                if self.transactions.contains(&token) {
                    return (StatusCode::OK, "{}".into());
                }
                self.transactions.push(token);
                lost()
            }
            "DynamoDB_20120810.GetItem" | "DynamoDB_20120810.Query" => (StatusCode::OK, "{}".into()),
            other => panic!("unexpected {other}"),
        }
    }
}

/// Returns the attributes that an update sets.
fn updated(request: &Value) -> Value {
    let expression = request["UpdateExpression"].as_str().unwrap().strip_prefix("SET ").unwrap();
    let set = expression.split(" REMOVE ").next().unwrap().split(", ").map(|part| part.split_once(" = ").unwrap());
    let name = |name: &str| match name.starts_with('#') {
        true => request["ExpressionAttributeNames"][name].as_str().unwrap().to_owned(),
        false => name.to_owned(),
    };
    set.map(|(left, right)| (name(left), request["ExpressionAttributeValues"][right].clone())).collect()
}

fn lost() -> Answer {
    (StatusCode::INTERNAL_SERVER_ERROR, json!({"__type": "InternalServerError"}).to_string())
}

fn refused(found: &Value) -> Answer {
    let body = json!({"__type": "ConditionalCheckFailedException", "Item": found});
    (StatusCode::BAD_REQUEST, body.to_string())
}

async fn serve(State(table): State<Arc<Mutex<Table>>>, headers: HeaderMap, body: Bytes) -> Answer {
    let target = headers["x-amz-target"].to_str().unwrap();
    table.lock().unwrap().answer(target, &serde_json::from_slice(&body).unwrap())
}

/// Returns a client of such a table.
#[expect(clippy::disallowed_methods, reason = "the table answers while a test waits for it")]
async fn losing() -> (aws_sdk_dynamodb::Client, Arc<Mutex<Table>>) {
    let table = Arc::new(Mutex::new(Table::default()));
    let router = Router::new().route("/", post(serve)).with_state(table.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (dynamo::client(&local_sdk(&endpoint)), table)
}

fn requests(table: &Mutex<Table>) -> usize {
    table.lock().unwrap().requests
}

#[tokio::test]
async fn an_app_is_created_and_changed_though_the_answer_is_lost() {
    let (client, table) = losing().await;
    let apps = AppsTable::new(&client, "apps".into());
    let app = sample::app(&sample::app_key("acme#chat"), NOW);
    // One transaction writes the app and the directory's row. The repeat has the same token.
    apps.create_app(&app).await.unwrap();
    assert_eq!((requests(&table), table.lock().unwrap().transactions.len()), (2, 1));
    let another = App { client_id: "other".into(), ..app };

    let (client, table) = losing().await;
    let apps = AppsTable::new(&client, "apps".into());
    apps.change_app(&another).await.unwrap();
    assert_eq!(requests(&table), 2);
    let other = App { client_secret_sha256: "1".repeat(64), ..another };
    assert!(matches!(apps.change_app(&other).await, Err(StoreError::Conflict)));
}

#[tokio::test]
async fn an_idempotency_key_is_claimed_though_the_answer_is_lost() {
    let (client, table) = losing().await;
    let runtime = RuntimeTable::new(&client, "runtime".into());
    let claim =
        |owner: &str| Claim { key: "key".into(), body_sha256: "body".into(), not_before: NOW, owner: owner.into() };
    let first = Claimed::First { since: NOW, abandoned: false, renamed: Vec::new() };
    assert_eq!(runtime.claim(&claim("one"), NOW, HOLD).await.unwrap(), first);
    assert_eq!(requests(&table), 2);
    assert_eq!(runtime.claim(&claim("other"), NOW, HOLD).await.unwrap(), Claimed::Running);
}

#[tokio::test]
async fn counts_are_added_once_though_the_answer_is_lost() {
    let (client, table) = losing().await;
    let runtime = RuntimeTable::new(&client, "runtime".into());
    let counted = Counted::Delivered { vendor: Vendor::Fcm };
    let counts = counted.figures().into_iter().map(|figure| (figure, 1)).collect();
    let row = CountedRow { hour: Hour::of(NOW), subject: counted.subject(), counts };
    let added = runtime.add_counts(&sample::app_key("acme#chat"), &row, 0).await;
    // The rows may have been written, so they are not returned for another try.
    assert!(matches!(added, Err(StoreError::Unavailable(_))), "{added:?}");
    assert_eq!(requests(&table), 1);
}

#[tokio::test]
async fn a_task_is_changed_though_the_answer_is_lost() {
    let (client, table) = losing().await;
    let runtime = RuntimeTable::new(&client, "runtime".into());
    let (id, audience, strategy) = (TaskId::new(NOW, 1), Audience::Everyone, Strategy::default());
    let task = Task::new(NewTask { id, audience, title: "Sale".into(), strategy, starts_at: None }, NOW);
    let (app, paused) = (sample::app_key("acme#chat"), task.asked(AskedState::Paused, NOW).unwrap());
    assert!(runtime.change_task(&app, &paused).await.unwrap());
    assert_eq!(requests(&table), 2);
    let later = task.asked(AskedState::Paused, NOW.plus(HOLD)).unwrap();
    assert!(!runtime.change_task(&app, &later).await.unwrap(), "another call changed it");
}

#[tokio::test]
async fn a_profile_is_changed_though_the_answer_is_lost() {
    let (client, table) = losing().await;
    let users = UsersTable::new(&client, "users".into());
    let (app, ann) = (sample::app_key("acme#chat"), sample::user("ann"));
    // One transaction writes the profile and the directory's row. The repeat has the same token.
    users.change_profile(&app, &ann, None, &Profile::default()).await.unwrap();
    assert_eq!((requests(&table), table.lock().unwrap().transactions.len()), (2, 1));
    let seen = |version| Profile { version, ..Profile::default() };
    users.change_profile(&app, &ann, Some(&seen(7)), &seen(7)).await.unwrap();
    assert_eq!(requests(&table), 4);
    assert!(matches!(users.change_profile(&app, &ann, Some(&seen(8)), &seen(8)).await, Err(StoreError::Conflict)));
}

#[tokio::test]
async fn a_user_is_created_though_the_answer_is_lost() {
    let (client, table) = losing().await;
    let users = UsersTable::new(&client, "users".into());
    let profile = Profile { account: Some(Account::new(1, NOW)), ..Profile::default() };
    users.create_user(&sample::app_key("acme#chat"), &sample::user("ann"), &profile).await.unwrap();
    // One request reads whether anything is known. The transaction is sent twice, under one token.
    assert_eq!((requests(&table), table.lock().unwrap().transactions.len()), (3, 1));
}

#[tokio::test]
async fn a_transaction_is_repeated_under_its_own_token() {
    let (client, table) = losing().await;
    let apps = AppsTable::new(&client, "apps".into());
    let app = sample::app_key("acme#chat");
    apps.create_notifier(&app, &sample::notifier("one", Vendor::Fcm, NOW)).await.unwrap();
    apps.create_template(&app, &sample::template("one", "t", NOW)).await.unwrap();
    assert_eq!((requests(&table), table.lock().unwrap().transactions.len()), (4, 2));
}
