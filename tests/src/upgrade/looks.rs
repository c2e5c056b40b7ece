//! Reads a single row with this version, and returns what it found as text.

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use shared::{
    aws::dynamo::{AppsTable, Erasures, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable},
    crypto::encoding::sha256_hex,
    domain::{
        app::App,
        directory::Shard,
        id::{AppKey, GroupId, MessageId, NotifierName, SessionId, TemplateName, UserId},
        message::Receiver,
        notifier::Notifier,
        profile::{Conversation, Disturbance, PushMode},
        statistics::Day,
        template::Template,
        time::Timestamp,
    },
    ports::{
        access_tokens::{ShareAccessTokens, TokenOwner},
        acks::ReadAck,
        app_directory::ListApps,
        apps::{AppConfig, FindReceiptOwner, FreeAppName, ManageApps, ReadApps, TrackHealth},
        claims::{Claim, ClaimKeys},
        connections::KeepConnections,
        directory::ReadDirectory,
        erasure::ReadErasure,
        gateways::ReadGateways,
        group_messages::ReadGroupMessage,
        groups::{DescribeGroups, ManageGroups, ManageRoles, ReadMemberships},
        inbox::TrackInbox,
        messages::ReadMessage,
        statistics::ReadCounts,
        suspects::SuspectTokens,
        timelines::{Order, ReadTimeline, Span, Timeline},
        users::{ConversationSetting, FindTokenOwner, ManageBindings, ManageProfiles, TrackPresence},
    },
    testing::{
        chance::FixedClock,
        sample::{gateway, notifier_name, token, user},
    },
};

use super::{
    Version, kinds,
    rows::{Row, text_of},
};
use crate::tables::Tables;

/// The keys of the story's claims.
const CLAIM_KEYS: [&str; 4] = ["once", "taken up", "abandoned", "renamed"];
/// The attribute that says the group's list of administrators is complete. It is written an hour after the first look,
/// so no capture has it.
const WRITTEN_DOWN: &str = "admins_whole";
/// How long two versions run side by side.
const SIDE_BY_SIDE: Duration = Duration::from_secs(3600);
/// A time after which every row has expired. Rows of statistics live longest.
const LATER: Duration = Duration::from_secs(401 * 86_400);

/// Reads the tables with a landed version's rows.
#[derive(Debug)]
pub struct Looks<'a> {
    client: &'a Client,
    tables: &'a Tables,
    pub(super) version: &'a Version,
    apps: AppsTable,
    users: UsersTable,
    pub(super) messages: MessagesTable,
    pub(super) groups: GroupsTable,
    pub(super) runtime: RuntimeTable,
}

/// The parts of a row's key.
pub(super) struct Key<'a> {
    pub(super) app: AppKey,
    /// what follows the app in the partition key
    pub(super) rest: &'a str,
    pub(super) sk: &'a str,
}

impl<'a> Key<'a> {
    pub(super) fn of(row: &'a Row) -> Self {
        let mut parts = kinds::pk(row).splitn(4, '#').skip(1);
        let (org, app) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let app = AppKey::new(org, app).expect("an app's key");
        Self { app, rest: parts.next().unwrap_or_default(), sk: kinds::sk(row) }
    }

    pub(super) fn user(&self) -> UserId {
        user(self.rest)
    }

    pub(super) fn group(&self) -> GroupId {
        GroupId::parse(self.rest).expect("a group id")
    }

    fn last(&self) -> &'a str {
        self.sk.rsplit('#').next().unwrap_or_default()
    }
}

impl<'a> Looks<'a> {
    /// Returns a reader of this version's tables.
    pub fn new(client: &'a Client, tables: &'a Tables, version: &'a Version) -> Self {
        Self {
            client,
            tables,
            version,
            apps: AppsTable::new(client, tables.apps.clone()),
            users: UsersTable::new(client, tables.users.clone()),
            messages: MessagesTable::new(client, tables.messages.clone()),
            groups: GroupsTable::new(client, tables.groups.clone()),
            runtime: RuntimeTable::new(client, tables.runtime.clone()),
        }
    }

    /// Returns what is read of the row with the key of `row`. The stored row may lack a name that `row` has.
    pub async fn at(&self, table: &str, row: &Row) -> String {
        let kind = kinds::kind(row);
        match table {
            "apps" => self.apps(&kind, row).await,
            "users" => self.users(&kind, row).await,
            "messages" => self.messages(&kind, row).await,
            "groups" => self.groups(&kind, row).await,
            _ => self.runtime(&kind, row).await,
        }
    }

    async fn apps(&self, kind: &str, row: &Row) -> String {
        let story = &self.version.story.app;
        match kind {
            "apps" => shown(&self.apps.listed_apps(None, 100).await),
            "receipt/receipt" => {
                let config = self.apps.app(story).await.expect("an app that can be read").expect("an app");
                let mut owners = Vec::new();
                for notifier in config.notifiers.values() {
                    if kinds::pk(row).ends_with(&sha256_hex(notifier.receipt_secret.as_bytes())) {
                        owners.push(self.apps.receipt_owner(&notifier.receipt_secret).await);
                    }
                }
                shown(&owners)
            }
            _ => {
                let app = Key::of(row).app;
                let since = row.get("deleting_since").and_then(|since| since.as_n().ok()?.parse().ok()).unwrap_or(0);
                let remains = self.apps.remains(&app, Timestamp::from_millis(since)).await;
                let config = self.apps.app(&app).await.map(|config| config.map(sorted));
                let (held, summary) = (self.apps.held_name(&app).await, self.apps.app_summary(&app).await);
                shown(&(remains, config, held, summary))
            }
        }
    }

    async fn users(&self, kind: &str, row: &Row) -> String {
        let key = Key::of(row);
        match kind {
            "dir" => {
                let listed = user(key.sk);
                shown(&self.users.users(&key.app, Shard::of(&listed), None, 1000).await)
            }
            "token/owner" => {
                let notifier = NotifierName::parse(key.rest.split('#').next().unwrap_or_default()).expect("a name");
                let mut owners = Vec::new();
                for binding in self.users.bindings(&key.app, &user(&text_of(row, "user"))).await.expect("bindings") {
                    if key.rest.ends_with(&sha256_hex(binding.token.expose().as_bytes())) {
                        owners.push(self.users.token_owner(&key.app, &notifier, &binding.token).await);
                    }
                }
                shown(&owners)
            }
            "user/a#profile" => shown(&self.users.profile(&key.app, &key.user()).await),
            "user/b#bind" => {
                let bindings = self.users.bindings(&key.app, &key.user()).await;
                let tokens: Vec<String> = bindings.iter().flatten().map(|one| one.token.expose().to_owned()).collect();
                shown(&(bindings, tokens))
            }
            "user/c#inbox" => shown(&self.users.marks(&key.app, &key.user()).await),
            "user/c#presence" => shown(&self.users.presence(&key.app, &[key.user()]).await),
            "user/k#conv" => {
                let conversation = match key.sk.strip_prefix("k#conv#chatgroup#") {
                    Some(group) => Conversation::Group(GroupId::parse(group).expect("a group id")),
                    None => Conversation::User(user(key.last())),
                };
                let alone = self.users.conversation(&key.app, &key.user(), &conversation, 0).await;
                shown(&(alone, self.users.group_settings(&key.app, &key.user(), 0, 100).await))
            }
            "user/k#count" => self.one_more_conversation(&key).await,
            other => panic!("nothing looks at {other}"),
        }
    }

    /// Returns the result of setting one conversation more, where the user has the maximum.
    async fn one_more_conversation(&self, key: &Key<'_>) -> String {
        let setting = ConversationSetting {
            conversation: &Conversation::User(user("one-more")),
            era: 0,
            disturbance: Disturbance { mode: Some(PushMode::None), ..Disturbance::default() },
            at: self.version.story.captured_at,
        };
        shown(&self.users.set_conversation(&key.app, &key.user(), &setting, 2).await)
    }

    async fn messages(&self, kind: &str, row: &Row) -> String {
        let (key, now) = (Key::of(row), self.version.story.captured_at);
        let mut read = Vec::new();
        for at in [now, now.plus(LATER)] {
            let reader = MessageReader::new(self.messages.clone(), FixedClock::new(at));
            match kind {
                "user/k#" => {
                    let receiver = Receiver { user: key.user(), msg_id: message_id(key.last()) };
                    read.push(shown(&self.messages.is_acknowledged(&key.app, &receiver).await));
                }
                "user/m#<id>#ack" | "group/m#<id>#ack" => read.push(self.recall(&key, kind).await),
                "user/m#" | "user/p#" | "user/t#" => {
                    read.push(shown(&reader.message(&key.app, &key.user(), message_id(key.last())).await));
                }
                "user/r#" => {
                    let user = key.user();
                    read.push(shown(&reader.message(&key.app, &user, message_id(key.last())).await));
                    read.push(shown(&reader.group_message(&key.app, None, message_id(key.last()), &user).await));
                }
                "group/m#" => {
                    let all = Span {
                        after: MessageId::MIN,
                        up_to: MessageId::MAX,
                        order: Order::OldestFirst,
                        limit: 100,
                        strong: true,
                    };
                    read.push(shown(&self.messages.timeline(&key.app, &Timeline::Group(key.group()), &all).await));
                    read.push(self.of_story(&reader, message_id(key.last()), Some(&key.group())).await);
                }
                _ => read.push(self.of_story(&reader, message_id(key.rest), None).await),
            }
        }
        read.join("\n")
    }

    /// Returns what the story's receiver sees of a group message.
    async fn of_story<C: shared::ports::clock::Clock + Clone + 'static>(
        &self,
        reader: &MessageReader<C>,
        msg_id: MessageId,
        group: Option<&GroupId>,
    ) -> String {
        let story = &self.version.story;
        match story.messages.values().find(|sent| sent.msg_id == msg_id) {
            Some(sent) => shown(&reader.group_message(&story.app, group, msg_id, &sent.user).await),
            None => String::new(),
        }
    }

    async fn groups(&self, kind: &str, row: &Row) -> String {
        let key = Key::of(row);
        let ids = [key.rest].map(GroupId::parse).into_iter().collect::<Result<Vec<_>, _>>().unwrap_or_default();
        match kind {
            "user/group#" => shown(&self.groups.groups_of(&key.app, &key.user()).await),
            "group/head" => shown(&self.groups.heads(&key.app, &ids).await),
            "group/meta" => {
                let group = self.groups.group(&key.app, &key.group()).await;
                let found = self.groups.find_groups(&key.app, &ids).await;
                shown(&(group, found, self.administrators(&key, row).await))
            }
            "group/info#" => {
                let groups = self.groups.find_groups(&key.app, &ids).await.expect("groups that can be read");
                let whole: Vec<_> = groups.into_iter().flatten().collect();
                shown(&self.groups.infos(&key.app, &whole).await)
            }
            "label" | "user/label#" | "labels/label#" | "labels/label#<name>#<shard>" | "labels/count" => {
                self.labels(kind, &key, row).await
            }
            "group/member#" => {
                let member = self.groups.member(&key.app, &key.group(), &user(key.last())).await;
                shown(&(member, self.administrators(&key, row).await))
            }
            other => panic!("nothing looks at {other}"),
        }
    }

    /// Returns the administrators of the row's group, if it has some, and whether they are written down an hour later.
    ///
    /// A look at all members then writes their names into the group's row. The row is made large for it: only large
    /// groups have their names written down.
    async fn administrators(&self, key: &Key<'_>, row: &Row) -> Option<String> {
        if key.rest != "club" {
            return None;
        }
        let (group, now) = (key.group(), self.version.story.captured_at);
        let mut meta = row.clone();
        meta.insert("sk".into(), AttributeValue::S("meta".into()));
        let stored = self.stored("groups", &meta).await;
        let mut written_down = stored.clone();
        written_down.insert(WRITTEN_DOWN.into(), AttributeValue::Bool(true));
        written_down.insert("members".into(), AttributeValue::N("1000".into()));
        self.put("groups", written_down).await;
        let named = self.groups.admins(&key.app, &group, now).await;
        self.put("groups", stored.clone()).await;
        let of_all = self.groups.admins(&key.app, &group, now.plus(2 * SIDE_BY_SIDE)).await;
        let is_written_down = self.stored("groups", &meta).await.contains_key(WRITTEN_DOWN);
        self.put("groups", stored).await;
        Some(shown(&(named, of_all, is_written_down)))
    }

    async fn runtime(&self, kind: &str, row: &Row) -> String {
        let (app, now) = (&self.version.story.app, self.version.story.captured_at);
        let last = kinds::pk(row).rsplit('#').next().unwrap_or_default();
        let mut read = Vec::new();
        for at in [now, now.plus(LATER)] {
            read.push(match kind {
                "access/access" => {
                    let owner = TokenOwner { app: app.clone(), notifier: notifier_name(last) };
                    shown(&self.runtime.shared(&owner, at).await)
                }
                "claim/claim" => self.claims(row, at).await,
                "conn/conn" => shown(&self.runtime.find(&SessionId::parse(last).expect("a session"), at).await),
                "gateway/gateway" => shown(&self.runtime.gateway_lease(app, &gateway(last)).await),
                "gone/gone" => {
                    let erasures = Erasures::new(self.runtime.clone(), FixedClock::new(at));
                    shown(&erasures.erased_at(app, &user("ned")).await)
                }
                "callback" | "callbacks" | "endpoint/endpoint" => self.callbacks(kind, row, at).await,
                "due-tasks" => self.due_tasks().await,
                tasks if tasks.starts_with("tasks/") => self.tasks(tasks, row).await,
                "health/health" => shown(&self.runtime.health(app, &notifier_name(last)).await),
                "suspect/suspect" => self.suspects(row, at).await,
                _ => shown(&self.runtime.counts(app, Day::of(now).hours(), at).await),
            });
        }
        read.join("\n")
    }

    /// Returns what the owner of a claim finds, and what another request gets. A claim changes the row.
    async fn claims(&self, row: &Row, at: Timestamp) -> String {
        let of = |key: &&str| format!("{} messages/users {key}", self.version.story.app);
        let Some(key) = CLAIM_KEYS.iter().map(of).find(|key| kinds::pk(row).ends_with(&sha256_hex(key.as_bytes())))
        else {
            return String::new();
        };
        let stored = self.stored("runtime", row).await;
        let mut read = Vec::new();
        for owner in [text_of(row, "owner"), "another".to_owned()] {
            let claim = Claim {
                key: key.clone(),
                body_sha256: text_of(row, "body"),
                not_before: Timestamp::from_millis(0),
                owner,
            };
            read.push(shown(&self.runtime.claim(&claim, at, Duration::from_secs(30)).await));
            self.put("runtime", stored.clone()).await;
        }
        read.join("\n")
    }

    /// Returns since when the token is suspect. A look makes it suspect.
    async fn suspects(&self, row: &Row, at: Timestamp) -> String {
        let Some(phone) = huawei_phones().find(|phone| kinds::pk(row).ends_with(&sha256_hex(phone.as_bytes()))) else {
            return String::new();
        };
        let stored = self.stored("runtime", row).await;
        let (app, name) = (&self.version.story.app, notifier_name("huawei-notifier"));
        let since = shown(&self.runtime.suspect(app, &name, &token(&phone), at).await);
        self.put("runtime", stored).await;
        since
    }

    /// Returns the row as it is stored now.
    pub async fn stored(&self, table: &str, row: &Row) -> Row {
        let key = ["pk", "sk"].map(|name| (name.to_owned(), row[name].clone()));
        let get = self.client.get_item().table_name(self.tables.of(table)).consistent_read(true);
        let found = get.set_key(Some(key.into_iter().collect())).send().await.expect("an answer");
        found.item.expect("the row")
    }

    /// Removes the row with this sort key beside `row`.
    pub(super) async fn remove(&self, table: &str, row: &Row, sk: String) {
        let delete = self.client.delete_item().table_name(self.tables.of(table)).key("pk", row["pk"].clone());
        delete.key("sk", AttributeValue::S(sk)).send().await.expect("a row that can go");
    }

    /// Stores a row.
    pub async fn put(&self, table: &str, row: Row) {
        let put = self.client.put_item().table_name(self.tables.of(table)).set_item(Some(row));
        put.send().await.expect("a row is taken");
    }
}

/// Returns a configuration in a stable order.
fn sorted(config: AppConfig) -> (App, BTreeMap<NotifierName, Notifier>, BTreeMap<TemplateName, Template>) {
    (config.app, config.notifiers.into_iter().collect(), config.templates.into_iter().collect())
}

/// Returns the device tokens of the stories' first phones on Huawei, in both forms that stories gave them.
pub(super) fn huawei_phones() -> impl Iterator<Item = String> {
    let numbered = |number: u32| [format!("{number:016}"), format!("capture{number:09}")];
    (0..100).flat_map(numbered).map(|text| format!("0{text}00001234500CN01"))
}

pub(super) fn message_id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a message id")
}

pub(super) fn shown(read: &impl Debug) -> String {
    format!("{read:?}")
}
