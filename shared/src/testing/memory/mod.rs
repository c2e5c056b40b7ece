//! Every port in memory.
//!
//! The fakes are shared by `Arc`, like the real adapters, and show what each port promises. Every fake that can fail
//! has `faults`: [`Faults`] makes the next calls fail, before or after they took effect. A simulation lets a [`Chaos`]
//! decide about every call.

mod acks;
mod app_directory;
mod apps;
mod callbacks;
mod chaos;
mod cipher;
mod connections;
mod directory;
mod erasures;
mod faults;
mod gateways;
mod group_messages;
mod group_profiles;
mod groups;
mod inbox;
mod labels;
mod messages;
mod presence;
mod profiles;
mod queue;
mod recalls;
mod runtime;
mod secrets;
mod statistics;
mod tasks;
mod timelines;
mod traces;
mod users;
mod vendor;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::{
    apps::MemoryApps,
    chaos::Chaos,
    cipher::MemoryCipher,
    connections::MemoryConnections,
    erasures::MemoryErasures,
    faults::Faults,
    groups::MemoryGroups,
    labels::MemoryLabels,
    messages::MemoryMessages,
    queue::{MemoryPushQueues, MemoryQueue, Queued},
    runtime::MemoryRuntime,
    secrets::MemorySecret,
    users::MemoryUsers,
    vendor::{ScriptedNotifierTest, ScriptedVendor, SentCall},
};

/// Returns the state behind a mutex, even after a test that held it panicked.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
