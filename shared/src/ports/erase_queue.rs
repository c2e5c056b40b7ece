//! The records of the queue `erase`, and the port that sends them.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{error::StoreError, queue::is_zero};
use crate::domain::{
    id::{AppKey, UserId},
    push_label::LabelKey,
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
    /// remove the users of a deleted label
    #[serde(rename = "label-1")]
    Label1(EraseLabel),
}

/// Removes the data of a user up to a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseUser {
    /// the app
    pub app: AppKey,
    /// the user to erase
    pub user: UserId,
    /// the time of the erasure; newer data stays
    pub at: Timestamp,
    /// how far it is
    #[serde(flatten)]
    pub progress: EraseProgress,
}

/// Removes the data of an app that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseApp {
    /// the app
    pub app: AppKey,
    /// since when it is being deleted
    pub at: Timestamp,
    /// how far it is
    #[serde(flatten)]
    pub progress: EraseProgress,
}

/// Removes the users of a label that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseLabel {
    /// the app
    pub app: AppKey,
    /// the label; the record has no effect while it exists
    pub label: LabelKey,
    /// when the deletion began
    pub at: Timestamp,
    /// how far it is
    #[serde(flatten)]
    pub progress: EraseProgress,
}

/// The progress of an erasure. It needs no cursor, because removed rows are not found again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseProgress {
    /// the number of the sweep; the first is 0
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sweep: u32,
    /// how often it failed since the last successful step
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

impl EraseRecord {
    /// Returns the app of the record.
    pub fn app(&self) -> &AppKey {
        match self {
            Self::User1(job) => &job.app,
            Self::App1(job) => &job.app,
            Self::Label1(job) => &job.app,
        }
    }

    /// Returns when the erasure began.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::User1(job) => job.at,
            Self::App1(job) => job.at,
            Self::Label1(job) => job.at,
        }
    }

    /// Returns how far it is.
    pub fn progress(&self) -> EraseProgress {
        match self {
            Self::User1(job) => job.progress,
            Self::App1(job) => job.progress,
            Self::Label1(job) => job.progress,
        }
    }

    /// Returns the same record with this progress.
    pub fn with(&self, progress: EraseProgress) -> Self {
        match self {
            Self::User1(job) => Self::User1(EraseUser { progress, ..job.clone() }),
            Self::App1(job) => Self::App1(EraseApp { progress, ..job.clone() }),
            Self::Label1(job) => Self::Label1(EraseLabel { progress, ..job.clone() }),
        }
    }
}

/// Puts records on the queue `erase`.
#[async_trait]
pub trait QueueErase: Send + Sync {
    /// Queues the record. After an error it may still be queued.
    async fn queue_erase(&self, record: &EraseRecord, delay: Duration) -> Result<(), StoreError>;
}
