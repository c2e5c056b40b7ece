//! Checks that `docs/clients.md` quotes the client for phones as it is.

use std::fs;

use crate::translations::{Block, blocks, root};

/// Returns every line of the client, without its indentation.
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
fn code_that_the_documents_quote_stands_in_the_client() {
    let client = client();
    let quoted = blocks("docs/clients.md").into_iter().filter(|block| block.language == "java");
    let missing: Vec<Block> = quoted
        .filter(|block| {
            let lines: Vec<&str> = block.lines.iter().map(|line| line.trim()).collect();
            !client.windows(lines.len()).any(|window| window == lines.as_slice())
        })
        .collect();
    assert!(missing.is_empty(), "not in tests/clients/java: {missing:#?}");
}
