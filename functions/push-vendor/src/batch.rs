//! A batch from the queue: records with their jobs, and the deliveries in them.

use shared::{
    domain::{
        id::{AppKey, MessageId, NotifierName, UserId},
        time::Timestamp,
    },
    lambda::batch::Record,
    ports::queue::{PushDevice, PushJob, PushReceiver},
};

use crate::result::{DeliveryResult, Resolved};

/// A notifier of an app.
pub(crate) type NotifierKey<'a> = (&'a AppKey, &'a NotifierName);

/// A record of the batch, with its job.
#[derive(Debug)]
pub(crate) struct JobRecord {
    /// identifies the record within the batch, because a record may have no id
    pub(crate) number: usize,
    /// its id in the queue
    pub(crate) id: String,
    /// the job
    pub(crate) job: PushJob,
}

impl JobRecord {
    /// Numbers the records of a batch. Marks the job of a redelivered record as a repeat, and that of a redriven record
    /// as put off, so that check-presence decides it again.
    pub(crate) fn of_batch(records: Vec<Record<PushJob>>) -> Vec<Self> {
        let numbered = records.into_iter().enumerate().map(|(number, record)| {
            let mut job = record.job;
            job.repeat |= record.redelivered;
            if record.redriven && job.not_before.is_none() {
                job.not_before = Some(job.decided_at.unwrap_or(Timestamp::from_millis(0)));
            }
            Self { number, id: record.id, job }
        });
        numbered.collect()
    }

    /// Returns the deliveries of the job.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = Delivery<'_>> {
        self.job.receivers.iter().flat_map(move |receiver| {
            receiver.devices.iter().map(move |device| Delivery { record: self, receiver, device })
        })
    }
}

/// The push of one job to one device of one receiver.
///
/// It cannot be copied. Every stage passes it on, or gives it a [`DeliveryResult`].
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) record: &'a JobRecord,
    pub(crate) receiver: &'a PushReceiver,
    pub(crate) device: &'a PushDevice,
}

impl<'a> Delivery<'a> {
    /// Returns its job.
    pub(crate) fn job(&self) -> &'a PushJob {
        &self.record.job
    }

    /// Returns the user whose device gets the push.
    pub(crate) fn user(&self) -> &'a UserId {
        &self.receiver.receiver.user
    }

    /// Returns the id of the receiver's message.
    pub(crate) fn msg_id(&self) -> MessageId {
        self.receiver.receiver.msg_id
    }

    /// Returns the delivery with this result.
    pub(crate) fn resolved(self, result: DeliveryResult) -> Resolved<'a> {
        Resolved { delivery: self, result, answer: None }
    }
}

/// Deliveries of one job.
#[derive(Debug)]
pub(crate) struct JobDeliveries<'a> {
    pub(crate) job: &'a PushJob,
    pub(crate) deliveries: Vec<Delivery<'a>>,
}

/// Gives all deliveries the same result.
pub(crate) fn resolve_all<'a>(
    deliveries: impl IntoIterator<Item = Delivery<'a>>,
    result: &DeliveryResult,
) -> impl Iterator<Item = Resolved<'a>> {
    deliveries.into_iter().map(|delivery| delivery.resolved(result.clone()))
}
