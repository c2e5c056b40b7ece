//! The message family of Huawei's and Honor's interfaces: Honor's descends from Huawei Mobile Services. Knows no vendor and
//! no credential.
//!
//! | module | holds |
//! |---|---|
//! | [`message`] | the parts of a message, and what a tap does |
//! | [`partial`] | whether an answer that names tokens agrees with its request |
//! | [`receipts`] | the entries of a report |

pub mod message;
pub mod partial;
pub mod receipts;
