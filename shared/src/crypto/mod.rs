//! Signatures, hashes and sealed values, all on `ring`.

pub mod encoding;
pub mod jwt;
pub mod seal;
pub mod system;
pub mod webhook;
