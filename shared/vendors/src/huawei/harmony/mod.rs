//! Huawei Push Kit for HarmonyOS from 5 on, v3 (<https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-request-struct>).
//!
//! The requests are those of Android but for their bearer, which is signed here and exchanged for nothing, their header
//! `push-type`, and the shapes of message and answer. A phone shows a message of one `appMessageId` once.

pub(super) mod auth;
pub(super) mod judge;
pub(super) mod payload;
pub(super) mod rules;
#[cfg(test)]
mod tests;
mod wire;

/// The header that says what kind of message a request carries.
pub(super) const PUSH_TYPE: &str = "push-type";
/// A notification.
pub(super) const NOTIFICATION: &str = "0";
