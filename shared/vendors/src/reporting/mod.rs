//! From a vendor's answers to the outcome of each token. Knows no vendor.
//!
//! | module | holds |
//! |---|---|
//! | `verdict` | what a result code can mean |
//! | `classifier` | a vendor's tables of codes, and how an answer is looked up in them |
//! | `report` | from the results of requests to the report of a call |
//! | `named` | answers that name those of a request's tokens that failed |
//! | `isolate` | for which tokens a request was refused, when the vendor does not say |
//! | `sizes` | how many tokens a request may carry, where the vendor does not say |
//! | `names` | which codes a metric may name |
//! | [`merged`] | different notifications in one request |
//! | [`day`] | when a day's quota resets |

mod classifier;
pub mod day;
mod isolate;
pub mod merged;
mod named;
mod names;
mod report;
mod sizes;
mod verdict;

pub use classifier::{Classifier, HTTP, Row, look_up, number, row};
pub use isolate::{Isolation, MAX_TIME, SendTogether};
pub use named::of_named;
pub use names::{CodeNames, Words};
pub use report::{Failure, Part, accepted, merge, of_token, of_tokens};
pub use sizes::RequestSizes;
pub use verdict::{Refusal, SUSPECT, UNREGISTERED, Verdict, rate_limited};
