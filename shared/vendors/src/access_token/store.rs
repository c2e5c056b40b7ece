//! Tokens shared between processes: sealed with the credential's own secret, fetched by the holder of a lease.

use std::{borrow::Cow, future::Future, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use shared::{
    crypto::seal::Seal,
    domain::time::Timestamp,
    ports::{
        access_tokens::{Lease, SealedToken, ShareAccessTokens},
        clock::{Clock, Entropy},
        error::StoreError,
    },
};
use tokio::time::timeout;

use super::{AccessToken, Wanted, memory::Held};
use crate::reporting::Failure;

/// How long a process may take for a fetch before others take over. Longer than a fetch.
const LEASE: Duration = Duration::from_secs(5);
/// How long to wait for another process in all. Longer than a lease, so that a dead holder is survived.
const MAX_WAIT: Duration = Duration::from_secs(6);
/// How long the store may take. A slow one counts as none.
const MAX_STORE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// A token is replaced in the last tenth of its life: 6 minutes of an hour. Google's own library takes 5.
const LAST_PART: u32 = 10;

pub(super) struct Shared {
    store: Arc<dyn ShareAccessTokens>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    refresh_at: Timestamp,
}

/// What became of a renewal ahead of time.
pub(super) enum Renewal {
    /// the vendor issued this token
    Issued(Held),
    /// another process has this token, which is good for long enough
    Shared(Held),
    /// another process is fetching one
    UnderWay,
}

/// What to do next. `old` is another process's token that should be replaced, and does until it is.
enum Step {
    Found(Held),
    Fetch { leased: bool, old: Option<Held> },
    Wait { left: Duration, old: Option<Held> },
}

impl Shared {
    pub(super) fn new(store: Arc<dyn ShareAccessTokens>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy }
    }

    /// Another process's token, or a new one from the vendor.
    pub(super) async fn renew(&self, wanted: &Wanted<'_>) -> Result<Held, Failure> {
        let mut waited = Duration::ZERO;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.step(wanted, Duration::ZERO).await {
                Step::Found(held) | Step::Wait { old: Some(held), .. } => return Ok(held),
                Step::Fetch { leased, old } => {
                    return self.fetch(wanted, leased).await.or_else(|failure| old.ok_or(failure));
                }
                Step::Wait { .. } if waited >= MAX_WAIT => return self.fetch(wanted, false).await,
                Step::Wait { left, .. } => {
                    let now = pause.min(left).max(Duration::from_millis(1));
                    tokio::time::sleep(now).await;
                    waited += now;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// A token that need not be replaced yet, without waiting: `None` when another process is fetching.
    pub(super) async fn renew_if_free(&self, wanted: &Wanted<'_>) -> Result<Option<Held>, Failure> {
        match self.renew_ahead(wanted, Duration::ZERO).await? {
            Renewal::Issued(held) | Renewal::Shared(held) => Ok(Some(held)),
            Renewal::UnderWay => Ok(None),
        }
    }

    /// A token that need not be replaced for so long, without waiting for another process.
    pub(super) async fn renew_ahead(&self, wanted: &Wanted<'_>, ahead: Duration) -> Result<Renewal, Failure> {
        match self.step(wanted, ahead).await {
            Step::Found(held) => Ok(Renewal::Shared(held)),
            Step::Fetch { leased, .. } => self.fetch(wanted, leased).await.map(Renewal::Issued),
            Step::Wait { .. } => Ok(Renewal::UnderWay),
        }
    }

    /// Without a store, every process fetches for itself.
    async fn step(&self, wanted: &Wanted<'_>, ahead: Duration) -> Step {
        within(self.ask(wanted, ahead)).await.unwrap_or_else(|error| {
            tracing::warn!(
                app = %wanted.owner.app, notifier = %wanted.owner.notifier,
                "access tokens cannot be shared: {}", error.chain()
            );
            Step::Fetch { leased: false, old: None }
        })
    }

    /// Reads, takes the lease, and reads again: whoever held the lease before may have shared a token in between. A token that is
    /// to be replaced within `ahead` is replaced now.
    async fn ask(&self, wanted: &Wanted<'_>, ahead: Duration) -> Result<Step, StoreError> {
        let fresh = |held: &Held| self.clock.now().plus(ahead) < held.refresh_at;
        let old = match self.read(wanted).await? {
            Some(held) if fresh(&held) => return Ok(Step::Found(held)),
            old => old,
        };
        let now = self.clock.now();
        if let Lease::Held(until) = self.store.lease(wanted.owner, now, LEASE).await? {
            return Ok(Step::Wait { left: until.since(now), old });
        }
        match self.read(wanted).await {
            Ok(Some(held)) if fresh(&held) => {
                self.release(wanted).await;
                Ok(Step::Found(held))
            }
            _ => Ok(Step::Fetch { leased: true, old }),
        }
    }

    async fn read(&self, wanted: &Wanted<'_>) -> Result<Option<Held>, StoreError> {
        let now = self.clock.now();
        let Some(shared) = self.store.shared(wanted.owner, now).await? else {
            return Ok(None);
        };
        // a token that does not open was issued for another credential
        let held = seal(wanted).and_then(|seal| open(&shared, &seal));
        Ok(held.filter(|held| held.serves(wanted, now)))
    }

    async fn fetch(&self, wanted: &Wanted<'_>, leased: bool) -> Result<Held, Failure> {
        let asked_at = self.clock.now();
        let issued = match wanted.issuer.issue().await {
            Ok(issued) => issued,
            Err(failure) => {
                if leased {
                    self.release(wanted).await;
                }
                return Err(failure);
            }
        };
        let good = issued.lives - issued.lives / LAST_PART;
        let held = Held {
            token: issued.token,
            refresh_at: asked_at.plus(wanted.issuer.replace_after().unwrap_or(good).min(good)),
            expires_at: asked_at.plus(issued.lives),
        };
        if let Some(sealed) = seal(wanted).and_then(|seal| self.close(&held, &seal))
            && let Err(error) = within(self.store.share(wanted.owner, &sealed)).await
        {
            tracing::warn!(
                app = %wanted.owner.app, notifier = %wanted.owner.notifier,
                "a new access token could not be shared: {}", error.chain()
            );
        }
        Ok(held)
    }

    async fn release(&self, wanted: &Wanted<'_>) {
        if let Err(error) = within(self.store.release(wanted.owner)).await {
            tracing::warn!(
                app = %wanted.owner.app, notifier = %wanted.owner.notifier,
                "the lease of an access token could not be given back: {}", error.chain()
            );
        }
    }

    fn close(&self, held: &Held, seal: &Seal) -> Option<SealedToken> {
        let content = Content { token: Cow::Borrowed(held.token.expose()), refresh_at: held.refresh_at };
        let plain = serde_json::to_vec(&content).ok()?;
        Some(SealedToken { sealed: seal.seal(&plain, &*self.entropy)?, expires_at: held.expires_at })
    }
}

/// What the store answers, if it does within [`MAX_STORE`].
async fn within<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(MAX_STORE, asked).await.unwrap_or(Err(StoreError::Throttled))
}

fn seal(wanted: &Wanted<'_>) -> Option<Seal> {
    Seal::new(wanted.issuer.secret(), "access token")
}

fn open(shared: &SealedToken, seal: &Seal) -> Option<Held> {
    let plain = seal.open(&shared.sealed)?;
    let content: Content<'_> = serde_json::from_slice(&plain).ok()?;
    Some(Held {
        token: AccessToken::parse(&content.token)?,
        refresh_at: content.refresh_at,
        expires_at: shared.expires_at,
    })
}
