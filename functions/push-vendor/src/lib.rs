//! SQS function `push-vendor`, deployed once a vendor on its queue `push-<vendor>`: gets notifications to phones.
//!
//! A batch of jobs becomes as few vendor calls as the vendor's limits allow. Every device gets a result of its own, which is recorded
//! with the decision that led to it. Invoked directly, the function sends one test push and answers with the vendor's words.
//!
//! A batch passes through stages, a type each. The modules below stand in the order of events.
//!
//! | stage | what it holds | ports that make it |
//! |---|---|---|
//! | `Due` | what is worked on now: not before its time, not ended before, not expired | `FindEnded` |
//! | | what waited too long returns to `dispatch` beside the rest | `ReadContent`, `QueueDispatch` |
//! | `Owned` | what still belongs to its device | `FindTokenOwners` |
//! | `Planned` | calls through open notifiers, under quotas that are not used up | `ReadApps`, `DecryptCredential`, `TrackHealth`, the limits of `VendorClient` |
//! | `Sent` | a result for each delivery, and what the answers mean beyond | `VendorClient` |
//! | `Settled` | what waits is queued, what ended is recorded and counted | `QueuePush`, `RecordOutcomes`, `RecordPage` |
//! | | tokens are removed, notifiers and quotas noted; the queue is answered | `RemoveUnregisteredToken`, `SuspectTokens`, `DisableNotifier`, `TrackHealth` |
//!
//! What may succeed later goes back to the queue with only the devices that are left, later and later, never after the message has
//! expired. A job that is a repeat, or may be one, is looked up first: a device whose push ended is not pushed again. Every push carries
//! a replace id, so that a repeat that slips through replaces the notification.

// rustfmt sorts modules that stand together: empty lines keep the order of events.

mod config;
mod handler;

mod batch;
mod budget;
mod deliver;
mod result;

// Due
mod duplicates;

mod repeats;
mod slow;

mod due;

mod decide_again;

// Owned
mod owners;

// Planned
mod notifiers;

mod credentials;
mod health;
mod quotas;

mod open;

mod group;

mod call;
mod merge;

mod plan;

// Sent
mod limiter;
mod send;

mod ambiguous_refusals;
mod answers;

// Settled
mod retry;

mod record;
mod settle;

mod follow_up;
mod unregistered;

mod test_push;

#[cfg(test)]
mod samples;

pub use config::Config;
pub use deliver::{Deliver, Ports};
pub use handler::{Event, Output, handle};
pub use notifiers::Notifiers;
