//! HTTP: binds, unbinds and lists device tokens; logout.
