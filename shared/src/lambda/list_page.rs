//! Pages of lists, and their cursors.

use crate::domain::invalid::Invalid;

/// A page of a list that continues where the previous page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T> {
    /// the entries of the page
    pub entries: Vec<T>,
    /// whether a next page follows
    has_next: bool,
}

impl<T> ListPage<T> {
    /// Cuts a page of `limit` entries from what was read. A caller that reads one entry more learns whether a next page
    /// follows.
    pub fn cut(mut read: Vec<T>, limit: usize) -> Self {
        let has_next = read.len() > limit;
        read.truncate(limit);
        Self { entries: read, has_next }
    }

    /// Returns the cursor of the next page, which names the last entry of this one. Returns `None` if no page follows.
    pub fn cursor(&self, of: impl FnOnce(&T) -> String) -> Option<String> {
        self.entries.last().filter(|_| self.has_next).map(of)
    }
}

/// Parses a cursor, which an earlier page returned.
pub fn read_cursor<T>(cursor: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Invalid> {
    read(cursor).ok_or_else(|| Invalid::new("cursor", "must be the cursor of the page before"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_that_is_one_too_many_shows_that_a_next_page_follows() {
        let full = ListPage::cut(vec!["ann", "bob", "eve"], 2);
        assert_eq!(
            (&full.entries[..], full.cursor(|last| (*last).to_owned())),
            (&["ann", "bob"][..], Some("bob".into()))
        );
        let last = ListPage::cut(vec!["ann", "bob"], 2);
        assert_eq!((last.entries.len(), last.cursor(|last| (*last).to_owned())), (2, None));
    }

    #[test]
    fn a_text_that_is_no_cursor_is_refused() {
        assert_eq!(read_cursor("7", |text| text.parse::<u8>().ok()).unwrap(), 7);
        let refused = read_cursor("x", |text| text.parse::<u8>().ok()).unwrap_err();
        assert_eq!(refused.to_string(), "cursor must be the cursor of the page before");
    }
}
