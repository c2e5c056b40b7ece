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
}

impl MemorySecret {
    /// A secret of this value.
    pub fn new(value: impl Into<String>) -> Self {
        Self { faults: Faults::default(), value: Mutex::new(value.into()) }
    }

    /// Changes the value.
    pub fn rotate(&self, value: impl Into<String>) {
        *lock(&self.value) = value.into();
    }
}

#[async_trait]
impl ReadSecret for MemorySecret {
    async fn secret(&self) -> Result<String, StoreError> {
        self.faults.before("secret").await?;
        Ok(lock(&self.value).clone())
    }
}
