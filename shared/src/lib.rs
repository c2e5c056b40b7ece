//! Code that the functions of Curlew share.
//!
//! | module | holds | feature |
//! |---|---|---|
//! | [`domain`] | identifiers, messages, presence, the decision, jobs, outcomes; pure | |
//! | [`ports`] | what use cases need from outside: one trait for each capability | |
//! | [`app_configs`] | app configurations, cached | |
//! | [`visible_since`] | since when messages belong to a user | `configs` |
//! | [`read_elsewhere`] | after an acknowledgement: notifications leave the user's other devices | `configs` |
//! | [`decider`] | one decision, from reading the facts to the rendered notification | `decider` |
//! | [`offline`] | messages that wait for a user: pages, acknowledgements, counts | |
//! | [`profile_changes`] | changes of a profile, with retries after conflicts | |
//! | [`cache`] | entries in memory, bounded by their number | |
//! | [`callbacks`] | events for apps' servers, queued together | `lambda` |
//! | [`task_counter`] | counts of tasks' pushes, written together | `lambda` |
//! | [`failures`] | recent failures of a dependency | |
//! | [`gateway_leases`] | leases of gateways, cached | |
//! | [`config`] | settings from the environment | |
//! | [`crypto`] | signatures, hashes, sealed values | `crypto` |
//! | [`aws`] | the ports on DynamoDB, SQS, KMS, Secrets Manager, Lambda | `aws` |
//! | [`lambda`] | HTTP envelope, authentication, idempotency, queue batches, telemetry | `lambda` |
//! | [`tls`] | TLS towards vendors and apps' servers | `tls` |
//! | [`testing`] | the ports in memory, and the contract suites | `testing` |
//!
//! Dependencies point one way: `domain` <- `ports` <- everything else. Without features the crate depends on no AWS,
//! HTTP or async runtime crate.

#[cfg(feature = "configs")]
pub mod app_configs;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cache;
#[cfg(feature = "lambda")]
pub mod callbacks;
pub mod config;
#[cfg(feature = "crypto")]
pub mod crypto;
#[cfg(feature = "decider")]
pub mod decider;
pub mod domain;
pub mod failures;
#[cfg(feature = "configs")]
pub mod gateway_leases;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod offline;
pub mod ports;
pub mod profile_changes;
#[cfg(feature = "configs")]
pub mod read_elsewhere;
#[cfg(feature = "lambda")]
pub mod statistics;
#[cfg(feature = "lambda")]
pub mod task_counter;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "configs")]
pub mod visible_since;
