//! SQS function `push-vendor`, deployed once for each vendor on its queue `push-<vendor>`: sends notifications to the
//! vendor.
//!
//! It combines a batch of jobs into as few vendor calls as the vendor's limits allow. Every device gets its own result,
//! which is recorded with its decision. A direct invocation sends one test push, or one push of `/push/sync`, and returns
//! the vendor's answer. Another checks credentials, and sends nothing.
//!
//! A batch passes through stages, each with its own type. The modules below are in the order of events.
//!
//! | stage | what it holds | ports that make it |
//! |---|---|---|
//! | `Due` | deliveries that are due, did not end before, and have not expired | `FindEnded` |
//! | | outdated pushes, which return to `dispatch` in parallel | `ReadContent`, `QueueDispatch` |
//! | `Owned` | deliveries whose token still belongs to its device | `FindTokenOwners` |
//! | `Planned` | calls through open notifiers, for quotas that are not used up | `ReadApps`, `DecryptCredential`, `TrackHealth`, the limits of `VendorClient` |
//! | `Sent` | a result for each delivery, and the follow-ups of the answers | `VendorClient` |
//! | `Settled` | retried and deferred jobs are queued, ended pushes are recorded and counted | `QueuePush`, `RecordOutcomes`, `RecordPage`, `AddCounts`, `CountTaskPushes` |
//! | | instant pushes that wait for a login are acknowledged, or return to `dispatch` for the own channel | `NoteTaken`, `ReadContent`, `QueueDispatch` |
//! | | what apps' servers are told is queued | `QueueCallbacks` |
//! | | unregistered tokens are removed, health and quotas are stored, the queue is answered | `RemoveUnregisteredToken`, `SuspectTokens`, `DisableNotifier`, `TrackHealth` |
//!
//! Records that revoke a notification pass through no stage (`revoke`). They run beside the pushes, and record nothing.
//!
//! A push that may succeed later goes back to the queue, with only the remaining devices. The delay grows, and no retry
//! comes after the message's expiry. A job that may be a repeat is looked up first: a device whose push ended gets no
//! second push. Every push has a replace id. If a repeat is not detected, its notification replaces the first one.

// rustfmt sorts adjacent modules: empty lines keep the order of events.

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
mod raw_answer;
mod send;

mod ambiguous_refusals;
mod answers;

// Settled
mod retry;

mod own_channel;
mod record;
mod record_again;
mod settle;

mod follow_up;
mod tell;
mod unregistered;

mod check;
mod push_now;
mod test_push;

mod revoke;

#[cfg(test)]
mod samples;

pub use config::Config;
pub use deliver::{Deliver, Ports};
pub use handler::{Event, Output, handle};
pub use notifiers::Notifiers;
