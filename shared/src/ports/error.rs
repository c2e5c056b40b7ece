//! How a store or a queue can fail.

/// A failure of a store or a queue.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// somebody else changed the same thing first
    #[error("the record changed in between")]
    Conflict,
    /// too much at once; later it will work
    #[error("the store is throttling")]
    Throttled,
    /// not reachable, or it failed; later it may work
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// a stored record that cannot be read; repeating does not help
    #[error("the stored record is corrupt: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Wraps a technology's error.
    pub fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(source))
    }

    /// This failure with the failures under it, for a log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    }
}
