//! One dispatch job: a message and some of its receivers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    app_configs::AppConfigs,
    domain::{
        content::render,
        decision::{AppFacts, ChosenDevice, Decision, Facts, Verdict, decide},
        id::{AppKey, NotifierName},
        message::{Content, Receiver},
        notifier::NotifierState,
        retry::DISPATCH,
        vendor::Vendor,
    },
    lambda::{
        batch::set_aside,
        metric::{Metric, Metrics},
    },
    ports::{
        apps::AppConfig,
        clock::{Clock, Entropy},
        error::StoreError,
        messages::RecordDecision,
        queue::{
            DispatchJob, DispatchRecord, MAX_DELAY, ParkRecord, PushDevice, PushJob, PushReceiver, QueueDispatch,
            QueuePush,
        },
        users::ReadFacts,
    },
};

/// The queue's name in logs and metrics.
pub(crate) const QUEUE: &str = "dispatch";
/// How many receivers of a job are decided at once.
const PARALLEL_RECEIVERS: usize = 10;

/// What the use case works with.
pub struct Ports {
    /// facts of the receivers
    pub facts: Arc<dyn ReadFacts>,
    /// where silences are recorded
    pub decisions: Arc<dyn RecordDecision>,
    /// the vendors' queues
    pub push: Arc<dyn QueuePush>,
    /// its own queue, for what must wait
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its dead-letter queue, for what nobody can work on
    pub park: Arc<dyn ParkRecord>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

/// Decides for receivers.
pub struct Dispatch {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// everything else
    pub ports: Ports,
}

/// What is to be done for one receiver.
struct Decided {
    receiver: Receiver,
    decision: Decision,
    chosen: Vec<ChosenDevice>,
}

impl Dispatch {
    /// Decides for every receiver of the job; `false` if the whole record must be given again.
    pub async fn run(&self, job: DispatchJob, metrics: &Metrics) -> bool {
        let config = match self.configs.get(&job.app).await {
            Ok(Some(config)) => config,
            Ok(None) => {
                tracing::warn!(app = %job.app, "the app is gone, its messages are dropped");
                return true;
            }
            Err(error) => {
                tracing::warn!(app = %job.app, error = error.chain(), "the app's configuration cannot be read");
                return self.put_back(&job, job.receivers.clone()).await;
            }
        };
        let (job, config) = (&job, &config);
        let results: Vec<Result<Decided, (Receiver, StoreError)>> = stream::iter(job.receivers.clone())
            .map(|receiver| async move {
                match self.decide_for(&job.app, config, &job.content, &receiver).await {
                    Ok((decision, chosen)) => Ok(Decided { receiver, decision, chosen }),
                    Err(error) => Err((receiver, error)),
                }
            })
            .buffered(PARALLEL_RECEIVERS)
            .collect()
            .await;

        let (mut decided, mut again, mut settled) = (Vec::new(), Vec::new(), true);
        for result in results {
            match result {
                Ok(one) => decided.push(one),
                Err((receiver, StoreError::Corrupt(reason))) => {
                    settled &= self.set_aside(job, receiver, &reason, metrics).await;
                }
                Err((receiver, error)) => {
                    tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "the facts cannot be read");
                    again.push(receiver);
                }
            }
        }
        again.extend(self.queue_pushes(job, &decided).await);
        again.extend(self.record_silences(job, &decided).await);
        // Both vendors of one receiver may have failed.
        again.sort_by_key(|receiver| receiver.msg_id);
        again.dedup();
        for one in decided.iter().filter(|one| !again.contains(&one.receiver)) {
            count(&job.app, one, metrics);
        }
        settled & self.put_back(job, again).await
    }

    async fn decide_for(
        &self,
        app: &AppKey,
        config: &Arc<AppConfig>,
        content: &Content,
        receiver: &Receiver,
    ) -> Result<(Decision, Vec<ChosenDevice>), StoreError> {
        let facts = self.ports.facts.facts(app, &receiver.user).await?;
        let config = self.config_for(app, config, &facts).await?;
        let notifiers = config.notifier_facts();
        let app_facts = AppFacts { settings: &config.app.settings, notifiers: &notifiers };
        Ok(decide(content, &receiver.user, &facts, app_facts, self.ports.clock.now()))
    }

    /// The kept configuration, or a recent one when the kept one lacks a notifier that a binding names.
    async fn config_for(
        &self,
        app: &AppKey,
        kept: &Arc<AppConfig>,
        facts: &Facts,
    ) -> Result<Arc<AppConfig>, StoreError> {
        let usable = |name: &NotifierName| {
            kept.notifiers.get(name).is_some_and(|notifier| notifier.state == NotifierState::Enabled)
        };
        if facts.bindings.iter().all(|binding| usable(&binding.notifier)) {
            return Ok(kept.clone());
        }
        Ok(self.configs.get_recent(app).await?.unwrap_or_else(|| kept.clone()))
    }

    /// Queues the vendor jobs; answers the receivers for whom that failed.
    async fn queue_pushes(&self, job: &DispatchJob, decided: &[Decided]) -> Vec<Receiver> {
        let mut jobs: BTreeMap<Vendor, Vec<PushJob>> = BTreeMap::new();
        for one in decided {
            for (vendor, push) in push_jobs(job, one) {
                jobs.entry(vendor).or_default().push(push);
            }
        }
        let mut failed = Vec::new();
        for (vendor, jobs) in jobs {
            if let Err(error) = self.ports.push.queue_push(vendor, &jobs, Duration::ZERO).await {
                tracing::warn!(vendor = vendor.name(), error = error.chain(), "vendor jobs cannot be queued");
                failed.extend(jobs.into_iter().flat_map(|job| job.receivers).map(|receiver| receiver.receiver));
            }
        }
        failed
    }

    /// Records decisions that end here; answers the receivers for whom that failed.
    async fn record_silences(&self, job: &DispatchJob, decided: &[Decided]) -> Vec<Receiver> {
        // A message for connected devices only is not stored, so there is nothing to record on.
        let silent: Vec<&Decided> =
            decided.iter().filter(|one| one.chosen.is_empty() && !job.content.online_only).collect();
        let results: Vec<Option<Receiver>> = stream::iter(silent)
            .map(|one| async move {
                let recorded = self.ports.decisions.record_decision(&job.app, &one.receiver, &one.decision).await;
                let error = recorded.err()?;
                tracing::warn!(message.id = %one.receiver.msg_id, error = error.chain(), "a decision cannot be recorded");
                Some(one.receiver.clone())
            })
            .buffer_unordered(PARALLEL_RECEIVERS)
            .collect()
            .await;
        results.into_iter().flatten().collect()
    }

    /// Queues the job again for these receivers, later; `false` if that failed.
    async fn put_back(&self, job: &DispatchJob, receivers: Vec<Receiver>) -> bool {
        if receivers.is_empty() {
            return true;
        }
        let attempts = job.attempts + 1;
        let now = self.ports.clock.now();
        let Some(at) = DISPATCH.next(attempts, None, self.ports.entropy.fraction(), now, job.content.expires_at) else {
            return self.expire(job, &receivers).await;
        };
        let again = DispatchJob { receivers, attempts, repeat: true, ..job.clone() };
        match self.ports.dispatch.queue_dispatch(&[again], at.since(now).min(MAX_DELAY)).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = error.chain(), "a message cannot be put back");
                false
            }
        }
    }

    /// Records that the message expired before it could be decided; `false` if that failed.
    async fn expire(&self, job: &DispatchJob, receivers: &[Receiver]) -> bool {
        tracing::error!(app = %job.app, receivers = receivers.len(), "a message expired before it could be decided");
        let decision = Decision::expired(&job.content);
        let mut recorded = true;
        for receiver in receivers {
            if let Err(error) = self.ports.decisions.record_decision(&job.app, receiver, &decision).await {
                tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "a decision cannot be recorded");
                recorded = false;
            }
        }
        recorded
    }

    /// Sets one receiver's part of the job aside; `false` if that failed.
    async fn set_aside(&self, job: &DispatchJob, receiver: Receiver, reason: &str, metrics: &Metrics) -> bool {
        let id = receiver.msg_id.to_string();
        let part = DispatchRecord::V1(DispatchJob { receivers: vec![receiver], ..job.clone() });
        let body = serde_json::to_string(&part).unwrap_or_default();
        set_aside(&id, &body, reason, QUEUE, &*self.ports.park, metrics).await
    }
}

/// One vendor job for each notifier that serves a device of the receiver.
fn push_jobs(job: &DispatchJob, decided: &Decided) -> Vec<(Vendor, PushJob)> {
    let mut by_notifier: BTreeMap<(Vendor, &NotifierName), Vec<PushDevice>> = BTreeMap::new();
    for device in &decided.chosen {
        let target = PushDevice { device_id: device.device_id.clone(), token: device.token.clone() };
        by_notifier.entry((device.vendor, &device.notifier)).or_default().push(target);
    }
    by_notifier
        .into_iter()
        .map(|((vendor, notifier), devices)| {
            let receiver =
                PushReceiver { receiver: decided.receiver.clone(), decision: decided.decision.clone(), devices };
            let push = PushJob {
                app: job.app.clone(),
                notifier: notifier.clone(),
                notification: render(&job.content, &decided.receiver),
                expires_at: job.content.expires_at,
                receivers: vec![receiver],
                attempts: 0,
                not_before: None,
                repeat: job.repeat,
            };
            (vendor, push)
        })
        .collect()
}

fn count(app: &AppKey, decided: &Decided, metrics: &Metrics) {
    let reason = match decided.decision.verdict {
        Verdict::Push => "push",
        Verdict::Skip { reason } => reason.code(),
    };
    tracing::info!(%app, message.id = %decided.receiver.msg_id, decision = reason, "decided");
    metrics.add(Metric::Decisions, [("reason", reason)], 1);
}
