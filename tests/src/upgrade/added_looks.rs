//! Reads single rows of push labels, callbacks and recalls.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    domain::{
        directory::Shard,
        id::{AppKey, LabelId, LabelName},
        push_label::{LabelKey, MAX_LABELS, PushLabel},
        recall::MessageTarget,
        time::Timestamp,
    },
    ports::{
        callbacks::{ListCallbacks, TakeCallbacks, TrackEndpoint},
        push_labels::{EraseLabels, ManageLabels, ReadLabelMembers},
        recalls::ReadRecalls,
    },
    testing::sample::user,
};

use super::{
    looks::{Key, Looks, message_id, shown},
    rows::Row,
};

/// More events than a story has.
const ALL: usize = 1000;

impl Looks<'_> {
    /// Returns what is read of a row of push labels.
    pub(super) async fn labels(&self, kind: &str, key: &Key<'_>, row: &Row) -> String {
        match kind {
            "user/label#" => shown(&self.groups.labels_of(&key.app, &key.user()).await),
            "label" => self.labelled(key).await,
            "labels/count" => self.one_more_label(&key.app, row).await,
            _ => shown(&self.groups.labels(&key.app, None, ALL).await),
        }
    }

    /// Returns the users of the row's label, unless the label is deleted.
    async fn labelled(&self, key: &Key<'_>) -> String {
        let labels = self.groups.labels(&key.app, None, ALL).await.expect("labels that can be read");
        let id = key.rest.split('#').next().unwrap_or_default();
        let Some(label) = labels.into_iter().find(|label| label.key.id.as_str() == id) else {
            return String::new();
        };
        shown(&self.groups.labelled(&key.app, &label.key, Shard::of(&user(key.sk)), None, ALL).await)
    }

    /// Returns what the creation of one label more is answered, where the app has 99 more than the row says.
    async fn one_more_label(&self, app: &AppKey, row: &Row) -> String {
        let stored = self.stored("groups", row).await;
        let mut full = stored.clone();
        if let Some(AttributeValue::N(number)) = full.get_mut("labels") {
            let labels: u32 = number.parse().expect("a number of labels");
            *number = (labels + MAX_LABELS - 1).to_string();
        }
        self.put("groups", full).await;
        let name = LabelName::parse("one-more").expect("a name");
        let key = LabelKey { name, id: LabelId::new(1) };
        let created_at = Timestamp::from_millis(1);
        let label = PushLabel { key: key.clone(), description: String::new(), created_at, users: 0 };
        let created = self.groups.create_label(app, &label).await;
        self.groups.delete_label(app, &key).await.expect("a label that can go");
        self.put("groups", stored).await;
        shown(&created)
    }

    /// Returns what is read of a row about callbacks.
    pub(super) async fn callbacks(&self, kind: &str, row: &Row, at: Timestamp) -> String {
        if kind == "callbacks" {
            return shown(&self.runtime.waiting_apps(at).await);
        }
        let app = Key::of(row).app;
        match kind {
            "callback" => shown(&self.runtime.stored_callbacks(&app, at, ALL).await),
            _ => shown(&self.runtime.endpoint(&app, at).await),
        }
    }

    /// Returns when the row's message was recalled.
    pub(super) async fn recall(&self, key: &Key<'_>, kind: &str) -> String {
        let to = match kind.starts_with("group") {
            true => MessageTarget::Group(key.group()),
            false => MessageTarget::User(key.user()),
        };
        let id = message_id(key.sk.split('#').nth(1).unwrap_or_default());
        shown(&self.messages.recalled(&key.app, &[(to, id)]).await)
    }
}
