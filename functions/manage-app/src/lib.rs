//! HTTP: apps, app and user tokens, notifiers and their test.
