//! Errors of stores and queues.

/// An error of a store or a queue.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// another request changed the same thing first
    #[error("the record changed in between")]
    Conflict,
    /// too many requests; a later one will succeed
    #[error("the store is throttling")]
    Throttled,
    /// unreachable, or failed; a later request may succeed
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// a stored record that cannot be read; a retry does not help
    #[error("the stored record is corrupt: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Wraps an error of the technology below.
    pub fn unavailable(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(source))
    }

    /// Returns this error and its causes as text, for a log.
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
