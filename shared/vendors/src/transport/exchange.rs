//! What carries a request to a vendor: the network, or an exchange that a test injects.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use shared::ports::names::NoPort;

use super::{NoReply, Post};

/// Carries one request to a vendor, in place of the network.
///
/// [`Http`](super::Http) treats it as it treats the network: it ends a request at its time limit, cuts a long answer, and
/// reads `Retry-After`. A future that is dropped is a caller that ended.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Sends a request. Returns the answer when it has ended, whole or broken off.
    async fn exchange(&self, post: &Post) -> Result<Answer, NoReply>;
}

/// An answer as it arrived, whatever its status.
pub struct Answer {
    /// the HTTP status
    pub status: u16,
    /// its headers
    pub headers: HeaderMap,
    /// the body, or as much of it as came
    pub body: Vec<u8>,
}

/// What carries the requests of a client.
#[derive(Clone, Default)]
pub enum Transport {
    /// HTTP connections of this process
    #[default]
    Network,
    /// this exchange
    Injected(Arc<dyn Exchange>),
}

impl NoPort for Transport {}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "Network",
            Self::Injected(_) => "Injected",
        })
    }
}
