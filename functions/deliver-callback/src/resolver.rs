//! The resolver of the HTTP client: it refuses a name if any of its addresses is not on the internet.
//!
//! The client connects to the addresses that this resolver judged, and looks nothing up itself. So a name cannot change
//! between check and use.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use shared::domain::url_guard::UrlGuard;

/// Looks up the addresses of a name.
#[async_trait]
pub trait LookUp: Send + Sync {
    /// Returns every address of the name.
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The look-up of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookUp;

#[async_trait]
impl LookUp for SystemLookUp {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A name stands for an address that is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forbidden;

impl std::fmt::Display for Forbidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name stands for an address that is not allowed")
    }
}

impl std::error::Error for Forbidden {}

/// Judges every address that a look-up returns.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    pub(crate) guard: UrlGuard,
    pub(crate) look_up: Arc<dyn LookUp>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { guard, look_up } = self.clone();
        Box::pin(async move {
            let found = look_up.look_up(name.as_str()).await?;
            if !found.iter().all(|address| guard.allows(*address)) {
                return Err(Forbidden.into());
            }
            // The client puts the URL's port in place of 0.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
