//! Checks that documents in two languages have the same headings, tables, commands and links.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each document with its Chinese translation.
const PAIRS: [(&str, &str); 3] = [
    ("README.md", "README.zh.md"),
    ("docs/clients.md", "docs/clients.zh.md"),
    ("docs/migrating.md", "docs/migrating.zh.md"),
];

/// A block of code between fences.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    pub language: String,
    pub lines: Vec<String>,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

pub fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let text = text(document);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let lines = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
            blocks.push(Block { language: language.to_owned(), lines });
        }
    }
    blocks
}

/// Returns the document without code blocks, in which `#` begins a comment.
fn prose(document: &str) -> String {
    text(document).split("```").step_by(2).collect()
}

/// Returns the level of each heading, in order.
fn headings(document: &str) -> Vec<usize> {
    let level = |line: &str| line.chars().take_while(|letter| *letter == '#').count();
    prose(document).lines().map(level).filter(|level| *level > 0).collect()
}

/// Returns the number of cells of each table row, in order.
fn rows(document: &str) -> Vec<usize> {
    prose(document).lines().filter(|line| line.starts_with('|')).map(|line| line.matches('|').count()).collect()
}

/// Returns the commands in sentences and tables, in order.
fn commands(document: &str) -> Vec<String> {
    let text = prose(document);
    text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("make ")).map(str::to_owned).collect()
}

/// Returns the targets of the document's links.
fn targets(document: &str) -> BTreeSet<String> {
    prose(document).split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// Returns the targets outside the document and its translation.
fn links(document: &str, twin: &str) -> BTreeSet<String> {
    let other = twin.trim_start_matches("docs/");
    targets(document).into_iter().filter(|target| !target.starts_with('#') && target != other).collect()
}

#[test]
fn both_languages_have_the_same_headings_tables_commands_and_links() {
    for (english, chinese) in PAIRS {
        assert!(!blocks(english).is_empty() && !links(english, chinese).is_empty(), "{english}");
        assert_eq!(headings(english), headings(chinese), "{english}");
        assert_eq!(rows(english), rows(chinese), "{english}");
        assert_eq!(blocks(english), blocks(chinese), "{english}");
        assert_eq!(commands(english), commands(chinese), "{english}");
        assert_eq!(links(english, chinese), links(chinese, english), "{english}");
    }
}

#[test]
fn both_languages_link_to_each_other_at_the_top() {
    for (english, chinese) in PAIRS {
        for (document, twin) in [(english, chinese), (chinese, english)] {
            let name = twin.trim_start_matches("docs/");
            assert!(text(document).lines().take(3).any(|line| line.contains(&format!("]({name})"))), "{document}");
        }
    }
}
