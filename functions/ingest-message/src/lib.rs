//! HTTP: accepts messages, stores them and queues their decision.
