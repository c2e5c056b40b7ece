//! Converts vendor answers into a result for each delivery, and into follow-ups for tokens, notifiers and quotas.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;
use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Disposition, Outcome},
        receipt::Event,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::metric::{Metric, Metrics},
    ports::apps::UsedUpQuota,
};

use crate::{
    ambiguous_refusals::AmbiguousRefusals,
    batch::{Delivery, NotifierKey, resolve_all},
    call::{Call, TokenOutcomes},
    follow_up::FollowUp,
    result::{DeliveryResult, Resolved},
    send::CallResult,
    settle::Sent,
    unregistered::AnsweredToken,
};

/// The vendor answers to the calls of a batch.
pub(crate) struct Answers<'a, 'p> {
    vendor: Vendor,
    metrics: &'p Metrics,
    /// when the calls were planned
    planned_at: Timestamp,
    now: Timestamp,
    resolved: Vec<Resolved<'a>>,
    follow_ups: Vec<FollowUp<'a>>,
    answered: BTreeMap<NotifierKey<'a>, Vec<(Delivery<'a>, Outcome, Option<Value>)>>,
    refusals: AmbiguousRefusals<'a>,
}

impl<'a, 'p> Answers<'a, 'p> {
    /// Creates an empty collection of answers.
    pub(crate) fn new(vendor: Vendor, metrics: &'p Metrics, planned_at: Timestamp, now: Timestamp) -> Self {
        Self {
            vendor,
            metrics,
            planned_at,
            now,
            resolved: Vec::new(),
            follow_ups: Vec::new(),
            answered: BTreeMap::new(),
            refusals: AmbiguousRefusals::default(),
        }
    }

    /// Adds the result of a call, with the raw answer if the call is for one delivery alone.
    pub(crate) fn add(&mut self, call: Call<'a>, result: CallResult<'a>, answer: Option<Value>) {
        match result {
            CallResult::Answered(outcomes) => self.add_answered(call, &outcomes, answer),
            CallResult::Failed(error) => self.add_failed(call, error, answer),
            CallResult::Deferred(until) => {
                self.resolved.extend(resolve_all(call.into_deliveries(), &DeliveryResult::Deferred { until }));
            }
        }
    }

    fn add_answered(&mut self, call: Call<'a>, outcomes: &TokenOutcomes<'a>, answer: Option<Value>) {
        let used_up = call.deliveries().find_map(|delivery| used_up(outcomes.of_delivery(delivery)));
        if let Some((code, resets_after)) = used_up {
            self.note_used_up(&call, code, resets_after);
        }
        self.refusals.add_answered(&call, outcomes, self.planned_at);
        self.count_expected(&call, outcomes);
        let answered = self.answered.entry(call.key()).or_default();
        for delivery in call.into_deliveries() {
            let outcome = outcomes.of_delivery(&delivery).clone();
            answered.push((delivery, outcome, answer.clone()));
        }
    }

    fn add_failed(&mut self, call: Call<'a>, error: CallError, answer: Option<Value>) {
        let code = error.code();
        tracing::warn!(vendor = self.vendor.name(), app = %call.app, notifier = %call.notifier, code, %error, "a vendor call failed");
        self.count_code(code);
        self.refusals.add_failed(&call, &error, self.planned_at);
        if let Disposition::EndClass { resets_after } = error.disposition() {
            self.note_used_up(&call, code, resets_after);
        }
        let (key, credential) = (call.key(), call.opened.credential.clone());
        let result = match error {
            // Its secret may have been replaced at the vendor, and entered since it was read. The follow-up forgets what
            // is cached, and disables a notifier that still has this credential.
            CallError::Credential { .. } if call.opened.is_cached => {
                DeliveryResult::Retry { retry_reason: RetryReason::Unavailable, after: None, detail: code.to_owned() }
            }
            _ => DeliveryResult::of_call_error(&error),
        };
        let failed = resolve_all(call.into_deliveries(), &result);
        self.resolved.extend(failed.map(|one| Resolved { answer: answer.clone(), ..one }));
        self.follow_ups.push(FollowUp::Failed { key, credential, error });
    }

    /// Adds the follow-up of a used-up quota. Does nothing if the messages have their own vendor options, because the
    /// quota then belongs to no class.
    fn note_used_up(&mut self, call: &Call<'a>, code: &str, resets_after: Duration) {
        if let Some(class) = call.class {
            let fingerprint = call.opened.credential.fingerprint().to_owned();
            let quota = UsedUpQuota { code: code.to_owned(), until: self.now.plus(resets_after), fingerprint };
            self.follow_ups.push(FollowUp::UsedUp { key: call.key(), class, quota });
        }
    }

    fn count_code(&self, code: &str) {
        let code = vendors::metric_code(self.vendor, code);
        self.metrics.add(Metric::VendorCodes, [("vendor", self.vendor.name()), ("code", code)], 1);
    }

    /// Counts the accepted pushes of a call whose deliveries the vendor should report.
    fn count_expected(&self, call: &Call<'_>, outcomes: &TokenOutcomes<'_>) {
        if !call.opened.expects_receipts {
            return;
        }
        let is_accepted = |delivery: &&Delivery<'_>| matches!(outcomes.of_delivery(delivery), Outcome::Accepted { .. });
        let accepted = call.deliveries().filter(is_accepted).count();
        let accepted = u64::try_from(accepted).unwrap_or(u64::MAX);
        let vendor = self.vendor.name();
        self.metrics.add(Metric::ReceiptsExpected, [("vendor", vendor)], accepted);
        // An alarm divides the two. CloudWatch divides only what has a value.
        self.metrics.add(Metric::Receipts, [("vendor", vendor), ("event", Event::Delivered.name())], 0);
    }

    /// Combines all answers. `resolved` has the deliveries that were in no call.
    pub(crate) fn into_sent(mut self, mut resolved: Vec<Resolved<'a>>) -> Sent<'a> {
        resolved.append(&mut self.resolved);
        for (key, answered) in std::mem::take(&mut self.answered) {
            let mut outcomes = Vec::with_capacity(answered.len());
            for (delivery, outcome, answer) in answered {
                let result = DeliveryResult::of_outcome(&outcome, self.now);
                if let Some(code) = result.code() {
                    self.count_code(code);
                }
                outcomes.push((AnsweredToken::of(&delivery), outcome));
                resolved.push(Resolved { delivery, result, answer });
            }
            if outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted { .. })) {
                self.refusals.drop_of(key);
            }
            self.follow_ups.push(FollowUp::Answered { key, outcomes, pushed_at: self.planned_at });
        }
        self.follow_ups.extend(self.refusals.into_follow_ups());
        Sent::new(resolved, self.follow_ups)
    }
}

/// Returns the code of a used-up quota, and the time until it resets.
fn used_up(outcome: &Outcome) -> Option<(&str, Duration)> {
    match outcome {
        Outcome::QuotaUsedUp { code, resets_after } => Some((code, *resets_after)),
        Outcome::Accepted { .. }
        | Outcome::Unregistered { .. }
        | Outcome::Transient { .. }
        | Outcome::Deferred
        | Outcome::CredentialOrToken { .. }
        | Outcome::Refused { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use serde_json::json;
    use shared::ports::vendor::Credential;

    use super::*;
    use crate::{
        batch::JobRecord,
        call::CallMessage,
        notifiers::OpenNotifier,
        samples::{device, job, message, receiver, records},
    };

    const NOW: Timestamp = Timestamp::from_millis(1);

    /// Returns one record for each token.
    fn records_of(tokens: &[String]) -> Vec<JobRecord> {
        let to = |token: &String| receiver(token, message(1), vec![device("phone", token)]);
        records(tokens.iter().map(|token| job(vec![to(token)])))
    }

    fn call<'a>(record: &'a JobRecord, expects_receipts: bool) -> Call<'a> {
        let message = CallMessage {
            notification: &record.job.notification,
            ttl: Duration::ZERO,
            deliveries: record.deliveries().collect(),
        };
        let opened = OpenNotifier {
            credential: Arc::new(Credential::new(json!({}), "f".to_owned())),
            is_cached: false,
            options: serde_json::Map::new(),
            tokens_per_second: None,
            receipt_url: None,
            expects_receipts,
        };
        Call { app: &record.job.app, notifier: &record.job.notifier, opened, class: None, messages: vec![message] }
    }

    fn written(metrics: &Metrics) -> Vec<Value> {
        let mut out = Vec::new();
        metrics.flush("Curlew/test", NOW, &mut out);
        String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_vendor_that_answers_with_a_new_code_each_time_makes_one_metric_of_them() {
        let tokens: Vec<String> = (0..500).map(|number| format!("t{number}")).collect();
        let records = records_of(&tokens);
        let metrics = Metrics::default();
        let mut answers = Answers::new(Vendor::Fcm, &metrics, NOW, NOW);
        for (number, record) in records.iter().enumerate() {
            let code = if number == 0 { "UNREGISTERED".to_owned() } else { format!("hostile {number}") };
            let call = call(record, false);
            let result = if number % 2 == 0 {
                CallResult::Answered(TokenOutcomes::of(&call, vec![Outcome::Refused { code }]).unwrap())
            } else {
                CallResult::Failed(CallError::Rejected { code })
            };
            answers.add(call, result, None);
        }
        drop(answers.into_sent(Vec::new()));
        let lines = written(&metrics);
        let codes: BTreeSet<&str> = lines.iter().map(|line| line["code"].as_str().unwrap()).collect();
        assert_eq!(codes, BTreeSet::from(["UNREGISTERED", "other"]));
        assert_eq!(lines.iter().map(|line| line["VendorCodes"].as_u64().unwrap()).sum::<u64>(), 500, "each is counted");
    }

    #[test]
    fn accepted_pushes_are_counted_where_their_notifier_expects_receipts() {
        let tokens = ["a", "b", "c"].map(str::to_owned);
        let records = records_of(&tokens);
        let metrics = Metrics::default();
        let mut answers = Answers::new(Vendor::Xiaomi, &metrics, NOW, NOW);
        let accepted = || Outcome::Accepted { vendor_message_id: None };
        let refused = Outcome::Refused { code: "20301".to_owned() };
        for (record, expects, outcome) in
            [(&records[0], true, accepted()), (&records[1], true, refused), (&records[2], false, accepted())]
        {
            let call = call(record, expects);
            let outcomes = TokenOutcomes::of(&call, vec![outcome]).unwrap();
            answers.add(call, CallResult::Answered(outcomes), None);
        }
        let lines = written(&metrics);
        let of = |name: &str| lines.iter().filter_map(|line| line[name].as_u64()).collect::<Vec<u64>>();
        assert_eq!((of("ReceiptsExpected"), of("Receipts")), (vec![1], vec![0]), "none is reported yet");
    }
}
