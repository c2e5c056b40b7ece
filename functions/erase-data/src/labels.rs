//! Removes the users of deleted push labels, and the push labels of erased users.

use shared::{
    domain::{
        id::{AppKey, UserId},
        push_label::{LabelKey, MAX_LABELS},
        time::Timestamp,
    },
    ports::{erase_queue::EraseLabel, error::StoreError},
};

use crate::{
    erase::{Erase, Swept},
    work::Work,
};

/// Users of a label removed in one step: two rows each.
const PAGE: usize = 250;

impl Erase {
    /// Removes the users of a deleted label. The record is queued before the deletion. A label that still exists was not
    /// deleted, because the call ended in between.
    pub(crate) async fn sweep_label(&self, job: &EraseLabel, work: &Work) -> Result<Swept, StoreError> {
        let found = self.ports.labels.label(&job.app, &job.label.name).await?;
        if found.is_some_and(|found| found.key == job.label) {
            return Ok(Swept::Nothing);
        }
        Ok(if self.erase_labelled(&job.app, &job.label, work).await? { Swept::All } else { Swept::Part })
    }

    /// Deletes the labels of an app, with their users. Returns `false` if the time ran out before the last one.
    pub(crate) async fn erase_labels(&self, app: &AppKey, work: &Work) -> Result<bool, StoreError> {
        loop {
            let labels = self.ports.labels.labels(app, None, MAX_LABELS as usize).await?;
            if labels.is_empty() {
                break;
            }
            for label in labels {
                // Its users go first. If the sweep ends in between, the next one finds the label again.
                if !self.erase_labelled(app, &label.key, work).await? {
                    return Ok(false);
                }
                self.ports.labels.delete_label(app, &label.key).await?;
                // Whoever got the label meanwhile.
                if !self.erase_labelled(app, &label.key, work).await? {
                    return Ok(false);
                }
            }
        }
        self.ports.label_rows.forget_label_count(app).await?;
        Ok(true)
    }

    async fn erase_labelled(&self, app: &AppKey, label: &LabelKey, work: &Work) -> Result<bool, StoreError> {
        while work.may_begin() {
            if !self.ports.label_rows.erase_labelled(app, label, PAGE).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes from a user the labels of before the erasure. Returns `false` if the time ran out before the last one.
    pub(crate) async fn unlabel(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        work: &Work,
    ) -> Result<bool, StoreError> {
        for label in self.ports.label_rows.labels_of(app, user).await? {
            if label.since > until {
                continue;
            }
            if !work.may_begin() {
                return Ok(false);
            }
            self.ports.label_rows.unlabel(app, user, &label).await?;
        }
        Ok(true)
    }
}
