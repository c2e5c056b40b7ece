//! Which part of a list is asked for.

use shared::lambda;

/// The most entries of one list.
pub const MAX_LISTED: usize = 100;

/// Which part of a list is asked for.
pub type Page = lambda::page::Page<MAX_LISTED, MAX_LISTED>;
