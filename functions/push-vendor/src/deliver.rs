//! A batch of push jobs, from the queue to the vendor and into the record.

use std::sync::Arc;

use shared::{
    domain::{reason::Reason, vendor::Vendor},
    lambda::{batch::Record, metric::Metrics},
    ports::{
        clock::{Clock, Entropy},
        group_messages::{FindEnded, RecordPage},
        messages::RecordOutcomes,
        queue::{DeadLetterRecord, PushJob, PushRecord, QueuePush, ReturnRecord},
        suspects::SuspectTokens,
        users::RemoveUnregisteredToken,
        vendor::VendorClient,
    },
};

use crate::{
    batch::Delivery,
    limiter::Limiter,
    notifiers::Notifiers,
    result::{Settled, ended},
};

/// How many writes are under way at once.
pub(crate) const PARALLEL_WRITES: usize = 16;

/// What the use case works with.
pub struct Ports {
    /// decisions and outcomes
    pub outcomes: Arc<dyn RecordOutcomes>,
    /// the same for pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// what ended of them
    pub ended: Arc<dyn FindEnded>,
    /// bindings of dead tokens
    pub tokens: Arc<dyn RemoveUnregisteredToken>,
    /// tokens that were unregistered with most others
    pub suspects: Arc<dyn SuspectTokens>,
    /// its own queue, for what must wait
    pub queue: Arc<dyn QueuePush>,
    /// the same, for what cannot be read
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for what nobody can work on
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

/// Delivers jobs of one vendor.
pub struct Deliver {
    /// the vendor
    pub vendor: Vendor,
    /// its protocol
    pub client: Arc<dyn VendorClient>,
    /// its notifiers
    pub notifiers: Notifiers,
    /// how fast they are used
    pub limiter: Limiter,
    /// everything else
    pub ports: Ports,
}

impl Deliver {
    /// Works on the jobs; answers the ids of records to be given again.
    pub async fn run(&self, records: Vec<Record<PushRecord>>, metrics: &Metrics) -> Vec<String> {
        let (ids, jobs): (Vec<String>, Vec<PushJob>) = records
            .into_iter()
            .map(|record| {
                let PushRecord::V1(mut job) = record.job;
                job.repeat |= record.redelivered;
                (record.id, job)
            })
            .unzip();
        let now = self.ports.clock.now();
        let mut failed: Vec<String> = Vec::new();
        let mut due: Vec<(&PushJob, Vec<Delivery<'_>>)> = Vec::new();
        let mut results: Vec<Settled<'_>> = Vec::new();
        for (index, job) in jobs.iter().enumerate() {
            if let Some(at) = job.not_before.filter(|at| now < *at) {
                if !self.requeue(std::slice::from_ref(job), at, now).await {
                    failed.push(ids[index].clone());
                }
                continue;
            }
            match self.open_deliveries(index, job).await {
                Ok(open) if now < job.expires_at => due.push((job, open)),
                Ok(open) => results.extend(open.into_iter().map(|delivery| (delivery, ended(Reason::ExpireMessage)))),
                Err(()) => failed.push(ids[index].clone()),
            }
        }
        results.extend(self.send(due, metrics).await);
        for index in self.settle(&jobs, results, metrics).await {
            failed.push(ids[index].clone());
        }
        failed
    }
}
