//! Refusals that a device token may have caused. Each ends its own push, and enough of them disable the notifier.

use std::{collections::BTreeMap, sync::Arc};

use shared::{
    crypto::encoding::sha256_hex,
    domain::{
        ambiguous_refusal::AmbiguousRefusal,
        outcome::{CallError, Outcome},
        time::Timestamp,
    },
    ports::vendor::Credential,
};

use crate::{
    batch::{Delivery, NotifierKey},
    call::{Call, TokenOutcomes},
    follow_up::FollowUp,
};

/// Digits of a hash that identifies a token or a user.
const HASH_DIGITS: usize = 16;

/// The ambiguous refusals of a batch, by notifier.
#[derive(Debug, Default)]
pub(crate) struct AmbiguousRefusals<'a>(BTreeMap<NotifierKey<'a>, NotifierRefusals>);

/// The ambiguous refusals of one notifier.
#[derive(Debug)]
pub(crate) struct NotifierRefusals {
    pub(crate) credential: Arc<Credential>,
    /// the vendor's code
    pub(crate) code: String,
    pub(crate) refusals: Vec<AmbiguousRefusal>,
}

impl<'a> AmbiguousRefusals<'a> {
    /// Adds the tokens of a failed call, if the vendor refused the credential or each of its device tokens.
    pub(crate) fn add_failed(&mut self, call: &Call<'a>, error: &CallError, now: Timestamp) {
        if let CallError::CredentialOrToken { code } = error {
            call.deliveries().for_each(|delivery| self.add(call, delivery, code, now));
        }
    }

    /// Adds the tokens that may have been refused for the credential. Tokens that the vendor did not judge prove
    /// nothing.
    pub(crate) fn add_answered(&mut self, call: &Call<'a>, outcomes: &TokenOutcomes<'_>, now: Timestamp) {
        for delivery in call.deliveries() {
            if let Outcome::CredentialOrToken { code } = outcomes.of_delivery(delivery) {
                self.add(call, delivery, code, now);
            }
        }
    }

    fn add(&mut self, call: &Call<'a>, delivery: &Delivery<'a>, code: &str, now: Timestamp) {
        let credential = &call.opened.credential;
        let of_notifier = self.0.entry(call.key()).or_insert_with(|| NotifierRefusals {
            credential: Arc::clone(credential),
            code: code.to_owned(),
            refusals: Vec::new(),
        });
        of_notifier.refusals.push(AmbiguousRefusal {
            token: hashed(delivery.device.token.expose()),
            user: hashed(delivery.user().as_str()),
            at: now,
            fingerprint: credential.fingerprint().to_owned(),
        });
    }

    /// Drops the refusals of a notifier that had a success in the same batch.
    pub(crate) fn drop_of(&mut self, key: NotifierKey<'a>) {
        self.0.remove(&key);
    }

    /// Returns the refusals that are left to be judged.
    pub(crate) fn into_follow_ups(self) -> impl Iterator<Item = FollowUp<'a>> {
        self.0.into_iter().map(|(key, refusals)| FollowUp::Refused { key, refusals })
    }
}

fn hashed(text: &str) -> String {
    let mut hash = sha256_hex(text.as_bytes());
    hash.truncate(HASH_DIGITS);
    hash
}
