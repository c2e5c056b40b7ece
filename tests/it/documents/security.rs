//! Checks that `SECURITY.md` claims nothing without the test or file that holds it.

use super::read;

/// Returns the rows of the table under a heading, without its head.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, rest) = text.split_once(heading).unwrap_or_else(|| panic!("SECURITY.md lacks {heading:?}"));
    rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2).collect()
}

#[test]
fn every_defence_links_to_what_holds_it() {
    let text = read("SECURITY.md");
    let defences = rows(&text, "### What Curlew defends against");
    assert!(defences.len() > 10, "{defences:#?}");
    for row in defences {
        let held_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        assert!(held_by.contains("]("), "nothing holds: {row}");
    }
}

#[test]
fn every_trust_boundary_links_to_what_stands_there() {
    let text = read("SECURITY.md");
    let boundaries = rows(&text, "### Trust boundaries");
    assert!(boundaries.len() > 5, "{boundaries:#?}");
    for row in boundaries {
        assert!(row.contains("]("), "nothing stands at: {row}");
    }
}
