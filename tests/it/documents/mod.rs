//! Checks documents that repeat facts of the code.
//!
//! `make docs` writes the blocks between two marks from the code. The tests here compare the two.

use std::{
    env, fs,
    sync::{Mutex, PoisonError},
};

use crate::template::root;

mod alarms;
mod emulator;
mod limits;
mod metrics;
mod reasons;
mod routes;
mod security;
mod settings;
mod vendors;

/// The variable that makes the tests write the blocks. `make docs` sets it.
const WRITE: &str = "CURLEW_WRITE_DOCUMENTS";

/// Locked while a document is written, because it may have two blocks.
static WRITING: Mutex<()> = Mutex::new(());

/// Returns a document of the repository.
fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

/// Asserts that the block with this name has the expected text, or writes it.
fn assert_block(document: &str, name: &str, expected: &str) {
    let begin = format!("<!-- {name}: written by `make docs` -->\n");
    assert_between(document, &begin, expected, &format!("<!-- {name}: end -->"));
}

/// Asserts that the expected text stands between the first `begin` and the `end` after it, or writes it.
fn assert_between(document: &str, begin: &str, expected: &str, end: &str) {
    let _one_at_a_time = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = read(document);
    let missing = || panic!("{document} lacks the marks {begin:?} and {end:?}");
    let (before, rest) = text.split_once(begin).unwrap_or_else(missing);
    let (found, after) = rest.split_once(end).unwrap_or_else(missing);
    if found == expected {
        return;
    }
    assert!(env::var_os(WRITE).is_some(), "{document} is stale after {begin:?}: run `make docs`, and commit it");
    fs::write(root().join(document), format!("{before}{begin}{expected}{end}{after}")).unwrap();
}

/// Returns a table in Markdown.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let cell = |text: &String| if text.is_empty() { " |".to_owned() } else { format!(" {text} |") };
    let line = |cells: &[String]| format!("|{}\n", cells.iter().map(cell).collect::<String>());
    let mut text = line(&head.map(str::to_owned)) + &format!("|{}\n", "---|".repeat(N));
    rows.into_iter().for_each(|cells| text.push_str(&line(&cells.map(|cell| cell.replace('|', "\\|")))));
    text
}
