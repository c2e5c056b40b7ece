//! Measures what pushes cost: sends messages on the deployed stack and reads what the functions used for them.
//!
//! An event source takes what is in its queue at that moment, so batch sizes differ from run to run. Here they do not,
//! in one of two ways. Either each message is sent after the one before is delivered, and every batch has one record.
//! Or event sources are paused until all records are queued, and every batch is full. Nothing else may use the stack
//! during a measurement.

mod app_server;
mod callbacks;
mod direct;
mod instant;

use std::{future::Future, time::Duration};

use futures::{StreamExt, TryStreamExt, future::ready, stream};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use shared::{
    crypto::system::System,
    domain::{group::MAX_MEMBERS_AT_ONCE, id::AppKey, vendor::Vendor},
    ports::clock::{Clock, Entropy},
};

pub use self::{app_server::AppServer, callbacks::told};
use crate::{
    returns::AWAY,
    simulators::{configured, device_token, test_accounts},
    stack::{App, Counts, Event, Stack, StackError, Used, Written, queues},
};

/// The time between two polls.
const GLANCE: Duration = Duration::from_millis(20);
/// How long the queues may take to become empty.
const PATIENCE: Duration = Duration::from_secs(120);
/// Calls of the API at once.
const PARALLEL_CALLS: usize = 8;
/// Maximum messages of a batch, and of users who join a group at once.
const MAX_USERS: usize = 100;
/// Pushes of a full batch of FCM's queue.
const FULL_BATCH: usize = 100;
const DISPATCH: &str = "DispatchQueue";
/// What runs whatever is pushed, and what sweeps for apps and users that earlier tests erased.
const BACKGROUND: [&str; 4] = ["RunSchedule", "WatchCredentials", "EraseData", "EraseQueue"];
/// The prefix of the statistics' partition keys.
const STATISTICS: &str = "stat#";

/// A short text.
pub const SHORT: &str = "Are you coming tonight?";
/// The bytes of a long message in its request.
const KILOBYTE: usize = 1024;
/// A text like people write it. A repetitive text would compress too well.
const LONG: &str = "I talked to the landlord this morning and he agrees that the kitchen has to be painted before we move in, but \
    he wants us to buy the paint. Two buckets should do; the shop near the harbour has a sale until Friday, so perhaps you \
    could pass by after work? The van is booked for Saturday at nine. Peter lends us his trolley and Hanna brings sandwiches \
    for everybody, so breakfast is settled. What is missing: boxes for the books (at least fifteen, they are heavier than \
    they look), somebody who takes the cat for the weekend, and your uncle's drill. The new address is 48 Mill Lane, third \
    floor, the bell still says Okafor. Water and power were read yesterday: 3127 and 80945, I sent photographs to both \
    companies. The internet comes on the 17th, so until then we live like our grandparents, with a radio and a deck of \
    cards. By the way, Jules asked whether the old sofa is still to be had. I said yes, if she fetches it before noon and \
    finds two strong friends, because mine are all spoken for. See you at seven under the station clock!";

/// Pushes and what they used.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    /// how many notifications; in other measurements, returns, acknowledged messages or callbacks
    pub pushes: u64,
    /// how many requests vendors got for them; in measurements of callbacks, how many calls the app's server got
    pub vendor_requests: u64,
    /// how many messages
    pub messages: usize,
    /// what was used, by call
    pub calls: Vec<Used>,
    /// what was written, by partition
    pub partitions: Vec<Written>,
}

impl Cost {
    /// Returns the write units of statistics per push.
    ///
    /// Here every batch writes them. A deployed stack writes those of 10 s of pushes together, so this number says
    /// nothing about a push there.
    pub fn statistics(&self) -> f64 {
        let rows = self.partitions.iter().filter(|written| written.partition.starts_with(STATISTICS));
        rows.map(|written| written.write_units).sum::<f64>() / self.pushes as f64
    }

    /// Returns the write units per message of the partition with the most writes. A partition takes 1000 a second.
    ///
    /// A message's own partition is left out, because no other message writes to it. Partitions of statistics are left
    /// out too.
    pub fn hottest_partition(&self) -> f64 {
        let is_left_out = |partition: &str| partition.starts_with("msg#") || partition.starts_with(STATISTICS);
        let shared = self.partitions.iter().filter(|written| !is_left_out(&written.partition));
        shared.map(|written| written.write_units).fold(0.0, f64::max) / self.messages as f64
    }
}

/// An app on the stack with a notifier of every vendor.
#[derive(Debug)]
pub struct Sender<'s> {
    pub(crate) stack: &'s Stack,
    /// the app
    pub app: App,
}

impl<'s> Sender<'s> {
    /// Creates an app. It is made older than the messages that wait in it later.
    pub async fn open(stack: &'s Stack) -> Result<Self, StackError> {
        Self::open_with(stack, json!({})).await
    }

    /// The same for an app with these settings.
    pub async fn open_with(stack: &'s Stack, settings: Value) -> Result<Self, StackError> {
        let name = format!("cost-{:08x}", System::default().bits() >> 96);
        let app = stack.api.create_app("acme", &name, settings).await?;
        let key = AppKey::new("acme", &name).map_err(|refused| StackError::Aws(refused.to_string()))?;
        stack.cloud.backdate_app(&key, System::default().now().minus(2 * AWAY)).await?;
        let accounts = configured();
        for account in test_accounts() {
            stack.vendors.add_credential(&account).await?;
        }
        for vendor in Vendor::ALL {
            app.create_notifier(vendor.name(), vendor.name(), &accounts[vendor.name()]).await?;
        }
        Ok(Self { stack, app })
    }

    /// Creates users with these numbers, each with a phone of this vendor. They are connected, or were.
    pub async fn users(
        &self,
        numbers: std::ops::Range<usize>,
        vendor: Vendor,
        connected: bool,
    ) -> Result<Vec<String>, StackError> {
        let users: Vec<String> = numbers.map(|number| format!("user-{number:04}")).collect();
        let bind = |user: String| async move {
            let token = device_token(vendor.name()).unwrap_or_default();
            self.app.bind(&user, "phone", &token, vendor.name()).await.map(drop)
        };
        stream::iter(users.clone().into_iter().map(bind)).buffer_unordered(PARALLEL_CALLS).try_collect::<()>().await?;
        let status = if connected { "online" } else { "offline" };
        let events: Vec<Event> = users.iter().map(|user| Event::now(user, "phone", "s1", status)).collect();
        self.app.report(&events).await?;
        Ok(users)
    }

    /// Creates a group of these users.
    pub async fn group(&self, group: &str, users: &[String]) -> Result<(), StackError> {
        self.post("/chatgroups", &json!({"groupid": group})).await?;
        for users in users.chunks(MAX_MEMBERS_AT_ONCE) {
            self.post(&format!("/chatgroups/{group}/users"), &json!({"usernames": users})).await?;
        }
        Ok(())
    }

    /// Sends a message to each of these users, one after the other.
    pub async fn one_by_one(&self, users: &[String], message: impl Fn(&str) -> Value) -> Result<Cost, StackError> {
        self.counted(users.len(), async {
            for user in users {
                self.post("/messages/users", &message(user)).await?;
                self.through().await?;
            }
            Ok(())
        })
        .await
    }

    /// Sends a message to each of these users, one a request and many at once. It is a full batch at a time, because a message
    /// that waited for seconds is looked up once more, and how long many messages wait depends on the machine.
    pub async fn all_at_once(&self, users: &[String], message: impl Fn(&str) -> Value) -> Result<Cost, StackError> {
        let send = |users: &[String]| {
            let messages: Vec<Value> = users.iter().map(|user| message(user)).collect();
            let calls = messages.into_iter().map(|message| async move { self.post("/messages/users", &message).await });
            stream::iter(calls).buffer_unordered(PARALLEL_CALLS).try_for_each(|()| ready(Ok(())))
        };
        self.counted(users.len(), async {
            for users in users.chunks(FULL_BATCH) {
                self.in_full_batches(send(users)).await?;
            }
            Ok(())
        })
        .await
    }

    /// Sends a message to each of these users, a hundred a request.
    pub async fn in_batches(&self, users: &[String], message: impl Fn(&str) -> Value) -> Result<Cost, StackError> {
        self.counted(users.len(), self.send_in_batches(users, message)).await
    }

    async fn send_in_batches(&self, users: &[String], message: impl Fn(&str) -> Value) -> Result<(), StackError> {
        for users in users.chunks(MAX_USERS) {
            let messages: Vec<Value> = users.iter().map(|user| message(user)).collect();
            self.in_full_batches(self.post("/messages/batch", &json!({"messages": messages}))).await?;
        }
        Ok(())
    }

    /// Sends `messages` messages to a group, one after the other.
    pub async fn to_group(&self, group: &str, messages: usize) -> Result<Cost, StackError> {
        self.counted(messages, async {
            for _ in 0..messages {
                self.post("/messages/chatgroups", &message(group, SHORT)).await?;
                self.through().await?;
            }
            Ok(())
        })
        .await
    }

    /// Returns what an action costs, when all its pushes are sent. Calls of the schedule and of erasures are left out,
    /// because they are made whatever is pushed.
    pub(crate) async fn counted(
        &self,
        messages: usize,
        act: impl Future<Output = Result<(), StackError>>,
    ) -> Result<Cost, StackError> {
        self.through().await?;
        let before = self.vendors().await?;
        let mut cost = self.used(messages, act).await?;
        let is_background = |name: &String| BACKGROUND.contains(&name.as_str());
        cost.calls.retain(|used| !is_background(&used.caller) && !is_background(&used.resource));
        let after = self.vendors().await?;
        Ok(Cost { pushes: after.0 - before.0, vendor_requests: after.1 - before.1, ..cost })
    }

    /// Returns what an action used. Nobody counted its pushes.
    async fn used(
        &self,
        messages: usize,
        act: impl Future<Output = Result<(), StackError>>,
    ) -> Result<Cost, StackError> {
        self.through().await?;
        self.stack.usage.take().await?;
        act.await?;
        let Counts { calls, partitions } = self.stack.usage.take().await?;
        Ok(Cost { pushes: 0, vendor_requests: 0, messages, calls, partitions })
    }

    /// Runs an action while `dispatch` and FCM's queues are paused. Then it lets `dispatch` go on until it is empty,
    /// and FCM's queues after that.
    async fn in_full_batches(&self, act: impl Future<Output = Result<(), StackError>>) -> Result<(), StackError> {
        let cloud = &self.stack.cloud;
        cloud.feed("PushFcm", false).await?;
        cloud.feed("CheckPresence", false).await?;
        let done = act.await;
        cloud.feed("CheckPresence", true).await?;
        let emptied = self.emptied(DISPATCH).await;
        cloud.feed("PushFcm", true).await?;
        done.and(emptied)?;
        self.through().await
    }

    /// Waits until everything that was sent is pushed. `dispatch` is read first: its record is deleted after the
    /// vendors' records are queued.
    async fn through(&self) -> Result<(), StackError> {
        for queue in queues() {
            self.emptied(&queue).await?;
        }
        Ok(())
    }

    async fn emptied(&self, queue: &str) -> Result<(), StackError> {
        let empty = async {
            while self.stack.cloud.depth(queue).await? > 0 {
                tokio::time::sleep(GLANCE).await;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, empty).await.unwrap_or(Err(StackError::Lacking("an end of the queue")))
    }

    /// Returns how many notifications reached phones, and how many requests vendors got.
    async fn vendors(&self) -> Result<(u64, u64), StackError> {
        let counts = self.stack.vendors.counts().await?;
        Ok(counts.vendors.values().fold((0, 0), |sum, vendor| (sum.0 + vendor.delivered, sum.1 + vendor.sends)))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<(), StackError> {
        self.app.call(Method::POST, path).json(body).send().await?.success().map(drop)
    }
}

/// Returns a message with this text to a user or group.
pub fn message(to: &str, text: &str) -> Value {
    json!({
        "from": "carol", "to": [to], "type": "txt", "body": {"msg": text},
        "ext": {"em_push_ext": {"title": "Carol", "content": SHORT}},
    })
}

/// Returns a message that is a kilobyte long.
pub fn long_message(to: &str) -> Value {
    let rest = message(to, "").to_string().len();
    message(to, &LONG[..KILOBYTE - rest])
}
