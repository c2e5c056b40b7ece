//! How connections are made, and how long they are kept.

use std::time::Duration;

use reqwest::{Client, redirect};
use shared::tls::{ExtraCas, client_config};

use super::Limits;

/// The setting with certificate authorities that are trusted besides Mozilla's; read it with [`ExtraCas::parse`].
pub const VENDOR_CA_PEM: &str = "VENDOR_CA_PEM";

/// How long an idle connection is used again. Shorter than servers keep theirs (the common ones 60 s and more): a function that
/// was frozen learns of a closed connection only when it writes, and then cannot tell whether the request arrived.
const IDLE: Duration = Duration::from_secs(50);

/// How often a connection of HTTP/2 that waits for answers and reads nothing is pinged, and how long that may take. Without it,
/// requests to a machine that is gone would fail on the same connection for half a minute.
#[cfg(feature = "http2")]
const PING: Duration = Duration::from_secs(3);

/// The client: TLS by rustls and ring with Mozilla's roots built in, HTTP/2 where the vendor has it, no redirects, no
/// proxy from the environment. It repeats nothing; [`super::Http`] does.
pub(super) fn client(limits: &Limits, extra: &ExtraCas) -> Result<Client, String> {
    let tls = client_config(extra).map_err(|error| error.to_string())?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .user_agent("curlew")
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE);
    #[cfg(feature = "http2")]
    let client = client.http2_keep_alive_interval(PING).http2_keep_alive_timeout(PING);
    client.build().map_err(|error| error.to_string())
}
