//! Runs a batch of push jobs through its stages, within the invocation's time.

use std::{
    mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use shared::{
    callbacks::Callbacks,
    domain::vendor::Vendor,
    lambda::{batch::Record, deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        acks::NoteTaken,
        clock::{Clock, Entropy},
        credential_check::{CheckResult, CheckedNotifier},
        group_messages::RecordPage,
        messages::{FindEnded, ReadContent, RecordOutcomes},
        push_now::PushNowReport,
        queue::{
            DeadLetterRecord, PushJob, QueueDispatch, QueueEnds, QueuePush, QueueRevocations, RecordJob, ReturnRecord,
            RevokeJob,
        },
        suspects::SuspectTokens,
        users::{FindTokenOwners, RemoveUnregisteredToken},
        vendor::VendorClient,
    },
    statistics::Statistics,
    task_counter::TaskCounter,
};

use crate::{
    batch::{JobDeliveries, JobRecord},
    budget::Budget,
    check::CheckAll,
    decide_again::DecideAgain,
    due::{Due, SelectDue},
    follow_up::WriteFollowUps,
    limiter::Limiter,
    notifiers::Notifiers,
    open::OpenAll,
    own_channel::GoOn,
    owners::{CheckOwners, Owned},
    plan::PlanCalls,
    push_now::{NotingClient, report},
    record::RecordEnds,
    record_again::RecordAgain,
    repeats::Repeats,
    retry::Retries,
    revoke::RevokeAll,
    send::MakeCalls,
    settle::{Sent, SettleResults},
    slow::SlowDependencies,
    tell::TellServers,
    test_push::SendTestPush,
    unregistered::RemoveUnregistered,
};

/// Maximum time to queue what apps' servers are told about a batch.
const TELLING: Duration = Duration::from_secs(3);
/// The same for a push whose caller waits.
const TELLING_NOW: Duration = Duration::from_secs(1);

/// The ports of the use case.
pub struct Ports {
    /// records decisions and outcomes of one-to-one messages
    pub outcomes: Arc<dyn RecordOutcomes>,
    /// records decisions and outcomes of pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// reads which pushes ended
    pub ended: Arc<dyn FindEnded>,
    /// stores which instant pushes no longer wait for their receivers
    pub taken: Arc<dyn NoteTaken>,
    /// reads the messages of pushes that waited, or that go to the own channel
    pub contents: Arc<dyn ReadContent>,
    /// reads the owners of tokens
    pub owners: Arc<dyn FindTokenOwners>,
    /// removes the bindings of unregistered tokens
    pub tokens: Arc<dyn RemoveUnregisteredToken>,
    /// stores suspect tokens
    pub suspects: Arc<dyn SuspectTokens>,
    /// its own queue, for retries and deferred pushes
    pub queue: Arc<dyn QueuePush>,
    /// its own queue, for notifications to revoke
    pub revocations: Arc<dyn QueueRevocations>,
    /// its own queue, for ends that could not be recorded
    pub ends: Arc<dyn QueueEnds>,
    /// the queue of check-presence, for outdated pushes
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its own queue, for unreadable records
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for records that nobody can process
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// counts recorded results
    pub statistics: Statistics,
    /// the same for tasks
    pub task_counts: TaskCounter,
    /// tells apps' servers what became of pushes
    pub callbacks: Callbacks,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports {
    outcomes, pages, ended, taken, contents, owners, tokens, suspects, queue, revocations, ends, dispatch, returns, dead_letters,
    statistics, task_counts, callbacks, clock, entropy
} }

/// Delivers the jobs of one vendor.
pub struct Deliver {
    /// the vendor
    pub vendor: Vendor,
    /// all ports
    pub ports: Ports,
    client: Arc<dyn VendorClient>,
    notifiers: Notifiers,
    limiter: Limiter,
    slow: SlowDependencies,
}

name_ports! { Deliver { client, notifiers, ports } without { vendor, limiter, slow } }

impl Deliver {
    /// Creates the use case for a vendor and its `client`.
    pub fn new(vendor: Vendor, client: Arc<dyn VendorClient>, notifiers: Notifiers, ports: Ports) -> Self {
        let (limiter, slow) = (Limiter::default(), SlowDependencies::default());
        Self { vendor, ports, client, notifiers, limiter, slow }
    }

    /// Processes the records of a batch. Returns the ids of the records to be redelivered.
    pub async fn run(&self, records: Vec<Record<PushJob>>, deadline: Deadline, metrics: &Metrics) -> Vec<String> {
        let budget = Budget::of(deadline);
        let records = JobRecord::of_batch(records);
        let Due { outdated, current, resolved } = self.select_due().run(&records, budget.look_up_by()).await;
        let decide_again = self.decide_again();
        let (returned, sent) = futures::join!(decide_again.run(outdated, budget), self.send(current, budget, metrics));
        let sent = sent.with(returned).with(resolved);
        self.settle(sent, budget.write_by(), TELLING, metrics).await
    }

    /// Pushes a job whose caller waits, and reports its devices. The push is not retried: whoever waits decides.
    pub(crate) async fn push_now(&self, job: PushJob, deadline: Deadline, metrics: &Metrics) -> PushNowReport {
        let budget = Budget::of(deadline);
        let records = [JobRecord { number: 0, id: String::new(), job }];
        let client = NotingClient::new(&*self.client);
        // The decision is new, so no delivery is outdated.
        let Due { current, resolved, .. } = self.select_due().run(&records, budget.look_up_by()).await;
        let owned = self.check_owners().run(current, budget.read_owners_by()).await;
        let sent = self.call(&client, owned, budget, metrics).await.with(resolved);
        let report = report(sent.resolved(), client.answers());
        self.settle(sent.ended(), budget.write_by(), TELLING_NOW, metrics).await;
        report
    }

    /// Checks the credentials of these notifiers. Returns a result for each.
    pub(crate) async fn check(
        &self,
        asked: &[CheckedNotifier],
        deadline: Deadline,
        metrics: &Metrics,
    ) -> Vec<CheckResult> {
        let (client, notifiers, clock) = (&*self.client, &self.notifiers, &*self.ports.clock);
        let tell = &self.tell_servers(TELLING_NOW);
        CheckAll { vendor: self.vendor, client, notifiers, tell, clock }.run(asked, deadline, metrics).await
    }

    /// Revokes the notifications of these records. Returns the ids of the records to be redelivered.
    pub async fn revoke(&self, records: Vec<Record<RevokeJob>>, deadline: Deadline) -> Vec<String> {
        let budget = Budget::of(deadline);
        self.revoke_all().run(records, budget.begin_calls_by(), budget.write_by()).await
    }

    /// Records ends that could not be recorded when their pushes ended. Returns the ids of the records to be
    /// redelivered.
    pub async fn record(&self, records: Vec<Record<RecordJob>>, deadline: Deadline, metrics: &Metrics) -> Vec<String> {
        let record = self.record_ends(metrics);
        self.record_again(&record).run(records, Budget::of(deadline).write_by()).await
    }

    /// Checks the owners, plans the calls and makes them. Returns the results.
    async fn send<'a>(&self, current: Vec<JobDeliveries<'a>>, budget: Budget, metrics: &Metrics) -> Sent<'a> {
        let mut owned = self.check_owners().run(current, budget.read_owners_by()).await;
        let outdated = mem::take(&mut owned.outdated);
        let decide_again = self.decide_again();
        let called = self.call(&*self.client, owned, budget, metrics);
        let (returned, sent) = futures::join!(decide_again.run(outdated, budget), called);
        sent.with(returned)
    }

    /// Plans the calls and makes them.
    async fn call<'a>(
        &self,
        client: &dyn VendorClient,
        owned: Owned<'a>,
        budget: Budget,
        metrics: &Metrics,
    ) -> Sent<'a> {
        let planned = self.plan_calls(client).run(owned, budget.open_notifiers_by()).await;
        self.make_calls(client, metrics).run(planned, budget.begin_calls_by()).await
    }

    /// Writes results and follow-ups, and tells apps' servers. Returns the ids of the records to be redelivered.
    async fn settle(&self, sent: Sent<'_>, write_by: Deadline, telling: Duration, metrics: &Metrics) -> Vec<String> {
        let tell = self.tell_servers(telling);
        let record = self.record_ends(metrics);
        let settled = sent.settle(self.settle_results(&record, &tell), write_by).await;
        let follow_ups = settled.follow_up(self.write_follow_ups(metrics, &tell), write_by);
        let (failed, ()) = futures::join!(follow_ups, tell.flush(write_by, metrics));
        // The follow-ups may have removed tokens and disabled notifiers.
        tell.flush(write_by, metrics).await;
        failed
    }
}

/// Creates each stage with the ports that it uses.
impl Deliver {
    fn select_due(&self) -> SelectDue<'_> {
        let repeats = Repeats { ended: &*self.ports.ended, slow: &self.slow };
        SelectDue { repeats, clock: &*self.ports.clock }
    }

    fn decide_again(&self) -> DecideAgain<'_> {
        let Ports { contents, dispatch, clock, .. } = &self.ports;
        DecideAgain { vendor: self.vendor, contents: &**contents, dispatch: &**dispatch, clock: &**clock }
    }

    fn check_owners(&self) -> CheckOwners<'_> {
        CheckOwners { owners: &*self.ports.owners, slow: &self.slow, clock: &*self.ports.clock }
    }

    fn plan_calls<'p>(&'p self, client: &'p dyn VendorClient) -> PlanCalls<'p> {
        let (notifiers, clock) = (&self.notifiers, &*self.ports.clock);
        let open = OpenAll { vendor: self.vendor, notifiers, slow: &self.slow, clock };
        PlanCalls { open, quotas: &notifiers.quotas, client, clock }
    }

    fn make_calls<'p>(&'p self, client: &'p dyn VendorClient, metrics: &'p Metrics) -> MakeCalls<'p> {
        let (limiter, clock) = (&self.limiter, &*self.ports.clock);
        MakeCalls { vendor: self.vendor, client, limiter, clock, metrics }
    }

    fn tell_servers(&self, at_most: Duration) -> TellServers<'_> {
        let (configs, callbacks, clock) = (self.notifiers.configs(), &self.ports.callbacks, &*self.ports.clock);
        TellServers { vendor: self.vendor, configs, callbacks, clock, at_most, unknown: Mutex::default() }
    }

    fn revoke_all(&self) -> RevokeAll<'_> {
        let Ports { revocations, clock, entropy, .. } = &self.ports;
        let (client, notifiers, limiter) = (&*self.client, &self.notifiers, &self.limiter);
        let (queue, clock, entropy) = (&**revocations, &**clock, &**entropy);
        RevokeAll { vendor: self.vendor, client, notifiers, limiter, queue, clock, entropy }
    }

    fn record_ends<'p>(&'p self, metrics: &'p Metrics) -> RecordEnds<'p> {
        let Ports { outcomes, pages, statistics, task_counts, clock, .. } = &self.ports;
        let (vendor, outcomes, pages, clock) = (self.vendor, &**outcomes, &**pages, &**clock);
        RecordEnds { vendor, outcomes, pages, statistics, task_counts, clock, metrics }
    }

    fn record_again<'p>(&'p self, record: &'p RecordEnds<'p>) -> RecordAgain<'p> {
        let Ports { ends, clock, entropy, .. } = &self.ports;
        RecordAgain { vendor: self.vendor, record, queue: &**ends, clock: &**clock, entropy: &**entropy }
    }

    fn settle_results<'p>(&'p self, record: &'p RecordEnds<'p>, tell: &'p TellServers<'p>) -> SettleResults<'p> {
        let Ports { taken, contents, dispatch, queue, clock, entropy, .. } = &self.ports;
        let retries = Retries { vendor: self.vendor, queue: &**queue, entropy: &**entropy, clock: &**clock };
        let go_on = GoOn { taken: &**taken, contents: &**contents, dispatch: &**dispatch };
        SettleResults { retries, record, record_again: self.record_again(record), go_on, tell }
    }

    fn write_follow_ups<'p>(&'p self, metrics: &'p Metrics, tell: &'p TellServers<'p>) -> WriteFollowUps<'p> {
        let Ports { tokens, suspects, clock, .. } = &self.ports;
        let (notifiers, vendor) = (&self.notifiers, self.vendor);
        let (tokens, suspects) = (&**tokens, &**suspects);
        let unregistered = RemoveUnregistered { vendor, tokens, suspects, health: &notifiers.health, tell, metrics };
        WriteFollowUps { unregistered, notifiers, tell, clock: &**clock, metrics }
    }

    /// Creates the test push, which has stages of its own.
    pub(crate) fn test_push(&self) -> SendTestPush<'_> {
        let (client, clock) = (&*self.client, &*self.ports.clock);
        SendTestPush { vendor: self.vendor, client, notifiers: &self.notifiers, clock }
    }
}
