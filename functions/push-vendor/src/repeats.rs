//! Looks up repeats: a device whose push ended before gets no second push.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use shared::{
    domain::{
        id::{DeviceId, MessageId, UserId},
        message::Receiver,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::{error::StoreError, messages::FindEnded, queue::PushJob},
};

use crate::{
    budget::UNREADABLE_DELAY,
    slow::{Dependency, SlowDependencies},
};

/// Receivers of a job who are read at the same time: those of one record.
const PARALLEL_RECEIVERS: usize = 25;

/// Devices whose push through the notifier of a job ended before.
pub(crate) type EndedDevices = HashSet<(UserId, DeviceId)>;

/// Looks up repeats.
pub(crate) struct Repeats<'p> {
    pub(crate) ended: &'p dyn FindEnded,
    pub(crate) slow: &'p SlowDependencies,
}

impl Repeats<'_> {
    /// Finds the devices of a job whose push ended before. An error has the time of the next try.
    pub(crate) async fn ended_of(
        &self,
        job: &PushJob,
        look_up_by: Deadline,
        now: Timestamp,
    ) -> Result<EndedDevices, Timestamp> {
        let found = self.slow.ask(Dependency::Ended(job.app.clone()), look_up_by, now, self.read(job)).await?;
        found.map_err(|()| now.plus(UNREADABLE_DELAY))
    }

    /// Reads the recorded ends of the job's page, or of each of its receivers.
    async fn read(&self, job: &PushJob) -> Result<EndedDevices, ()> {
        let mut devices = EndedDevices::new();
        if let (Some(page), Some(first)) = (&job.page, job.receivers.first()) {
            let msg_id = first.receiver.msg_id;
            let found = self.ended.ended_of_page(&job.app, page, msg_id).await;
            let found = found.map_err(|error| log_unreadable(msg_id, &error))?;
            let own = found.into_iter().filter(|(_, _, notifier)| *notifier == job.notifier);
            devices.extend(own.map(|(user, device, _)| (user, device)));
            return Ok(devices);
        }
        let mut read = stream::iter(&job.receivers)
            .map(|one| self.read_one(job, &one.receiver))
            .buffer_unordered(PARALLEL_RECEIVERS);
        while let Some(found) = read.try_next().await? {
            devices.extend(found);
        }
        Ok(devices)
    }

    async fn read_one(&self, job: &PushJob, receiver: &Receiver) -> Result<EndedDevices, ()> {
        let found = self.ended.ended(&job.app, &receiver.user, receiver.msg_id).await;
        let found = found.map_err(|error| log_unreadable(receiver.msg_id, &error))?;
        let own = found.into_iter().filter(|(_, notifier)| *notifier == job.notifier);
        Ok(own.map(|(device, _)| (receiver.user.clone(), device)).collect())
    }
}

fn log_unreadable(msg_id: MessageId, error: &StoreError) {
    tracing::warn!(message.id = %msg_id, error = error.chain(), "a repeated job cannot be looked up");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use shared::{
        domain::{
            group::GroupPage,
            id::{AppKey, NotifierName},
        },
        ports::messages::EndedDevice,
        testing::sample,
    };

    use super::*;
    use crate::samples::{self, message, receiver};

    /// A table that answers after the others were asked, and remembers how many asked at the same time.
    #[derive(Debug, Default)]
    struct Table {
        asking: AtomicUsize,
        most: AtomicUsize,
    }

    #[async_trait]
    impl FindEnded for Table {
        async fn ended(
            &self,
            _: &AppKey,
            _: &UserId,
            _: MessageId,
        ) -> Result<Vec<(DeviceId, NotifierName)>, StoreError> {
            self.most.fetch_max(self.asking.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.asking.fetch_sub(1, Ordering::SeqCst);
            Ok([("phone", "n"), ("pad", "m")]
                .map(|(id, name)| (sample::device(id), sample::notifier_name(name)))
                .into())
        }

        async fn ended_of_page(&self, _: &AppKey, _: &GroupPage, _: MessageId) -> Result<Vec<EndedDevice>, StoreError> {
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn the_receivers_of_a_record_are_looked_up_at_the_same_time() {
        let (table, slow) = (Table::default(), SlowDependencies::default());
        let receivers = (0..60).map(|number| receiver(&format!("u{number}"), message(0), Vec::new()));
        let job = samples::job(receivers.collect());
        let found = Repeats { ended: &table, slow: &slow }.read(&job).await.unwrap();
        let all = (0..60).map(|number| (sample::user(&format!("u{number}")), sample::device("phone")));
        assert_eq!(found, all.collect());
        assert_eq!(table.most.into_inner(), PARALLEL_RECEIVERS);
    }
}
