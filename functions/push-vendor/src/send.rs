//! From what is due to the vendor's answers: as few calls as its limits allow, no faster than it may go.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use shared::{
    domain::{
        attempt::RetryReason,
        id::{AppKey, NotifierName},
        outcome::{CallError, Outcome},
        reason::Reason,
        retry::PUSH,
        time::Timestamp,
    },
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{access_tokens::TokenOwner, vendor::VendorCall},
};
use vendors::notifier::quota::follows_class;

use crate::{
    ambiguous_refusals::Doubts,
    batch::{Delivery, Group, calls, group},
    call::{Call, Message, merge},
    deliver::{Deliver, NOT_BEGUN, OPENED, UNREADABLE},
    due::Due,
    notifiers::{Opened, Unusable},
    result::{Aftermath, DeliveryResult, Settled, all, ended, failed},
    slow::Asked,
};

/// How many requests to the vendor are under way at once.
const PARALLEL_REQUESTS: usize = 128;
/// A vendor that takes longer than this may have taken the push.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(14);

/// What became of one call.
enum Sent {
    /// an outcome for each of its tokens
    Answered(Vec<Outcome>),
    /// nothing is known of its tokens
    Failed(CallError),
    /// not sent before this
    Held(Timestamp),
}

/// A notifier that may be called, or what becomes of the deliveries that need it.
type Ready = Result<Opened, DeliveryResult>;

impl Deliver {
    /// Sends what is due, and begins no call after `begin_by`. Every delivery comes back with its result, beside what the answers mean for
    /// tokens and notifiers.
    pub(crate) async fn send<'a>(
        &self,
        due: Vec<Due<'a>>,
        begin_by: Deadline,
        metrics: &Metrics,
    ) -> (Vec<Settled<'a>>, Vec<Aftermath<'a>>) {
        let now = self.ports.clock.now();
        let (mut results, mut aftermath, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        let groups = group(due);
        let notifiers = self.ready(&groups, begin_by.leaving(OPENED)).await;
        for group in groups {
            let (app, notifier) = (group.app, group.notifier);
            let opened = match &notifiers[&(app, notifier)] {
                Ok(opened) => opened,
                Err(result) => {
                    results.extend(all(group.deliveries, result));
                    continue;
                }
            };
            let class = follows_class(group.notification).then_some(group.notification.class);
            let fingerprint = opened.credential.fingerprint();
            if let Some(class) = class
                && let Some(quota) = self.notifiers.quotas.used_up(app, notifier, class, fingerprint, now)
            {
                results.extend(all(group.deliveries, &failed(Reason::QuotaUsedUp, &quota.code)));
                continue;
            }
            let message =
                |deliveries| Message { notification: group.notification, ttl: group.expires_at.since(now), deliveries };
            let call =
                |deliveries| Call { app, notifier, opened: opened.clone(), class, messages: vec![message(deliveries)] };
            waiting.extend(calls(&group.deliveries, self.client.max_tokens()).into_iter().map(call));
        }
        if let Some(merging) = self.client.merging() {
            waiting = merge(waiting, |credential| merging.max_merged(credential));
        }
        let mut answered: BTreeMap<(&AppKey, &NotifierName), Vec<(Delivery<'a>, Outcome)>> = BTreeMap::new();
        let mut ambiguous_refusals = Doubts::default();
        for (call, sent) in self.call_all(waiting, begin_by).await {
            match sent {
                Sent::Answered(outcomes) => {
                    if let Some((code, resets_after)) = outcomes.iter().find_map(used_up) {
                        aftermath.extend(self.used_up(&call, code, resets_after));
                    }
                    ambiguous_refusals.add_answered(&call, &outcomes, now);
                    let (app, notifier) = (call.app, call.notifier);
                    let outcomes = call.into_deliveries().zip(outcomes);
                    answered.entry((app, notifier)).or_default().extend(outcomes);
                }
                Sent::Failed(error) => {
                    ambiguous_refusals.add_failed(&call, &error, now);
                    results.extend(self.call_error_results(call, error, &mut aftermath, metrics));
                }
                Sent::Held(until) => results.extend(all(call.into_deliveries(), &DeliveryResult::Held { until })),
            }
        }
        for ((app, notifier), outcomes) in answered {
            let result = |(delivery, outcome): &(Delivery<'a>, Outcome)| (*delivery, self.result(outcome, metrics));
            results.extend(outcomes.iter().map(result));
            if outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted { .. })) {
                ambiguous_refusals.drop_of(app, notifier);
            }
            aftermath.push(Aftermath::Answered { app, notifier, outcomes });
        }
        aftermath.extend(ambiguous_refusals.into_aftermath());
        (results, aftermath)
    }

    /// Opens the notifiers of the groups side by side, each once.
    async fn ready<'a>(
        &self,
        groups: &[Group<'a>],
        open_by: Deadline,
    ) -> HashMap<(&'a AppKey, &'a NotifierName), Ready> {
        let named: BTreeSet<(&AppKey, &NotifierName)> =
            groups.iter().map(|group| (group.app, group.notifier)).collect();
        let opened = named
            .into_iter()
            .map(|(app, notifier)| async move { ((app, notifier), self.opened(app, notifier, open_by).await) });
        join_all(opened).await.into_iter().collect()
    }

    /// Opens a notifier. One that does not open in time is left alone for a while.
    async fn opened(&self, app: &AppKey, notifier: &NotifierName, open_by: Deadline) -> Ready {
        let now = self.ports.clock.now();
        let (slow, asked) = (&self.notifiers.slow, Asked::Notifier(app.clone(), notifier.clone()));
        if let Some(until) = slow.until(&asked, now) {
            return Err(DeliveryResult::Held { until });
        }
        let given = open_by.left();
        let quotas = self.notifiers.quotas.load(app, notifier, now);
        let both = async { futures::join!(self.notifiers.enabled(app, notifier, self.vendor), quotas).0 };
        match open_by.wait(both).await {
            Some(Ok(opened)) => Ok(opened),
            Some(Err(Unusable::Ended(reason))) => Err(ended(reason)),
            Some(Err(Unusable::Later(error))) => {
                tracing::warn!(notifier = %notifier, error = error.chain(), "a notifier cannot be opened");
                Err(DeliveryResult::Again {
                    retry_reason: RetryReason::NotSent,
                    after: None,
                    detail: "notifier not readable".to_owned(),
                })
            }
            None => {
                let until = now.plus(UNREADABLE);
                slow.note(asked, given, until);
                Err(DeliveryResult::Held { until })
            }
        }
    }

    /// Makes the calls, as many side by side as may be, and one notifier's behind none of another's. None is begun after `begin_by`.
    async fn call_all<'a>(&self, calls: Vec<Call<'a>>, begin_by: Deadline) -> Vec<(Call<'a>, Sent)> {
        let mut waiting = in_turns(calls).into_iter().peekable();
        let mut under_way = FuturesUnordered::new();
        let mut requests = 0;
        let mut done = Vec::new();
        loop {
            if begin_by.left().is_zero() {
                let until = self.ports.clock.now().plus(NOT_BEGUN);
                done.extend(waiting.by_ref().map(|call| (call, Sent::Held(until))));
            }
            let fits = |call: &Call<'_>| requests == 0 || requests + self.requests(call) <= PARALLEL_REQUESTS;
            if let Some(call) = waiting.next_if(fits) {
                let own = self.requests(&call);
                requests += own;
                under_way.push(async move { (own, self.call(call).await) });
                continue;
            }
            let Some((own, result)) = under_way.next().await else {
                return done;
            };
            requests -= own;
            done.push(result);
        }
    }

    fn requests(&self, call: &Call<'_>) -> usize {
        if call.messages.len() > 1 { 1 } else { self.client.requests_at_once(call.deliveries()) }
    }

    async fn call<'a>(&self, call: Call<'a>) -> (Call<'a>, Sent) {
        let paced = call.paced();
        let rate = call.opened.tokens_per_second;
        let tokens = call.tokens();
        let count = tokens.iter().map(Vec::len).sum();
        if let Err(until) = self.limiter.admit(&paced, count, rate, self.ports.clock.now()) {
            return (call, Sent::Held(until));
        }
        let owner = TokenOwner { app: call.app.clone(), notifier: call.notifier.clone() };
        let calls: Vec<VendorCall<'_>> = call
            .messages
            .iter()
            .zip(&tokens)
            .map(|(message, tokens)| VendorCall {
                owner: &owner,
                credential: &call.opened.credential,
                options: &call.opened.options,
                notification: message.notification,
                ttl: message.ttl,
                receipt_url: call.opened.receipt_url.as_deref(),
                tokens,
            })
            .collect();
        let sent = async {
            match self.client.merging() {
                Some(merging) if calls.len() > 1 => merging.send_merged(&calls).await,
                _ => self.client.send(calls[0]).await.outcomes,
            }
        };
        let outcomes = match tokio::time::timeout(CALL_LIMIT, sent).await {
            Ok(outcomes) => outcomes,
            Err(_) => Err(CallError::Ambiguous { code: "no answer in time".to_owned() }),
        };
        let sent = match outcomes {
            Ok(outcomes) if outcomes.len() == count => Sent::Answered(outcomes),
            Ok(_) => Sent::Failed(CallError::Protocol { code: "not one outcome a token".to_owned() }),
            Err(error) => {
                if let Some(rest) = error.asks_for_rest() {
                    let now = self.ports.clock.now();
                    self.limiter.pause(&paced, now.plus(rest.min(PUSH.max_hint)), now);
                }
                Sent::Failed(error)
            }
        };
        (call, sent)
    }
}

/// The calls of the notifiers in turns, so that one with many does not keep the others waiting.
fn in_turns(calls: Vec<Call<'_>>) -> Vec<Call<'_>> {
    let mut turns: HashMap<(&AppKey, &NotifierName), usize> = HashMap::new();
    let mut ordered: Vec<(usize, Call<'_>)> = calls
        .into_iter()
        .map(|call| {
            let turn = turns.entry((call.app, call.notifier)).or_default();
            *turn += 1;
            (*turn, call)
        })
        .collect();
    ordered.sort_by_key(|(turn, _)| *turn);
    ordered.into_iter().map(|(_, call)| call).collect()
}

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
    use vendors::{reporting::MAX_TIME, transport::Limits};

    use super::CALL_LIMIT;

    #[test]
    fn a_call_that_looks_for_refused_tokens_ends_before_it_is_given_up() {
        assert!(MAX_TIME + Limits::default().total <= CALL_LIMIT);
    }
}
