//! Which part of a list is asked for.

use shared::lambda;

/// Maximum entries of one list.
pub const MAX_LISTED: usize = 100;

/// Which part of a list is asked for.
pub type PageQuery = lambda::page_query::PageQuery<MAX_LISTED, MAX_LISTED>;
