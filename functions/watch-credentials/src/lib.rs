//! Function `watch-credentials`, started by `run-schedule`: looks at every enabled notifier of every app once an hour, and
//! tells what threatens its credential before a push fails.
//!
//! | step | does |
//! |---|---|
//! | [`walk`] | goes through the apps in pages, in slices of one invocation each, and stores where the round goes on |
//! | `page` | reads the notifiers of as many apps as an invocation's calls can check |
//! | `checks` | lets the vendors' functions check the credentials; a vendor that does not answer is left alone |
//! | `report` | counts and logs which credentials are at risk, by the same warnings that the API shows |
//!
//! It holds no credential and speaks to no vendor: `push-vendor` checks with the access tokens that pushes use, and stores
//! what failed. This function changes nothing of a notifier.
//!
//! The place of the round moves before a page is looked at. So a page that crashes the function is skipped until the next
//! round, and stops no other. What is not done in time waits for the next round, too.

mod checks;
mod config;
mod page;
mod report;
#[cfg(test)]
mod tests;
pub mod walk;

pub use config::Config;
pub use walk::{WatchCredentials, handle};
