//! The DynamoDB tables. `pk` and `sk` are the key of every row; `expires_at` (Unix seconds) is the table's TTL
//! attribute.
//!
//! | table | `pk` | `sk` |
//! |---|---|---|
//! | Apps | `app#<org>#<app>` | `app`, `notifier#<name>`, `template#<name>` |
//! | Apps | `receipt#<sha256 of the secret>` | `receipt` |
//! | Apps | `apps` | `<org>#<app>`: the directory of apps |
//! | Users | `user#<org>#<app>#<user>` | `a#profile`, `b#bind#<device>#<notifier>`, `c#inbox`, `c#presence#<device>`, `k#conv#<type>#<id>`, `k#count` |
//! | Users | `dir#<org>#<app>#<0..f>` | `<user>`: the directory of users |
//! | Users | `token#<org>#<app>#<notifier>#<sha256 of the token>` | `owner` |
//! | Messages | `user#<org>#<app>#<user>` | `m#<message id>`, `t#<message id>`: decision and delivery results |
//! | Messages | `user#<org>#<app>#<user>` | `k#<message id>`: an acknowledgement, also of a group message; `m#<message id>#ack`: a recall, or an acknowledgement of an earlier version, as is `acked` |
//! | Messages | `user#<org>#<app>#<user>` | `r#<message id>`: receipts, also of a group message |
//! | Messages | `group#<org>#<app>#<group>` | `m#<message id>`, `m#<message id>#ack`: a recall, `t#<message id>`, `t#<message id>#<page>#<hash>` |
//! | Groups | `group#<org>#<app>#<group>` | `meta`, `head`, `info#<creation>`: its texts, `member#<user>` |
//! | Groups | `gdir#<org>#<app>#<yyyymm>` | `<inverted creation>#<group>`: the directory of groups |
//! | Groups | `user#<org>#<app>#<user>` | `group#<group>`: the same membership, for the user |
//! | Groups | `labels#<org>#<app>` | `count`: the number of labels; `label#<name>`, `label#<name>#<0..f>`: its users, counted |
//! | Groups | `label#<org>#<app>#<id>#<0..f>` | `<user>`: a user who has the label |
//! | Groups | `user#<org>#<app>#<user>` | `label#<name>#<id>`: the same, for the user |
//! | Runtime | `claim#..`, `access#..`, `conn#..`, `gateway#..`, `gone#..`, `health#..`, `suspect#..`, `watch#..` | as the prefix |
//! | Runtime | `callback#<org>#<app>#<0..3>` | `<due>#<webhook-id>`, `x#<webhook-id>`: events for the app's server |
//! | Runtime | `callbacks` | `<org>#<app>`: the apps with such rows |
//! | Runtime | `endpoint#<org>#<app>` | `endpoint`: the health of the app's server |
//! | Runtime | `tasks#<org>#<app>` | `t#<task id>`: a task; `c#<task id>`: its content; `n#<task id>#<0..3>`: its counts; `room`, `rate`: for all tasks; `m#<push id>`, `stored#<yyyymmdd>`: stored pushes, counted |
//! | Runtime | `due-tasks` | `<due>#<org>#<app>#<task id>`: the tasks that have not ended |
//! | Runtime | `stat#<org>#<app>#<yyyymmdd>#<0..3>` | `<hh>#<vendor>`, `<hh>#skip#<class>` |

mod access_tokens;
mod acks;
mod app_connections;
mod app_deletion;
mod app_directory;
mod apps;
mod batch_writes;
mod bindings;
mod callback_endpoints;
mod callback_switch;
mod callbacks;
mod claims;
mod connections;
mod content;
mod conversations;
mod create_user;
mod credential_watch;
mod directory;
mod due_tasks;
mod erase_messages;
mod erasures;
mod forget_user;
mod gateways;
mod group_admins;
mod group_creation;
mod group_directory;
mod group_heads;
mod group_info;
mod group_members;
mod group_messages;
mod group_removal;
mod group_roles;
mod groups;
mod health;
mod inbox;
mod item;
mod label_counts;
mod label_erasure;
mod label_members;
mod label_rows;
mod labels;
mod leave_group;
mod member_changes;
mod memberships;
mod messages;
mod notifiers;
mod own;
mod presence;
mod presence_room;
mod presence_rows;
mod profiles;
mod recalls;
mod statistics;
mod stored_pushes;
mod suspects;
mod task_counts;
mod task_creation;
mod task_erasure;
mod task_pages;
mod tasks;
mod templates;
mod timelines;
mod traces;
mod unregistered_tokens;
mod users;
mod writes;

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{query::builders::QueryFluentBuilder, transact_write_items::TransactWriteItemsError},
    types::{KeysAndAttributes, TransactWriteItem},
};

use self::item::Item;
pub use self::{
    app_connections::{CONNECTIONS_CONDITION, CONNECTIONS_UPDATE},
    apps::AppsTable,
    callback_switch::{CALLBACK_OFF_CONDITION, CALLBACK_OFF_UPDATE},
    erasures::Erasures,
    groups::GroupsTable,
    messages::{MessageReader, MessagesTable},
    notifiers::{DISABLE_CONDITION, DISABLE_UPDATE},
    users::UsersTable,
};
use super::Sdk;
use crate::{
    crypto::system::System,
    ports::{clock::Entropy, error::StoreError},
};

/// Returns a DynamoDB client.
pub fn client(sdk: &Sdk) -> Client {
    Client::new(sdk.config())
}

/// A table, named.
#[derive(Debug, Clone)]
struct Table {
    client: Client,
    name: String,
}

impl Table {
    fn new(client: &Client, name: String) -> Self {
        Self { client: client.clone(), name }
    }

    /// Returns the rows of these keys, in their order, strongly consistent. Takes at most 100 keys without duplicates.
    async fn items(&self, keys: &[Item]) -> Result<Vec<Option<Item>>, StoreError> {
        self.items_as(keys, true).await
    }

    /// Returns the rows of these keys, in their order. An eventually consistent read costs half, and may miss the
    /// newest writes.
    async fn items_as(&self, keys: &[Item], strong: bool) -> Result<Vec<Option<Item>>, StoreError> {
        let name = |item: &Item| Some((item.get("pk")?.as_s().ok()?.clone(), item.get("sk")?.as_s().ok()?.clone()));
        let mut found: HashMap<(String, String), Item> = HashMap::new();
        let mut left = keys.to_vec();
        for attempt in 0..UNPROCESSED_TRIES {
            let asked = KeysAndAttributes::builder()
                .set_keys(Some(left))
                .consistent_read(strong)
                .build()
                .map_err(StoreError::unavailable)?;
            let answer =
                self.client.batch_get_item().request_items(&self.name, asked).send().await.map_err(store_error)?;
            let rows = answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
            found.extend(rows.into_iter().filter_map(|row| Some((name(&row)?, row))));
            left = answer
                .unprocessed_keys
                .unwrap_or_default()
                .remove(&self.name)
                .map(|keys| keys.keys)
                .unwrap_or_default();
            if left.is_empty() {
                return Ok(keys.iter().map(|key| found.remove(&name(key)?)).collect());
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Err(StoreError::Throttled)
    }

    /// Makes all of the writes or none. Fails with [`StoreError::Conflict`] only if a condition does not hold. Retries
    /// after a collision with another transaction.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        for attempt in 0..COLLISION_TRIES {
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            match sent {
                Ok(_) => return Ok(()),
                Err(error) => match error.as_service_error().map(cancellation) {
                    Some(Cancellation::Collided) => pause(attempt).await,
                    Some(Cancellation::Refused) => return Err(StoreError::Conflict),
                    Some(Cancellation::Throttled) => return Err(StoreError::Throttled),
                    Some(Cancellation::Other) | None => return Err(store_error(error)),
                },
            }
        }
        Err(StoreError::Throttled)
    }
}

/// Reason why a transaction wrote nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cancellation {
    /// a condition was false
    Refused,
    /// another transaction wrote the same rows
    Collided,
    /// the table throttled the request
    Throttled,
    /// any other reason
    Other,
}

/// Returns the reason why a transaction failed. Source of the codes: DynamoDB API reference, "TransactWriteItems",
/// cancellation reasons.
fn cancellation(error: &TransactWriteItemsError) -> Cancellation {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = error else {
        return Cancellation::Other;
    };
    let has = |codes: &[&str]| {
        canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).any(|code| codes.contains(&code))
    };
    if has(&["ConditionalCheckFailed"]) {
        Cancellation::Refused
    } else if has(&["TransactionConflict"]) {
        Cancellation::Collided
    } else if has(&["ThrottlingError", "ProvisionedThroughputExceeded"]) {
        Cancellation::Throttled
    } else {
        Cancellation::Other
    }
}

/// The table `Runtime`: short-lived state such as claims, vendor access tokens and notifier health.
#[derive(Debug, Clone)]
pub struct RuntimeTable(Table);

impl RuntimeTable {
    /// Returns the table with this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }
}

/// Maximum keys of one read. Source: DynamoDB API reference, "BatchGetItem".
const BATCH_KEYS: usize = 100;

/// Maximum requests for rows that a table did not process.
const UNPROCESSED_TRIES: u32 = 6;

/// Maximum tries of a conditional write whose row another call changes.
const CONFLICT_TRIES: u32 = 6;

/// Maximum tries of a transaction that collides with others.
const COLLISION_TRIES: u32 = 9;

/// Waits after a collision, for a random time, so that two colliding callers do not meet again.
async fn pause(attempt: u32) {
    tokio::time::sleep(longest_pause(attempt).mul_f64(System::default().fraction())).await;
}

/// Returns the maximum pause after so many collisions. All pauses of a transaction together stay below 5 s.
fn longest_pause(attempt: u32) -> Duration {
    Duration::from_millis(20 << attempt.min(16)).min(Duration::from_secs(1))
}

/// Reads all rows of a query, page by page.
async fn all_rows(query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
    query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(store_error)
}

/// Converts a failed request into the port's error.
fn store_error<E>(error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("ConditionalCheckFailedException" | "TransactionConflictException") => StoreError::Conflict,
        Some("ProvisionedThroughputExceededException" | "ThrottlingException" | "RequestLimitExceeded") => {
            StoreError::Throttled
        }
        _ => StoreError::unavailable(error),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{CancellationReason, error::TransactionCanceledException};

    use super::*;

    fn canceled(codes: &[&str]) -> Cancellation {
        let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
        let exception = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        cancellation(&TransactWriteItemsError::TransactionCanceledException(exception))
    }

    #[test]
    fn collisions_are_waited_out_for_less_than_five_seconds() {
        let pauses: Vec<Duration> = (0..COLLISION_TRIES).map(longest_pause).collect();
        assert!(pauses.is_sorted(), "{pauses:?}");
        let all: Duration = pauses.iter().sum();
        assert!((Duration::from_secs(3)..Duration::from_secs(5)).contains(&all), "{all:?}");
        assert_eq!(longest_pause(u32::MAX), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_collided_wait_for_different_times() {
        let mut waited = std::collections::BTreeSet::new();
        for _ in 0..20 {
            let begun = tokio::time::Instant::now();
            pause(COLLISION_TRIES).await;
            waited.insert(begun.elapsed());
        }
        assert!(waited.len() > 10, "{waited:?}");
        assert!(waited.iter().all(|pause| *pause <= Duration::from_secs(1) + Duration::from_millis(1)), "{waited:?}");
    }

    #[test]
    fn only_a_false_condition_is_a_conflict() {
        for (codes, expected) in [
            (&["None", "ConditionalCheckFailed"][..], Cancellation::Refused),
            (&["ThrottlingError", "ConditionalCheckFailed"], Cancellation::Refused),
            (&["TransactionConflict", "None"], Cancellation::Collided),
            (&["ThrottlingError", "None"], Cancellation::Throttled),
            (&["None", "ProvisionedThroughputExceeded"], Cancellation::Throttled),
            (&["ValidationError"], Cancellation::Other),
            (&[], Cancellation::Other),
        ] {
            assert_eq!(canceled(codes), expected, "{codes:?}");
        }
    }
}
