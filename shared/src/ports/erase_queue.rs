//! What travels through the queue `erase`, and the port that sends it.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{error::StoreError, queue::is_zero};
use crate::domain::{
    id::{AppKey, UserId},
    time::Timestamp,
};

/// A record of the queue `erase`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum EraseRecord {
    /// erase a user
    #[serde(rename = "user-1")]
    User1(EraseUser),
    /// erase all users and groups of an app, and free its name
    #[serde(rename = "app-1")]
    App1(EraseApp),
}

/// Remove what is kept of a user up to an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseUser {
    /// the app
    pub app: AppKey,
    /// who is erased
    pub user: UserId,
    /// when: what is newer stays
    pub at: Timestamp,
    /// how this is going
    #[serde(flatten)]
    pub progress: EraseProgress,
}

/// Remove what is kept of an app that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseApp {
    /// the app
    pub app: AppKey,
    /// since when it is being deleted
    pub at: Timestamp,
    /// how this is going
    #[serde(flatten)]
    pub progress: EraseProgress,
}

/// How far an erasure is. It needs no cursor: what is removed is not found again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseProgress {
    /// which sweep this is; the first is 0
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sweep: u32,
    /// how often it failed since the last step that succeeded
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

impl EraseRecord {
    /// The app that the record is of.
    pub fn app(&self) -> &AppKey {
        match self {
            Self::User1(job) => &job.app,
            Self::App1(job) => &job.app,
        }
    }

    /// When the erasure began.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::User1(job) => job.at,
            Self::App1(job) => job.at,
        }
    }

    /// How far it is.
    pub fn progress(&self) -> EraseProgress {
        match self {
            Self::User1(job) => job.progress,
            Self::App1(job) => job.progress,
        }
    }

    /// The same record, so far.
    pub fn with(&self, progress: EraseProgress) -> Self {
        match self {
            Self::User1(job) => Self::User1(EraseUser { progress, ..job.clone() }),
            Self::App1(job) => Self::App1(EraseApp { progress, ..job.clone() }),
        }
    }
}

/// Puts work on the queue `erase`.
#[async_trait]
pub trait QueueErase: Send + Sync {
    /// Queues it, or fails; after a failure it may be queued.
    async fn queue_erase(&self, record: &EraseRecord, delay: Duration) -> Result<(), StoreError>;
}
