//! A proxy between the functions and AWS that lets calls fail, by a seeded plan.
//!
//! It fails as AWS does: it throttles, is unavailable, answers late, loses the answer after the effect, or ends the
//! connection before the request arrives. Without a plan it passes everything on.
//!
//! | call | does |
//! |---|---|
//! | `PUT /_faults` `{"seed","per_thousand"}` | begins a plan |
//! | `DELETE /_faults` | ends it |
//! | `GET /_faults` | how often each fault was played since the proxy began, by service |

mod answers;
mod client;
mod plan;
mod proxy;

pub use client::FaultsClient;
pub use plan::{AwsFault, Plan};
pub use proxy::serve;
