//! Measures what a return costs on the deployed stack: a user pulls all waiting messages and acknowledges them.
//!
//! The messages are an hour old, as they are when people come back. So the adapters of `ingest-message` write them with
//! a clock of that time; nothing is sent.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    crypto::system::System,
    domain::{
        group::{Group, GroupMessage},
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, MessageId, UserId},
        inbox::Marks,
        invalid::Invalid,
        message::{Content, Receiver},
        time::Timestamp,
    },
    ports::{
        clock::{Clock, Entropy},
        error::StoreError,
        group_messages::StoreGroupMessages,
        groups::{ManageGroups, RaiseHead},
        inbox::TrackInbox,
        messages::StoreMessages,
    },
    testing::{chance::FixedClock, sample},
};

use crate::{
    cost::{Cost, SHORT, Sender},
    stack::StackError,
};

/// Groups of the user.
pub const GROUPS: usize = 50;
/// Groups with new messages, as many in each.
const ACTIVE_GROUPS: usize = 10;
/// One-to-one messages that wait. As many group messages wait.
const OF_EACH_KIND: usize = 100;
/// All messages that wait.
pub const WAITING: usize = 2 * OF_EACH_KIND;
/// How long the user was away.
pub(crate) const AWAY: Duration = Duration::from_secs(3600);

/// A user who was away for an hour.
#[derive(Debug)]
pub struct Away {
    app: AppKey,
    user: UserId,
    /// the clock, set to the time when the user went away
    clock: FixedClock,
}

impl Sender<'_> {
    /// Stores what waits for a user of many groups, and returns the user.
    pub async fn away(&self, name: &str) -> Result<Away, StackError> {
        let invalid = |refused: Invalid| StackError::Aws(refused.to_string());
        let app = AppKey::new(&self.app.org, &self.app.app).map_err(invalid)?;
        let user = UserId::parse(name).map_err(invalid)?;
        let away = Away { app, user, clock: FixedClock::new(System::default().now().minus(AWAY)) };
        let groups: Vec<GroupId> = (0..GROUPS)
            .map(|number| GroupId::parse(&format!("group-{number:02}")).map_err(invalid))
            .collect::<Result<_, _>>()?;
        for group in &groups {
            self.join(&away, group).await?;
        }
        // Every group has an older message that the user pulled. That pull left the group's mark.
        for group in &groups {
            self.say(&away, group, &sample::user("carol")).await?;
        }
        let (seen, now) = (Marks::before(away.clock.now()), System::default().now());
        self.stack.cloud.users().move_marks(&away.app, &away.user, seen, now).await.map_err(failed)?;
        for number in 0..OF_EACH_KIND {
            self.write(&away).await?;
            self.say(&away, &groups[number % ACTIVE_GROUPS], &sample::user("carol")).await?;
        }
        Ok(away)
    }

    async fn join(&self, away: &Away, group: &GroupId) -> Result<(), StackError> {
        let created_at = away.clock.now();
        let group = Group {
            id: group.clone(),
            name: group.to_string(),
            owner: None,
            members: 2,
            created_at,
            settings: GroupSettings::default(),
            changes: 0,
        };
        let members = [away.user.clone(), sample::user("carol")];
        self.stack
            .cloud
            .groups()
            .create_group(&away.app, &group, &GroupInfo::default(), &members)
            .await
            .map_err(failed)?;
        away.clock.advance(Duration::from_millis(1));
        Ok(())
    }

    async fn say(&self, away: &Away, group: &GroupId, from: &UserId) -> Result<(), StackError> {
        let at = away.clock.now();
        let msg_id = MessageId::for_group(at, group, System::default().bits());
        let n = self.stack.cloud.groups().raise_head(&away.app, group, msg_id).await.map_err(failed)?;
        let content = Content { from: from.clone(), group: Some(group.clone()), ..content(at) };
        let message = GroupMessage { group: group.clone(), msg_id, n, users: None, content };
        let stored = self.stack.cloud.messages().store_for_group(&away.app, &message, &away.clock).await;
        away.clock.advance(Duration::from_millis(1));
        stored.map_err(failed)
    }

    async fn write(&self, away: &Away) -> Result<(), StackError> {
        let at = away.clock.now();
        let receiver = Receiver { user: away.user.clone(), msg_id: System::default().message_id(at) };
        let (messages, content) = (self.stack.cloud.messages(), content(at));
        let stored = messages.store(&away.app, &[(&content, std::slice::from_ref(&receiver))], &away.clock).await;
        away.clock.advance(Duration::from_millis(1));
        stored.map_err(failed)
    }

    /// Pulls all waiting messages. Returns their ids and what the pull used.
    pub async fn comes_back(&self, away: &Away) -> Result<(Vec<Value>, Cost), StackError> {
        let mut ids = Vec::new();
        let cost = self
            .counted(1, async {
                let mut query = String::new();
                loop {
                    let path = format!("/users/{}/offline_messages{query}", away.user);
                    let page = self.app.call(Method::GET, &path).send().await?.success()?;
                    let messages = page["data"].as_array().cloned().unwrap_or_default();
                    ids.extend(messages.iter().map(|message| message["msg_id"].clone()));
                    let Some(cursor) = page["cursor"].as_str() else { return Ok(()) };
                    query = format!("?cursor={cursor}");
                }
            })
            .await?;
        Ok((ids, Cost { pushes: 1, ..cost }))
    }

    /// Acknowledges messages, a hundred a call. Returns what the calls used.
    pub async fn acknowledges(&self, away: &Away, ids: &[Value]) -> Result<Cost, StackError> {
        let cost = self
            .counted(ids.len(), async {
                for part in ids.chunks(100) {
                    let path = format!("/users/{}/offline_messages/ack", away.user);
                    self.app.call(Method::POST, &path).json(&json!({"msg_ids": part})).send().await?.success()?;
                }
                Ok(())
            })
            .await?;
        Ok(Cost { pushes: ids.len().try_into().unwrap_or_default(), ..cost })
    }
}

fn failed(error: StoreError) -> StackError {
    StackError::Aws(error.chain())
}

/// Returns the content that is stored for [`message`](crate::cost::message).
fn content(at: Timestamp) -> Content {
    let ext = sample::object(json!({"em_push_ext": {"title": "Carol", "content": SHORT}}));
    Content { from: sample::user("carol"), ext, ..sample::content(SHORT, at) }
}
