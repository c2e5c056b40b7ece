//! A batch of push jobs, from the queue to the vendor and into the record, within the invocation's time.

use std::{sync::Arc, time::Duration};

use shared::{
    domain::vendor::Vendor,
    lambda::{batch::Record, deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        clock::{Clock, Entropy},
        group_messages::RecordPage,
        messages::{FindEnded, ReadContent, RecordOutcomes},
        queue::{DeadLetterRecord, PushJob, PushRecord, QueueDispatch, QueuePush, ReturnRecord},
        suspects::SuspectTokens,
        users::{FindTokenOwners, RemoveUnregisteredToken},
        vendor::VendorClient,
    },
    statistics::Statistics,
};

use crate::{limiter::Limiter, notifiers::Notifiers, result::Settled, send::CALL_LIMIT};

/// What settling leaves room for at the end: one request to a table or a queue, whose operation ends within 9 s.
pub(crate) const SETTLE: Duration = Duration::from_secs(10);
/// What looking up repeats leaves room for before the last call is begun, so that one app whose rows are slow keeps no other app's pushes
/// waiting.
const LOOKED_UP: Duration = Duration::from_secs(3);
/// The same for reading owners.
const OWNED: Duration = Duration::from_secs(2);
/// The same for opening notifiers.
pub(crate) const OPENED: Duration = Duration::from_secs(1);
/// When a delivery is due again for which a table could not be read. A table that fails is not helped by being asked every moment.
pub(crate) const UNREADABLE: Duration = Duration::from_secs(30);
/// When a delivery is due again that was not begun for lack of time.
pub(crate) const NOT_BEGUN: Duration = Duration::from_secs(5);
/// How many reads, or writes, are under way at once: those of a whole batch.
pub(crate) const PARALLEL: usize = 128;

/// What the use case works with.
pub struct Ports {
    /// decisions and outcomes
    pub outcomes: Arc<dyn RecordOutcomes>,
    /// the same for pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// pushes that ended
    pub ended: Arc<dyn FindEnded>,
    /// messages whose pushes waited
    pub contents: Arc<dyn ReadContent>,
    /// whose tokens they are
    pub owners: Arc<dyn FindTokenOwners>,
    /// bindings of unregistered tokens
    pub tokens: Arc<dyn RemoveUnregisteredToken>,
    /// tokens that were reported unregistered with most others
    pub suspects: Arc<dyn SuspectTokens>,
    /// its own queue, for what must wait
    pub queue: Arc<dyn QueuePush>,
    /// the queue of decisions, for what waited too long
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its own queue, for what cannot be read
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for what nobody can work on
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// counts what is recorded
    pub statistics: Statistics,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports {
    outcomes, pages, ended, contents, owners, tokens, suspects, queue, dispatch, returns, dead_letters, statistics,
    clock, entropy
} }

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

name_ports! { Deliver { client, notifiers, ports } without { vendor, limiter } }

/// Until when a call is begun: one that can end, and whose result can be settled.
fn begin_by(deadline: Deadline) -> Deadline {
    deadline.leaving(SETTLE + CALL_LIMIT)
}

impl Deliver {
    /// Works on the jobs; answers the ids of records to be redelivered.
    ///
    /// In the order of events: what is not due, ended before, or expired is sorted out; what waited too long returns to be decided
    /// again, while of what else waited the owners are read again, and the rest is sent; results go back to the queue or into the
    /// record; last, what the vendor's answers mean for tokens and notifiers is written.
    pub async fn run(&self, records: Vec<Record<PushRecord>>, deadline: Deadline, metrics: &Metrics) -> Vec<String> {
        let (ids, jobs): (Vec<String>, Vec<PushJob>) = records
            .into_iter()
            .map(|record| {
                let PushRecord::V1(mut job) = record.job;
                job.repeat |= record.redelivered;
                (record.id, job)
            })
            .unzip();
        let mut results: Vec<Settled<'_>> = Vec::new();
        let begin_by = begin_by(deadline);
        let due = self.due(&jobs, begin_by.leaving(LOOKED_UP), &mut results).await;
        let (old, current) = self.apart_from_old(due);
        let sent = async {
            let mut results = Vec::new();
            let owned = self.still_owned(current, begin_by.leaving(OWNED), &mut results).await;
            let (sent, aftermath) = self.send(owned, begin_by, metrics).await;
            results.extend(sent);
            (results, aftermath)
        };
        let returned = self.decide_again(old, deadline.leaving(SETTLE));
        let (returned, (sent, aftermath)) = futures::join!(returned, sent);
        results.extend(returned);
        results.extend(sent);
        let failed = self.settle(&jobs, results, deadline, metrics).await;
        self.conclude(aftermath, deadline, metrics).await;
        failed.into_iter().map(|index| ids[index].clone()).collect()
    }
}
