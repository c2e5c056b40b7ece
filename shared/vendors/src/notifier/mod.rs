//! What the functions ask of a notifier, whatever its vendor: each looks its vendor up in the registry.
//!
//! | module | answers |
//! |---|---|
//! | [`options`] | may an operator set these options? |
//! | [`rate`] | how fast may pushes be sent? |
//! | [`quota`] | under which quota is a push? |
//! | [`preflight`] | what stands in the way of a class of pushes? |
//! | [`receipt_url`] | where does the vendor report to, and do requests name the address? |
//! | [`describe`] | which request would be sent? |

pub mod describe;
pub mod options;
pub mod preflight;
pub mod quota;
pub mod rate;
pub mod receipt_url;
