//! One secret in memory.

use std::sync::Mutex;

use async_trait::async_trait;

use super::{Faults, lock};
use crate::ports::{error::StoreError, secrets::ReadSecret};

/// A secret of the stack.
#[derive(Debug)]
pub struct MemorySecret {
    /// failures on demand
    pub faults: Faults,
    value: Mutex<String>,
    /// the value that is still returned after a change
    cached: Mutex<Option<String>>,
}

impl MemorySecret {
    /// Creates a secret with this value.
    pub fn new(value: impl Into<String>) -> Self {
        Self { faults: Faults::default(), value: Mutex::new(value.into()), cached: Mutex::new(None) }
    }

    /// Changes the value. Like a process with a cache, it still returns the previous value, until a caller asks for the
    /// current one or calls [`MemorySecret::forget_cached`].
    pub fn rotate(&self, value: impl Into<String>) {
        let before = std::mem::replace(&mut *lock(&self.value), value.into());
        *lock(&self.cached) = Some(before);
    }

    /// Stops returning the previous value.
    pub fn forget_cached(&self) {
        *lock(&self.cached) = None;
    }
}

#[async_trait]
impl ReadSecret for MemorySecret {
    async fn secret(&self) -> Result<String, StoreError> {
        self.faults.before("secret").await?;
        let cached = lock(&self.cached).clone();
        Ok(cached.unwrap_or_else(|| lock(&self.value).clone()))
    }

    async fn current_secret(&self) -> Result<String, StoreError> {
        self.faults.before("current_secret").await?;
        self.forget_cached();
        Ok(lock(&self.value).clone())
    }
}
