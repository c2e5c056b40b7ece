//! Push labels: names that an app gives to sets of its users, so that an instant push reaches a whole set.
//!
//! Limits come from Easemob, "push label management".

use serde::{Deserialize, Serialize};

use super::{
    id::{LabelId, LabelName, UserId},
    time::Timestamp,
};

/// Maximum labels of an app.
pub const MAX_LABELS: u32 = 100;
/// Maximum characters of a label's description.
pub const MAX_LABEL_DESCRIPTION_CHARS: usize = 255;
/// Maximum users that a call adds or removes.
pub const MAX_LABELLED_AT_ONCE: usize = 100;

/// One label. A later label of the same name has another id, so nobody takes one for the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LabelKey {
    /// its name
    pub name: LabelName,
    /// its id, which Curlew gives
    pub id: LabelId,
}

/// A push label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushLabel {
    /// which label it is
    pub key: LabelKey,
    /// what the app says about it; may be empty
    pub description: String,
    /// when it was created
    pub created_at: Timestamp,
    /// how many users have it
    pub users: u64,
}

/// A user who has a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelledUser {
    /// the user
    pub user: UserId,
    /// since when
    pub since: Timestamp,
}

/// A label that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLabel {
    /// the label, which may be deleted already
    pub label: LabelKey,
    /// since when
    pub since: Timestamp,
}

impl UserLabel {
    /// Returns whether the user of before an erasure had the label. The sweep of an erasure removes such rows within
    /// minutes.
    pub fn is_left_behind(&self, erased_at: Option<Timestamp>) -> bool {
        erased_at.is_some_and(|erased_at| self.since <= erased_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_from_before_an_erasure_is_left_behind() {
        let at = Timestamp::from_millis;
        let name = LabelName::parse("vip").unwrap();
        let own = UserLabel { label: LabelKey { name, id: LabelId::new(1) }, since: at(5) };
        assert_eq!(
            [None, Some(at(4)), Some(at(5)), Some(at(6))].map(|erased| own.is_left_behind(erased)),
            [false, false, true, true]
        );
    }
}
