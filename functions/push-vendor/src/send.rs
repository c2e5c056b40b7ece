//! Makes the calls in parallel. None begins too late, and none exceeds its notifier's rate.

use std::collections::HashMap;

use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::Value;
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
        retry::PUSH,
        time::Timestamp,
        vendor::Vendor,
        vendor_answer::VendorAnswer,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::{
        clock::Clock,
        vendor::{CallReport, VendorCall, VendorClient},
    },
};

use crate::{
    answers::Answers,
    batch::NotifierKey,
    budget::{CALL_LIMIT, NOT_BEGUN_DELAY},
    call::{Call, CallMessage, TokenOutcomes},
    limiter::Limiter,
    plan::Planned,
    raw_answer::bounded,
    settle::Sent,
};

/// Maximum parallel requests to the vendor.
const MAX_REQUESTS: usize = 128;

/// Maximum bytes of a raw answer that apps' servers are told.
const MAX_ANSWER_BYTES: usize = 1024;

/// A call with its result, and the raw answer if the call is for one delivery alone.
type Called<'a> = (Call<'a>, CallResult<'a>, Option<Value>);

/// The result of a call.
pub(crate) enum CallResult<'a> {
    /// an outcome for each of its tokens
    Answered(TokenOutcomes<'a>),
    /// the call failed, and nothing is known about its tokens
    Failed(CallError),
    /// the call is not made before this time
    Deferred(Timestamp),
}

/// Makes calls.
pub(crate) struct MakeCalls<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) client: &'p dyn VendorClient,
    pub(crate) limiter: &'p Limiter,
    pub(crate) clock: &'p dyn Clock,
    pub(crate) metrics: &'p Metrics,
}

impl MakeCalls<'_> {
    /// Makes the calls of a batch. None begins after `begin_by`.
    pub(crate) async fn run<'a>(&self, planned: Planned<'a>, begin_by: Deadline) -> Sent<'a> {
        let Planned { calls, resolved, at } = planned;
        let ended = self.call_all(calls, begin_by).await;
        let mut answers = Answers::new(self.vendor, self.metrics, at, self.clock.now());
        for (call, result, answer) in ended {
            answers.add(call, result, answer);
        }
        answers.into_sent(resolved)
    }

    /// Makes the calls in parallel, up to [`MAX_REQUESTS`]. Notifiers take turns, so that none waits for all calls of
    /// another.
    async fn call_all<'a>(&self, calls: Vec<Call<'a>>, begin_by: Deadline) -> Vec<Called<'a>> {
        let mut waiting = in_turns(calls).into_iter().peekable();
        let mut under_way = FuturesUnordered::new();
        let mut requests = 0;
        let mut ended = Vec::new();
        loop {
            if begin_by.left().is_zero() {
                let until = self.clock.now().plus(NOT_BEGUN_DELAY);
                ended.extend(waiting.by_ref().map(|call| (call, CallResult::Deferred(until), None)));
            }
            let fits = |call: &Call<'_>| requests == 0 || requests + self.requests(call) <= MAX_REQUESTS;
            if let Some(call) = waiting.next_if(fits) {
                let own = self.requests(&call);
                requests += own;
                under_way.push(async move { (own, self.call(call).await) });
                continue;
            }
            let Some((own, result)) = under_way.next().await else {
                return ended;
            };
            requests -= own;
            ended.push(result);
        }
    }

    /// Returns how many parallel requests a call makes.
    fn requests(&self, call: &Call<'_>) -> usize {
        if call.messages.len() > 1 { 1 } else { self.client.requests_at_once(call.deliveries().count()) }
    }

    /// Makes a call, unless the limiter defers it.
    async fn call<'a>(&self, call: Call<'a>) -> Called<'a> {
        let (key, tokens) = (call.pace_key(), call.deliveries().count());
        if let Err(until) = self.limiter.admit(&key, tokens, call.opened.tokens_per_second, self.clock.now()) {
            return (call, CallResult::Deferred(until), None);
        }
        let began = self.clock.now();
        let (outcomes, answer) = self.ask(&call).await;
        let took = self.clock.now().since(began);
        self.metrics.time(Metric::VendorLatency, [("vendor", self.vendor.name())], took);
        let result = match outcomes {
            Ok(outcomes) => match TokenOutcomes::of(&call, outcomes) {
                Some(outcomes) => CallResult::Answered(outcomes),
                None => CallResult::Failed(CallError::Protocol { code: "not one outcome a token".to_owned() }),
            },
            Err(error) => {
                if let Some(rest) = error.asks_for_rest() {
                    let now = self.clock.now();
                    self.limiter.pause(&key, now.plus(rest.min(PUSH.max_hint)), now);
                }
                CallResult::Failed(error)
            }
        };
        (call, result, answer)
    }

    /// Calls the vendor, for at most [`CALL_LIMIT`]. Returns an outcome for each token, in the order of the deliveries, and
    /// the raw answer if there is one delivery. Of several requests or tokens nobody knows whose answer it is.
    async fn ask(&self, call: &Call<'_>) -> (Result<Vec<Outcome>, CallError>, Option<Value>) {
        let owner = call.owner();
        let addressed: Vec<(&CallMessage<'_>, Vec<DeviceToken>)> =
            call.messages.iter().map(|message| (message, message.tokens())).collect();
        let calls: Vec<VendorCall<'_>> = addressed
            .iter()
            .map(|(message, tokens)| call.opened.call(&owner, message.notification, message.ttl, tokens))
            .collect();
        let answer = async {
            match self.client.merging() {
                Some(merging) if calls.len() > 1 => (merging.send_merged(&calls).await, VendorAnswer::default()),
                _ => {
                    let CallReport { outcomes, answer } = self.client.send(calls[0]).await;
                    (outcomes, answer)
                }
            }
        };
        let no_answer =
            |_| (Err(CallError::Ambiguous { code: "no answer in time".to_owned() }), VendorAnswer::default());
        let (outcomes, answer) = tokio::time::timeout(CALL_LIMIT, answer).await.unwrap_or_else(no_answer);
        let is_known = call.deliveries().count() == 1;
        let shown = is_known.then(|| answer.shown()).filter(|answer| !answer.is_null());
        (outcomes, shown.map(|answer| bounded(&answer, MAX_ANSWER_BYTES)))
    }
}

/// Orders the calls so that notifiers take turns. A notifier with many calls then delays no other.
fn in_turns(calls: Vec<Call<'_>>) -> Vec<Call<'_>> {
    let mut turns: HashMap<NotifierKey<'_>, usize> = HashMap::new();
    let mut ordered: Vec<(usize, Call<'_>)> = calls
        .into_iter()
        .map(|call| {
            let turn = turns.entry(call.key()).or_default();
            *turn += 1;
            (*turn, call)
        })
        .collect();
    ordered.sort_by_key(|(turn, _)| *turn);
    ordered.into_iter().map(|(_, call)| call).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use serde_json::json;
    use shared::{ports::vendor::Credential, testing::chance::FixedClock};

    use super::*;
    use crate::{
        notifiers::OpenNotifier,
        samples::{device, job, message, receiver, records},
    };

    /// Answers after a while.
    struct SlowVendor(FixedClock);

    #[async_trait]
    impl VendorClient for SlowVendor {
        fn max_tokens(&self) -> usize {
            1
        }

        async fn send(&self, _: VendorCall<'_>) -> CallReport {
            self.0.advance(std::time::Duration::from_millis(250));
            CallReport {
                outcomes: Ok(vec![Outcome::Accepted { vendor_message_id: None }]),
                answer: VendorAnswer::default(),
            }
        }
    }

    #[tokio::test]
    async fn a_call_is_measured_from_its_beginning_to_the_answer() {
        let records = records([job(vec![receiver("u", message(1), vec![device("phone", "t")])])]);
        let job = &records[0].job;
        let clock = FixedClock::default();
        let message = CallMessage {
            notification: &job.notification,
            ttl: std::time::Duration::ZERO,
            deliveries: records[0].deliveries().collect(),
        };
        let opened = OpenNotifier {
            credential: Arc::new(Credential::new(json!({}), "f".to_owned())),
            is_cached: false,
            options: serde_json::Map::new(),
            tokens_per_second: None,
            receipt_url: None,
            expects_receipts: false,
        };
        let call = Call { app: &job.app, notifier: &job.notifier, opened, class: None, messages: vec![message] };
        let (limiter, metrics) = (Limiter::default(), Metrics::default());
        let calls = MakeCalls {
            vendor: Vendor::Fcm,
            client: &SlowVendor(clock.clone()),
            limiter: &limiter,
            clock: &clock,
            metrics: &metrics,
        };
        let planned = Planned { calls: vec![call], resolved: Vec::new(), at: clock.now() };
        drop(calls.run(planned, Deadline::after(std::time::Duration::from_secs(10))).await);
        let mut out = Vec::new();
        metrics.flush("Curlew/test", clock.now(), &mut out);
        let line: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&line["vendor"], &line["VendorLatency"]), (&json!("fcm"), &json!([250])));
    }
}
