//! Tokens in this process's memory, and one fetch at a time for each of their owners.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::{
    domain::{outcome::CallError, time::Timestamp},
    failures::REMEMBERED,
    ports::{
        access_tokens::{ShareAccessTokens, TokenOwner},
        clock::{Clock, Entropy},
    },
};
use tokio::time::timeout;

use super::{
    AccessToken, Wanted,
    store::{Renewal, Shared},
};
use crate::reporting::{Failure, Secrets};

/// How long getting a token may take: a call that waits for it has not sent anything, and must be able to say so.
const MAX_GET: Duration = Duration::from_secs(8);
/// Owners remembered at most; beyond it, those that nobody is using are forgotten.
const MAX_OWNERS: usize = 1000;
/// After a replacement ahead of time failed, the old token serves this long before the next attempt.
const NEXT_ATTEMPT: Duration = Duration::from_secs(30);

/// The access tokens of a vendor's notifiers.
pub struct AccessTokens {
    clock: Arc<dyn Clock>,
    shared: Shared,
    slots: Mutex<HashMap<TokenOwner, Arc<Slot>>>,
}

/// A token and its times.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) token: AccessToken,
    /// from here on it should be replaced
    pub(super) refresh_at: Timestamp,
    /// from here on it must not be used
    pub(super) expires_at: Timestamp,
}

#[derive(Default)]
struct Slot {
    /// held by whoever fetches
    fetching: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// the token before it, which a call may still use
    before: Option<AccessToken>,
    /// the credential that `held` was issued for
    fingerprint: String,
    /// fetches that failed so far, and how the last of them did
    failures: u64,
    failure: Option<Failed>,
}

/// A fetch that failed.
struct Failed {
    failure: Failure,
    at: Timestamp,
    /// the credential that it was for
    fingerprint: String,
}

enum Found {
    Good(AccessToken),
    /// good, but to be replaced soon
    Ageing(AccessToken),
    Nothing,
}

impl AccessTokens {
    /// Tokens shared with other processes through `store`.
    pub fn new(store: Arc<dyn ShareAccessTokens>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock: Arc::clone(&clock), shared: Shared::new(store, clock, entropy), slots: Mutex::default() }
    }

    /// A token that the vendor has not refused, or why there is none within [`MAX_GET`].
    pub(super) async fn get(&self, wanted: Wanted<'_>) -> Result<AccessToken, Failure> {
        timeout(MAX_GET, self.find(wanted)).await.unwrap_or_else(|_| Err(late()))
    }

    /// Replaces a token that is to be replaced within `ahead`, and returns whether the vendor issued one. The old token serves
    /// meanwhile, and also if that fails.
    pub(super) async fn renew_ahead(&self, wanted: Wanted<'_>, ahead: Duration) -> Result<bool, Failure> {
        let slot = self.slot(wanted.owner);
        timeout(MAX_GET, self.renew_in(&slot, &wanted, ahead)).await.unwrap_or_else(|_| Err(late()))
    }

    /// The tokens that an owner's calls of now may carry.
    pub(crate) fn known(&self, owner: &TokenOwner) -> Vec<AccessToken> {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).get(owner).map(Arc::clone);
        let Some(slot) = slot else { return Vec::new() };
        let state = slot.state();
        state.held.iter().map(|held| held.token.clone()).chain(state.before.clone()).collect()
    }

    async fn renew_in(&self, slot: &Slot, wanted: &Wanted<'_>, ahead: Duration) -> Result<bool, Failure> {
        let failures = slot.state().failures;
        let _turn = slot.fetching.lock().await;
        if slot.is_fresh(wanted, self.clock.now().plus(ahead)) {
            return Ok(false);
        }
        if let Some(failure) = slot.failed(failures, wanted, self.clock.now()) {
            return Err(failure);
        }
        match self.shared.renew_ahead(wanted, ahead).await {
            Ok(Renewal::Issued(held)) => {
                slot.keep(wanted, held);
                Ok(true)
            }
            Ok(Renewal::Shared(held)) => {
                slot.keep(wanted, held);
                Ok(false)
            }
            Ok(Renewal::UnderWay) => Ok(false),
            Err(failure) => {
                slot.fail(failure.clone(), wanted, self.clock.now());
                Err(failure)
            }
        }
    }

    async fn find(&self, wanted: Wanted<'_>) -> Result<AccessToken, Failure> {
        let slot = self.slot(wanted.owner);
        match self.look(&slot, &wanted) {
            Found::Good(token) => Ok(token),
            Found::Ageing(token) => Ok(self.replace(&slot, &wanted, token).await),
            Found::Nothing => self.fetch(&slot, &wanted).await,
        }
    }

    /// Replaces a token ahead of its end, unless somebody is at it already. The old one does while that fails.
    async fn replace(&self, slot: &Slot, wanted: &Wanted<'_>, old: AccessToken) -> AccessToken {
        let Ok(_turn) = slot.fetching.try_lock() else {
            return old;
        };
        match self.shared.renew_if_free(wanted).await {
            Ok(Some(held)) => slot.keep(wanted, held),
            result => {
                if let Err(mut failure) = result {
                    let mut secrets = Secrets::default();
                    secrets.add(&String::from_utf8_lossy(wanted.issuer.secret()));
                    secrets.redact_error(&mut failure.error);
                    tracing::warn!(
                        app = %wanted.owner.app, notifier = %wanted.owner.notifier,
                        "the access token could not be replaced ahead of its end: {}", failure.error
                    );
                }
                slot.postpone(self.clock.now().plus(NEXT_ATTEMPT.max(wanted.issuer.rest())));
                old
            }
        }
    }

    /// Gets a token from elsewhere. Those who waited for a fetch that failed share its failure, and so do those who come
    /// before the vendor may be asked again.
    async fn fetch(&self, slot: &Slot, wanted: &Wanted<'_>) -> Result<AccessToken, Failure> {
        let failures = slot.state().failures;
        let _turn = slot.fetching.lock().await;
        if let Found::Good(token) | Found::Ageing(token) = self.look(slot, wanted) {
            return Ok(token);
        }
        if let Some(failure) = slot.failed(failures, wanted, self.clock.now()) {
            return Err(failure);
        }
        match self.shared.renew(wanted).await {
            Ok(held) => Ok(slot.keep(wanted, held)),
            Err(failure) => {
                slot.fail(failure.clone(), wanted, self.clock.now());
                Err(failure)
            }
        }
    }

    fn look(&self, slot: &Slot, wanted: &Wanted<'_>) -> Found {
        let now = self.clock.now();
        let state = slot.state();
        match &state.held {
            Some(held) if state.fingerprint == wanted.fingerprint && held.serves(wanted, now) => {
                let token = held.token.clone();
                if now < held.refresh_at { Found::Good(token) } else { Found::Ageing(token) }
            }
            _ => Found::Nothing,
        }
    }

    fn slot(&self, owner: &TokenOwner) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(owner) {
            return Arc::clone(slot);
        }
        if slots.len() >= MAX_OWNERS {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(owner.clone()).or_default())
    }
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens").finish_non_exhaustive()
    }
}

impl Held {
    pub(super) fn serves(&self, wanted: &Wanted<'_>, now: Timestamp) -> bool {
        now < self.expires_at && wanted.refused != Some(&self.token)
    }
}

fn late() -> Failure {
    CallError::Unavailable { code: "no access token in time".to_owned(), after: None }.into()
}

impl Slot {
    /// Returns whether there is a token of this credential that need not be replaced before this time.
    fn is_fresh(&self, wanted: &Wanted<'_>, until: Timestamp) -> bool {
        let state = self.state();
        state.fingerprint == wanted.fingerprint && state.held.as_ref().is_some_and(|held| until < held.refresh_at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, wanted: &Wanted<'_>, held: Held) -> AccessToken {
        let token = held.token.clone();
        let mut state = self.state();
        state.before = state.held.replace(held).map(|old| old.token);
        wanted.fingerprint.clone_into(&mut state.fingerprint);
        token
    }

    fn postpone(&self, to: Timestamp) {
        if let Some(held) = &mut self.state().held {
            held.refresh_at = to;
        }
    }

    fn fail(&self, failure: Failure, wanted: &Wanted<'_>, at: Timestamp) {
        let mut state = self.state();
        state.failures += 1;
        state.failure = Some(Failed { failure, at, fingerprint: wanted.fingerprint.to_owned() });
    }

    /// The last failure of this credential, if there were more than `failures`, or if the vendor is left alone after it: for a
    /// moment in any case.
    fn failed(&self, failures: u64, wanted: &Wanted<'_>, now: Timestamp) -> Option<Failure> {
        let state = self.state();
        let last = state.failure.as_ref()?;
        // A refused credential is asked about anew: it may be right again, and a remembered refusal would disable its notifier.
        let remembered = match last.failure.error {
            CallError::Credential { .. } => Duration::ZERO,
            _ => REMEMBERED,
        };
        let rests = now < last.at.plus(wanted.issuer.rest().max(remembered));
        let is_same = last.fingerprint == wanted.fingerprint;
        (is_same && (state.failures > failures || rests)).then(|| last.failure.clone())
    }
}
