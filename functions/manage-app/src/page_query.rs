//! Query parameters of lists.

use shared::lambda;

/// Maximum entries of one page.
pub const MAX_LISTED: usize = 100;

/// Query parameters of a list: `limit` and `cursor`.
pub type PageQuery = lambda::page_query::PageQuery<MAX_LISTED, MAX_LISTED>;
