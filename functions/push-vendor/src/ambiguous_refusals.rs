//! Refusals that a device token may have caused: each ends its own push, and enough of them disable the notifier.

use std::{collections::BTreeMap, sync::Arc};

use shared::{
    crypto::encoding::sha256_hex,
    domain::{
        ambiguous_refusal::AmbiguousRefusal,
        id::{AppKey, NotifierName},
        outcome::{CallError, Outcome},
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::vendor::Credential,
};

use crate::{batch::Delivery, call::Call, deliver::Deliver, result::Aftermath};

/// Digits of a hash: enough to tell tokens and users apart.
const HASH_DIGITS: usize = 16;

/// The ambiguous refusals of a batch, by notifier.
#[derive(Debug, Default)]
pub(crate) struct Doubts<'a>(BTreeMap<(&'a AppKey, &'a NotifierName), Refused>);

/// What was refused through one notifier.
#[derive(Debug)]
pub(crate) struct Refused {
    credential: Arc<Credential>,
    code: String,
    ambiguous_refusals: Vec<AmbiguousRefusal>,
}

impl<'a> Doubts<'a> {
    /// Takes note of a failed call, if the vendor refused the credential or each of its device tokens.
    pub(crate) fn add_failed(&mut self, call: &Call<'a>, error: &CallError, now: Timestamp) {
        if let CallError::CredentialOrToken { code } = error {
            call.each_delivery().for_each(|delivery| self.add(call, delivery, code, now));
        }
    }

    /// Takes note of the device tokens that may have been refused for the credential. Those that were not asked for prove nothing.
    pub(crate) fn add_answered(&mut self, call: &Call<'a>, outcomes: &[Outcome], now: Timestamp) {
        for (delivery, outcome) in call.each_delivery().zip(outcomes) {
            if let Outcome::CredentialOrToken { code } = outcome {
                self.add(call, delivery, code, now);
            }
        }
    }

    fn add(&mut self, call: &Call<'a>, delivery: &Delivery<'a>, code: &str, now: Timestamp) {
        let credential = &call.opened.credential;
        let refused = self.0.entry((call.app, call.notifier)).or_insert_with(|| Refused {
            credential: Arc::clone(credential),
            code: code.to_owned(),
            ambiguous_refusals: Vec::new(),
        });
        refused.ambiguous_refusals.push(AmbiguousRefusal {
            token: hashed(delivery.device.token.expose()),
            user: hashed(delivery.receiver.receiver.user.as_str()),
            at: now,
            fingerprint: credential.fingerprint().to_owned(),
        });
    }

    /// Drops those of a notifier that had a success in the same batch.
    pub(crate) fn drop_of(&mut self, app: &'a AppKey, notifier: &'a NotifierName) {
        self.0.remove(&(app, notifier));
    }

    /// What is left to be weighed.
    pub(crate) fn into_aftermath(self) -> impl Iterator<Item = Aftermath<'a>> {
        self.0.into_iter().map(|((app, notifier), refused)| Aftermath::Doubted { app, notifier, refused })
    }
}

impl Deliver {
    /// Weighs the refusals of a notifier, and disables it when they prove that its credential is refused.
    pub(crate) async fn weigh_refusals(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        Refused { credential, code, ambiguous_refusals }: Refused,
        now: Timestamp,
        metrics: &Metrics,
    ) {
        if self.notifiers.ambiguous_refusal(app, notifier, &ambiguous_refusals, now).await {
            if self.notifiers.disable(app, notifier, &credential, &code, now).await {
                metrics.add(Metric::NotifiersDisabled, [], 1);
            }
            self.notifiers.trust(app, notifier, now).await;
        }
    }
}

fn hashed(text: &str) -> String {
    let mut hash = sha256_hex(text.as_bytes());
    hash.truncate(HASH_DIGITS);
    hash
}
