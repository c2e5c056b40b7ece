//! Checks that `docs/reasons.md` has every reason.

use std::collections::BTreeMap;

use shared::domain::reason::Reason;

use super::read;

/// Returns the rows of a table whose first cell is in backticks.
fn rows(document: &str) -> BTreeMap<String, Vec<String>> {
    read(document)
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
            let code = cells[0].strip_prefix('`')?.strip_suffix('`')?;
            Some((code.to_owned(), cells[1..].iter().map(|cell| (*cell).to_owned()).collect()))
        })
        .collect()
}

#[test]
fn every_reason_has_a_row_that_says_what_it_means_and_what_to_do() {
    let rows = rows("docs/reasons.md");
    for reason in Reason::ALL {
        let row = rows.get(reason.code()).unwrap_or_else(|| panic!("docs/reasons.md lacks `{reason}`"));
        assert!(row.len() == 2 && row.iter().all(|cell| !cell.is_empty()), "`{reason}`: {row:?}");
    }
    assert_eq!(rows.len(), Reason::ALL.len(), "docs/reasons.md has rows of codes that do not exist");
}
