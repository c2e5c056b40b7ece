//! SQS function `deliver-callback`, on the queue `callback`: tells apps' servers what became of pushes, tokens,
//! notifiers and users.
//!
//! Each event is one POST in Easemob's form, signed as Easemob and as Standard Webhooks do. A server answers with any
//! 2xx. Events of one app go out eight at a time, and apps do not wait for each other: each has its own time.
//!
//! A failed event is tried again after 5 s by the queue. After that it waits in a row, which `run-schedule` queues when
//! it is due. After ten tries the row stays for three days, so that the app can have it sent again. A server with many
//! failures is banned for some minutes, and a server that answers 410 gets no more events.
//!
//! A tenant chooses the address. So only this function calls it, and [`http`] refuses every address that is not on the
//! internet.

mod attempt;
mod config;
mod deliver;
mod doors;
mod handler;
pub mod http;
mod request;
mod resolver;
mod secrets;
mod settle;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use deliver::{Deliver, Ports};
pub use doors::Doors;
pub use handler::handle;
pub use resolver::{LookUp, SystemLookUp};
pub use secrets::Secrets;
