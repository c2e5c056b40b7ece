//! Access tokens: one fetch an hour and notifier, whatever the number of processes and requests.
//!
//! A token comes from memory, else from the other processes, else from the vendor; only the process that holds the lease
//! asks the vendor. It is replaced ahead of its end without holding up anybody, and when the vendor calls it expired: then
//! once a call. What a process can sign itself is not shared. A store that fails, or a process that died with the lease in hand, costs a fetch too many and never a push.

mod authorized;
mod keyed;
pub mod md5;
mod memory;
pub mod oauth;
mod store;
#[cfg(test)]
mod tests;
mod unshared;

pub use authorized::{Authorized, authorization};
pub use keyed::Keyed;
pub use memory::AccessTokens;
pub use unshared::Unshared;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use shared::{
    domain::outcome::CallError,
    ports::{
        access_tokens::TokenOwner,
        vendor::{RenewCall, VendorCall},
    },
};
use tokio::sync::Mutex;

use crate::{
    reporting::{Failure, Refusal},
    transport::MASK,
};

/// How long one request for an access token may take: less than the lease, so that its holder is done when it ends.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(4);

/// A vendor's access token. `Debug` shows its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Arc<str>);

impl AccessToken {
    /// From a vendor's answer: 1 to 8192 visible ASCII characters, so that it can be a header.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=8192).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self(text.into()))
    }

    /// Stands for one in a description.
    pub(super) fn masked() -> Self {
        Self(MASK.into())
    }

    /// The token itself, for the vendor only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken({} bytes)", self.0.len())
    }
}

/// A token fresh from the vendor.
#[derive(Debug, Clone)]
pub struct Issued {
    /// the token
    pub token: AccessToken,
    /// how long it is good
    pub lives: Duration,
}

/// Exchanges one credential for access tokens. Each vendor's `auth` has one.
#[async_trait]
pub trait Issuer: Send + Sync {
    /// What only the holder of the credential knows; tokens are sealed with it.
    fn secret(&self) -> &[u8];

    /// How old a token gets before it is replaced, where a vendor wants that sooner than in the last part of its life.
    fn replace_after(&self) -> Option<Duration> {
        None
    }

    /// Asks the vendor for a token, within [`FETCH_TIMEOUT`].
    async fn issue(&self) -> Result<Issued, Failure>;

    /// How long after a failure a process does not ask the vendor again; until then the failure stands.
    fn rest(&self) -> Duration {
        Duration::ZERO
    }
}

/// Whose token, and where it comes from.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    owner: &'a TokenOwner,
    fingerprint: &'a str,
    issuer: &'a dyn Issuer,
    /// the vendor did not take this one
    refused: Option<&'a AccessToken>,
}

/// The access token of one call.
pub struct Access<'a> {
    tokens: &'a AccessTokens,
    wanted: Wanted<'a>,
    current: Mutex<Current>,
}

struct Current {
    token: AccessToken,
    renewed: bool,
}

impl<'a> Access<'a> {
    /// Gets a token for a call.
    pub async fn open(
        tokens: &'a AccessTokens,
        call: &VendorCall<'a>,
        issuer: &'a dyn Issuer,
    ) -> Result<Self, Failure> {
        let wanted = Wanted { owner: call.owner, fingerprint: call.credential.fingerprint(), issuer, refused: None };
        let token = tokens.get(wanted).await?;
        Ok(Self { tokens, wanted, current: Mutex::new(Current { token, renewed: false }) })
    }

    /// The token to send with.
    pub async fn token(&self) -> AccessToken {
        self.current.lock().await.token.clone()
    }

    /// The token to send with again after the vendor called `refused` expired. There is one new token a call: when the
    /// vendor does not take that either, what the refusal says is final.
    pub async fn renew(&self, refused: &AccessToken, refusal: Refusal) -> Result<AccessToken, CallError> {
        let mut current = self.current.lock().await;
        if current.token != *refused {
            return Ok(current.token.clone());
        }
        if current.renewed {
            return Err(refusal.last());
        }
        current.renewed = true;
        let wanted = Wanted { refused: Some(refused), ..self.wanted };
        current.token = self.tokens.get(wanted).await.map_err(|failure| failure.error)?;
        Ok(current.token.clone())
    }
}

/// Replaces the access token of a credential if it is to be replaced soon. Returns whether the vendor issued one. Unlike
/// [`Access::open`], it tells that a token could not be replaced while the old one still does.
pub async fn renew(tokens: &AccessTokens, call: &RenewCall<'_>, issuer: &dyn Issuer) -> Result<bool, Failure> {
    let wanted = Wanted { owner: call.owner, fingerprint: call.credential.fingerprint(), issuer, refused: None };
    tokens.renew_ahead(wanted, call.ahead).await
}

impl fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}
