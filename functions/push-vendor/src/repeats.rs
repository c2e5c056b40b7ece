//! Looks up repeats: a device whose push ended before gets no second push.

use std::collections::HashSet;

use shared::{
    domain::{
        id::{DeviceId, MessageId, UserId},
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::{error::StoreError, messages::FindEnded, queue::PushJob},
};

use crate::{
    budget::UNREADABLE_DELAY,
    slow::{Dependency, SlowDependencies},
};

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
        for receiver in job.receivers.iter().map(|one| &one.receiver) {
            let found = self.ended.ended(&job.app, &receiver.user, receiver.msg_id).await;
            let found = found.map_err(|error| log_unreadable(receiver.msg_id, &error))?;
            let own = found.into_iter().filter(|(_, notifier)| *notifier == job.notifier);
            devices.extend(own.map(|(device, _)| (receiver.user.clone(), device)));
        }
        Ok(devices)
    }
}

fn log_unreadable(msg_id: MessageId, error: &StoreError) {
    tracing::warn!(message.id = %msg_id, error = error.chain(), "a repeated job cannot be looked up");
}
