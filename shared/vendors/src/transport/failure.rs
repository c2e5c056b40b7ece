//! Why there is no answer, as the HTTP client's errors tell it.

use std::{error::Error, io};

use super::NoReply;

/// Why a request that the server did not process may be sent again at once.
pub(super) const REFUSED: &str = "refused unprocessed";

/// Returns why there is no answer to a request, of which `left` says whether it began to leave.
pub(super) fn no_reply(error: &reqwest::Error, left: bool) -> NoReply {
    if error.is_builder() {
        NoReply::NotSent("request")
    } else if error.is_connect() {
        NoReply::NotSent(connect_failure(error))
    } else if let Some(code) = unprocessed(error) {
        NoReply::NotSent(code)
    } else if error.is_timeout() {
        if left { NoReply::Unanswered("timeout") } else { NoReply::NotSent("timeout") }
    } else if left {
        NoReply::Unanswered("connection lost")
    } else {
        NoReply::NotSent("connection closed")
    }
}

/// Returns the error's sources in one text. The sources name no address and no header; the error itself names the address.
pub(super) fn causes(error: &reqwest::Error) -> String {
    sources(error).map(|cause| format!(": {cause}")).collect()
}

fn connect_failure(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        "dns"
    } else if sources(error).any(is_bad_certificate) {
        "certificate"
    } else {
        "connect"
    }
}

/// Looks into errors of the system too: they do not name what they hold as their source.
fn is_bad_certificate(cause: &(dyn Error + 'static)) -> bool {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => is_bad_certificate(inner),
        None => matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))),
    }
}

/// Returns why the server has not processed a request, if that is certain: the connection had ended before it took the
/// request, or HTTP/2 says so.
fn unprocessed(error: &reqwest::Error) -> Option<&'static str> {
    sources(error).find_map(|cause| {
        let closed = cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled);
        if closed { Some("connection closed") } else { refused(cause) }
    })
}

/// Returns why the server has not processed a request, if HTTP/2 says so.
#[cfg(feature = "http2")]
fn refused(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    use h2::Reason;

    let cause = cause.downcast_ref::<h2::Error>().filter(|cause| cause.is_remote())?;
    let reason = cause.reason();
    // A GOAWAY ends only those streams that the server will not process (RFC 9113, 6.8).
    match (cause.is_go_away(), cause.is_reset()) {
        (true, _) if reason == Some(Reason::NO_ERROR) => Some(REFUSED),
        (true, _) => Some("going away"),
        (_, true) if reason == Some(Reason::REFUSED_STREAM) => Some(REFUSED),
        _ => None,
    }
}

/// HTTP/1.1 never says so.
#[cfg(not(feature = "http2"))]
fn refused(_: &(dyn Error + 'static)) -> Option<&'static str> {
    None
}

fn sources(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}
