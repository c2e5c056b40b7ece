//! The content of one vendor call.

use std::{collections::HashMap, time::Duration};

use shared::{
    domain::{
        binding::DeviceToken,
        id::{AppKey, NotifierName},
        outcome::Outcome,
        push::{Notification, SemanticClass},
    },
    ports::access_tokens::TokenOwner,
};

use crate::{
    batch::{Delivery, NotifierKey},
    limiter::PaceKey,
    notifiers::OpenNotifier,
};

/// A call through one notifier, with everything that it needs.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) notifier: &'a NotifierName,
    pub(crate) opened: OpenNotifier,
    /// the class whose quota counts its messages; `None` if they have their own vendor options
    pub(crate) class: Option<SemanticClass>,
    /// at least one message; several only if each has one delivery
    pub(crate) messages: Vec<CallMessage<'a>>,
}

/// One notification of a call, with its deliveries.
#[derive(Debug)]
pub(crate) struct CallMessage<'a> {
    pub(crate) notification: &'a Notification,
    pub(crate) ttl: Duration,
    pub(crate) deliveries: Vec<Delivery<'a>>,
}

/// The outcome of each token of a call. No token occurs twice in a call.
#[derive(Debug)]
pub(crate) struct TokenOutcomes<'a>(HashMap<&'a DeviceToken, Outcome>);

impl<'a> Call<'a> {
    /// Returns the key of the notifier.
    pub(crate) fn key(&self) -> NotifierKey<'a> {
        (self.app, self.notifier)
    }

    /// Returns the key of its pace.
    pub(crate) fn pace_key(&self) -> PaceKey {
        let fingerprint = self.opened.credential.fingerprint().to_owned();
        PaceKey { app: self.app.clone(), notifier: self.notifier.clone(), fingerprint }
    }

    /// Returns the notifier whose access token it uses.
    pub(crate) fn owner(&self) -> TokenOwner {
        TokenOwner { app: self.app.clone(), notifier: self.notifier.clone() }
    }

    /// Returns all deliveries, in the order of the messages.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = &Delivery<'a>> {
        self.messages.iter().flat_map(|message| &message.deliveries)
    }

    /// Splits the call into its deliveries.
    pub(crate) fn into_deliveries(self) -> impl Iterator<Item = Delivery<'a>> {
        self.messages.into_iter().flat_map(|message| message.deliveries)
    }
}

impl CallMessage<'_> {
    /// Returns the device tokens of the message.
    pub(crate) fn tokens(&self) -> Vec<DeviceToken> {
        self.deliveries.iter().map(|delivery| delivery.device.token.clone()).collect()
    }
}

impl<'a> TokenOutcomes<'a> {
    /// Joins the tokens of a call to the vendor's outcomes, which are in the same order. Returns `None` unless there is
    /// one outcome for each token.
    pub(crate) fn of(call: &Call<'a>, outcomes: Vec<Outcome>) -> Option<Self> {
        let tokens: Vec<&DeviceToken> = call.deliveries().map(|delivery| &delivery.device.token).collect();
        (tokens.len() == outcomes.len()).then(|| Self(tokens.into_iter().zip(outcomes).collect()))
    }

    /// Returns the outcome of a delivery of the call.
    pub(crate) fn of_delivery(&self, delivery: &Delivery<'_>) -> &Outcome {
        &self.0[&delivery.device.token]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared::ports::vendor::Credential;

    use super::*;
    use crate::samples::{device, job, message, receiver, records};

    fn refused(code: &str) -> Outcome {
        Outcome::Refused { code: code.to_owned() }
    }

    #[test]
    fn a_delivery_gets_the_outcome_of_its_own_token_whatever_else_the_call_carries() {
        let tokens = [vec!["a", "b"], vec!["c"]];
        let to = |token: &&str| receiver(token, message(1), vec![device("phone", token)]);
        let records = records(tokens.iter().map(|tokens| job(tokens.iter().map(to).collect())));
        let carried = |record: usize| CallMessage {
            notification: &records[record].job.notification,
            ttl: Duration::ZERO,
            deliveries: records[record].deliveries().collect(),
        };
        let call = Call {
            app: &records[0].job.app,
            notifier: &records[0].job.notifier,
            opened: OpenNotifier {
                credential: Arc::new(Credential::new(serde_json::Value::Null, "f".to_owned())),
                is_cached: false,
                options: serde_json::Map::new(),
                tokens_per_second: None,
                receipt_url: None,
                expects_receipts: false,
            },
            class: None,
            messages: vec![carried(0), carried(1)],
        };
        assert!(TokenOutcomes::of(&call, vec![refused("a"), refused("b")]).is_none(), "one outcome a token");
        let outcomes = TokenOutcomes::of(&call, vec![refused("a"), refused("b"), refused("c")]).unwrap();
        for delivery in call.into_deliveries() {
            assert_eq!(outcomes.of_delivery(&delivery), &refused(delivery.user().as_str()));
        }
    }
}
