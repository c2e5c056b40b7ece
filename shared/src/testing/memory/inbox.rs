//! The marks of users in memory.

use async_trait::async_trait;

use super::{MemoryUsers, lock};
use crate::{
    domain::{
        id::{AppKey, UserId},
        inbox::Marks,
        time::Timestamp,
    },
    ports::{error::StoreError, inbox::TrackInbox},
};

#[async_trait]
impl TrackInbox for MemoryUsers {
    async fn marks(&self, app: &AppKey, user: &UserId) -> Result<Option<Marks>, StoreError> {
        self.faults.before("marks").await?;
        Ok(lock(&self.marks).get(&(app.clone(), user.clone())).copied())
    }

    async fn move_marks(&self, app: &AppKey, user: &UserId, marks: Marks, _: Timestamp) -> Result<(), StoreError> {
        self.faults.before("move_marks").await?;
        {
            let mut all = lock(&self.marks);
            let seen = all.entry((app.clone(), user.clone())).or_insert(Marks::NONE);
            if seen.later(marks) == marks {
                *seen = marks;
            }
        }
        self.faults.after("move_marks")
    }
}
