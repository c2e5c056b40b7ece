//! HTTP to a vendor: one POST, one small reply, and whether an unanswered request may have arrived. Knows no vendor.
//!
//! | module | holds |
//! |---|---|
//! | `http` | the client: sends a request, reads the answer within limits |
//! | `exchange` | what carries a request: the network, or what a test injects |
//! | `address` | the vendor's own hosts, or a base address that stands for all of them |
//! | `hosts` | one request at a time looks for a connection |
//! | `connection` | TLS, and how long connections are kept |
//! | `departure` | how far a request has come on its way out |
//! | `failure` | why there is no answer |
//! | [`form`] | percent-encoding and form bodies |
//! | `retry_after` | a header |
//! | `description` | a request for people to look at, without secrets |

mod address;
mod connection;
mod departure;
mod description;
mod exchange;
mod failure;
pub mod form;
mod hosts;
mod http;
mod retry_after;
#[cfg(test)]
mod tests;

pub use address::{BaseUrl, VENDOR_BASE_URL};
pub use connection::VENDOR_CA_PEM;
pub use description::{Description, MASK};
pub use exchange::{Answer, Exchange, Transport};
pub use http::{Http, Limits, NoReply, Post, Reply};
