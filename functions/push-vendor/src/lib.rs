//! SQS function `push-vendor`, deployed once a vendor on its queue `push-<vendor>`: gets notifications to phones.
//!
//! A batch of jobs becomes as few vendor calls as the vendor's limits allow; every device gets an outcome of its own, recorded with
//! the decision that led to it. Invoked directly it sends one test push and answers with the vendor's words.
//!
//! Retries: what may succeed later goes back to the queue with only the devices that are left, later and later, never after the
//! message has expired. A job that came before, or may have, is looked up first: a device whose push ended is not
//! pushed again. Every push carries a replace id, so that a repeat that slips through replaces the notification.

mod ambiguous_refusals;
mod batch;
mod call;
mod clean;
mod conclude;
mod config;
mod deliver;
mod due;
mod handler;
mod limiter;
mod notifiers;
mod quotas;
mod requeue;
mod result;
mod send;
mod settle;
mod slow;
mod test_push;
mod twins;
mod waited;

pub use config::Config;
pub use deliver::{Deliver, Ports};
pub use handler::{Event, Output, handle};
pub use limiter::Limiter;
pub use notifiers::Notifiers;
