//! `docs/clients.md`, its Chinese twin and the client for phones say the same.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ENGLISH: &str = "docs/clients.md";
const CHINESE: &str = "docs/clients.zh.md";

/// A block between fences.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    language: String,
    lines: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap()
}

fn blocks(document: &str) -> Vec<Block> {
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

/// The document without its blocks, in which `#` begins a comment.
fn prose(document: &str) -> String {
    text(document).split("```").step_by(2).collect()
}

/// How deep each heading is, in order.
fn headings(document: &str) -> Vec<usize> {
    let level = |line: &str| line.chars().take_while(|letter| *letter == '#').count();
    prose(document).lines().map(level).filter(|level| *level > 0).collect()
}

/// The cells of each row of each table, in order.
fn rows(document: &str) -> Vec<usize> {
    prose(document).lines().filter(|line| line.starts_with('|')).map(|line| line.matches('|').count()).collect()
}

/// Where the document's links lead.
fn targets(document: &str) -> BTreeSet<String> {
    prose(document).split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The same without those to the other language and within the document.
fn links(document: &str) -> BTreeSet<String> {
    targets(document).into_iter().filter(|target| !target.starts_with('#') && !target.starts_with("clients.")).collect()
}

/// Every line of the client, without its indentation.
fn client() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("tests/clients/java/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(fs::read_to_string(path).unwrap().lines().map(|line| line.trim().to_owned()));
            }
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_headings_tables_commands_and_links() {
    assert!(!blocks(ENGLISH).is_empty() && !links(ENGLISH).is_empty());
    assert_eq!(headings(ENGLISH), headings(CHINESE));
    assert_eq!(rows(ENGLISH), rows(CHINESE));
    assert_eq!(blocks(ENGLISH), blocks(CHINESE));
    assert_eq!(links(ENGLISH), links(CHINESE));
}

#[test]
fn code_that_the_documents_quote_stands_in_the_client() {
    let client = client();
    let quoted = blocks(ENGLISH).into_iter().filter(|block| block.language == "java");
    let missing: Vec<Block> = quoted
        .filter(|block| {
            let lines: Vec<&str> = block.lines.iter().map(|line| line.trim()).collect();
            !client.windows(lines.len()).any(|window| window == lines.as_slice())
        })
        .collect();
    assert!(missing.is_empty(), "not in tests/clients/java: {missing:#?}");
}

#[test]
fn links_to_a_heading_lead_to_one() {
    for from in [ENGLISH, CHINESE] {
        for link in targets(from) {
            let Some((document, anchor)) = link.split_once('#') else { continue };
            let document = if document.is_empty() { from.to_owned() } else { format!("docs/{document}") };
            let prose = prose(&document);
            let heads = prose.lines().filter_map(|line| line.strip_prefix('#'));
            assert!(heads.map(slug).any(|slug| slug == anchor), "{from}: {link}");
        }
    }
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}
