//! What ended before: a job that came already, or may have, pushes only to the devices that are left.

use std::collections::HashSet;

use shared::{
    domain::id::{DeviceId, MessageId, UserId},
    ports::{
        error::StoreError,
        queue::{PushDevice, PushJob, PushReceiver},
    },
};

use crate::{batch::Delivery, deliver::Deliver};

impl Deliver {
    /// The devices of a job whose push has not ended yet. `Err` if a repeated job cannot be looked up.
    pub(crate) async fn open_deliveries<'a>(&self, index: usize, job: &'a PushJob) -> Result<Vec<Delivery<'a>>, ()> {
        let ended = if job.repeat { self.ended(job).await? } else { HashSet::new() };
        let mut open = Vec::new();
        for receiver in &job.receivers {
            let is_open = |device: &&PushDevice| {
                ended.is_empty() || !ended.contains(&(receiver.receiver.user.clone(), device.device_id.clone()))
            };
            let devices = receiver.devices.iter().filter(is_open);
            open.extend(devices.map(|device| Delivery { job: index, receiver, device, attempts: job.attempts }));
        }
        Ok(open)
    }

    /// Of the job's receivers, the devices whose push through its notifier ended before.
    async fn ended(&self, job: &PushJob) -> Result<HashSet<(UserId, DeviceId)>, ()> {
        let mut ended = HashSet::new();
        let failed = |msg_id: MessageId, error: StoreError| {
            tracing::warn!(message.id = %msg_id, error = error.chain(), "a repeated job cannot be looked up");
        };
        match (&job.page, job.receivers.first()) {
            (Some(page), Some(first)) => {
                let msg_id = first.receiver.msg_id;
                let found = self.ports.ended.ended_of_page(&job.app, page, msg_id).await;
                let found = found.map_err(|error| failed(msg_id, error))?;
                let own = found.into_iter().filter(|(_, _, notifier)| *notifier == job.notifier);
                ended.extend(own.map(|(user, device, _)| (user, device)));
            }
            (Some(_) | None, _) => {
                for PushReceiver { receiver, .. } in &job.receivers {
                    let found = self.ports.outcomes.ended(&job.app, &receiver.user, receiver.msg_id).await;
                    let found = found.map_err(|error| failed(receiver.msg_id, error))?;
                    let own = found.into_iter().filter(|(_, notifier)| *notifier == job.notifier);
                    ended.extend(own.map(|(device, _)| (receiver.user.clone(), device)));
                }
            }
        }
        Ok(ended)
    }
}
