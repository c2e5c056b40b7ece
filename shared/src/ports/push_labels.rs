//! Push labels and the users who have them.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    directory::Shard,
    id::{AppKey, LabelName, UserId},
    push_label::{LabelKey, LabelledUser, PushLabel, UserLabel},
    time::Timestamp,
};

/// Reads a label.
#[async_trait]
pub trait ReadLabels: Send + Sync {
    /// Returns the label of this name, or `None` if there is none; strongly consistent.
    async fn label(&self, app: &AppKey, name: &LabelName) -> Result<Option<PushLabel>, StoreError>;
}

/// Reads the users of a label. They are spread over the shards of the directory, so a walk over a label is a walk over
/// shards, as one over all users is.
#[async_trait]
pub trait ReadLabelMembers: Send + Sync {
    /// Returns up to `most` users of a shard that sort after `after`, in their order; strongly consistent. Fewer mean
    /// that the shard has no more. Returns `None` if the label was deleted, also if another label has the name by now.
    async fn labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError>;
}

/// Creates, lists and deletes labels. The stored numbers of labels and of their users are always exact.
#[async_trait]
pub trait ManageLabels: ReadLabels {
    /// Creates a label without users.
    async fn create_label(&self, app: &AppKey, label: &PushLabel) -> Result<LabelCreation, StoreError>;

    /// Returns up to `most` labels that sort after `after`, in the order of their names; strongly consistent.
    async fn labels(&self, app: &AppKey, after: Option<&LabelName>, most: usize) -> Result<Vec<PushLabel>, StoreError>;

    /// Deletes a label. Returns `false` if it is gone. From then on nobody gets the label, and nobody is found by it.
    /// [`EraseLabels::erase_labelled`] removes the rows of its users.
    async fn delete_label(&self, app: &AppKey, label: &LabelKey) -> Result<bool, StoreError>;
}

/// The result of a label's creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelCreation {
    /// the label is created
    Created,
    /// another label has the name
    Exists,
    /// the app has [`MAX_LABELS`](crate::domain::push_label::MAX_LABELS) labels
    Full,
}

/// Gives labels to users and takes them away.
#[async_trait]
pub trait LabelUsers: ReadLabelMembers {
    /// Gives a label to at most [`MAX_LABELLED_AT_ONCE`](crate::domain::push_label::MAX_LABELLED_AT_ONCE) users, each
    /// named once, from `since` on. Returns the users who had it already; they keep their time. Returns `None` if the
    /// label was deleted; then some of the users may have got it before.
    async fn add_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
        since: Timestamp,
    ) -> Result<Option<Vec<LabelledUser>>, StoreError>;

    /// Takes a label from at most that many users, each named once. Returns those who had it, or `None` if the label was
    /// deleted.
    async fn remove_labelled(
        &self,
        app: &AppKey,
        label: &LabelKey,
        users: &[UserId],
    ) -> Result<Option<Vec<UserId>>, StoreError>;

    /// Returns since when the user has the label, or `None`; strongly consistent.
    async fn labelled_since(
        &self,
        app: &AppKey,
        label: &LabelKey,
        user: &UserId,
    ) -> Result<Option<Timestamp>, StoreError>;
}

/// Removes what labels store about a user or an app.
#[async_trait]
pub trait EraseLabels: Send + Sync {
    /// Returns the labels that a user has, also deleted ones whose rows are still stored; strongly consistent.
    async fn labels_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<UserLabel>, StoreError>;

    /// Takes a label from a user as it was read. A label that the user got again since stays.
    async fn unlabel(&self, app: &AppKey, user: &UserId, label: &UserLabel) -> Result<(), StoreError>;

    /// Removes up to about `most` users of a label. Returns `true` if more may be left. Their number is not changed: the
    /// label is deleted already, or its app is being deleted.
    async fn erase_labelled(&self, app: &AppKey, label: &LabelKey, most: usize) -> Result<bool, StoreError>;

    /// Removes the number of an app's labels, if it has none.
    async fn forget_label_count(&self, app: &AppKey) -> Result<(), StoreError>;
}
