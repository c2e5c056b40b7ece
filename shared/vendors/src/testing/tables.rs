//! What every table of codes and its judge must pass.

use std::fmt::Debug;

use super::nonsense;
use crate::{reporting::Row, transport::Reply};

/// A reply without hints.
pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply { status, retry_after: None, body: body.into() }
}

/// Every row says what its code means, and names the page that says so.
pub fn explained<K: Debug>(rows: &[Row<K>]) {
    for row in rows {
        assert!(!row.meaning.is_empty() && row.source.starts_with("https://"), "{row:?}");
    }
}

/// The keys of a table, in its order.
pub fn keys<K: Copy>(rows: &[Row<K>]) -> Vec<K> {
    rows.iter().map(|row| row.key).collect()
}

/// The table has the expected HTTP statuses in this order. They mean what stands beside them, and so do the others.
pub fn assert_statuses(
    rows: &[Row<u16>],
    expected: &[(u16, &str)],
    others: &[(u16, &str)],
    meaning: impl Fn(u16) -> String,
) {
    assert_eq!(keys(rows), expected.iter().map(|(status, _)| *status).collect::<Vec<_>>());
    for (status, means) in expected.iter().chain(others) {
        assert_eq!(meaning(*status), *means, "{status}");
    }
}

/// `harmless` holds for every body that no vendor documents, under statuses of each kind.
pub fn assert_nonsense_unregisters_nobody(harmless: impl Fn(&Reply) -> bool) {
    for body in nonsense() {
        for status in [200, 400, 404, 500] {
            let start = String::from_utf8_lossy(&body[..body.len().min(99)]).into_owned();
            assert!(harmless(&reply(status, body.clone())), "{status} {start}");
        }
    }
}
