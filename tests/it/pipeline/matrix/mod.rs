//! The security matrix: every described route against every kind of caller.
//!
//! What a route must answer follows from its `security` in `docs/openapi.yaml`. So a new route is in the matrix at once.
//! A refused caller changes nothing, and learns neither what exists nor what is stored.

mod callers;
mod names;
mod opened;
mod others;
mod refused;
mod rival;
mod sockets;
mod world;
