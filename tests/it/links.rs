//! Checks that every link of a document leads to an existing file or heading.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::template::{read_yaml, root};

/// The links of a text in Markdown, and the anchors in it.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    anchors: BTreeSet<String>,
}

impl Page {
    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(part) | Event::Code(part) => heading.iter_mut().for_each(|text| text.push_str(&part)),
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap());
                    let times = seen.entry(slug.clone()).or_default();
                    page.anchors.insert(if *times == 0 { slug } else { format!("{slug}-{times}") });
                    *times += 1;
                }
                _ => {}
            }
        }
        page
    }
}

/// Returns the anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

/// Collects the repository's Markdown documents. Built and fetched files are left out.
fn documents(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name) {
            documents(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// Returns the path without `..`. It need not exist.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
        plain
    })
}

/// Collects every description and summary below a value.
fn descriptions(value: &Value, found: &mut String) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| match value {
            Value::String(text) if ["description", "summary"].contains(&name.as_str()) => {
                found.push_str(text);
                found.push_str("\n\n");
            }
            other => descriptions(other, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| descriptions(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns every document by its path from the root. The API's description is one of them.
fn pages() -> BTreeMap<PathBuf, Page> {
    let root = root().canonicalize().unwrap();
    let mut paths = Vec::new();
    documents(&root, &mut paths);
    let read = |path: PathBuf| {
        let page = Page::parse(&fs::read_to_string(&path).unwrap());
        (path.strip_prefix(&root).unwrap().to_owned(), page)
    };
    let mut pages: BTreeMap<PathBuf, Page> = paths.into_iter().map(read).collect();
    let mut text = String::new();
    descriptions(&read_yaml("docs/openapi.yaml"), &mut text);
    pages.insert("docs/openapi.yaml".into(), Page::parse(&text));
    pages
}

#[test]
fn every_link_leads_to_a_file_that_exists_and_to_a_heading_in_it() {
    let pages = pages();
    let mut broken = Vec::new();
    for (from, page) in &pages {
        for link in page.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { from.clone() } else { plain(&from.parent().unwrap().join(file)) };
            let found = match pages.get(&to) {
                Some(page) => anchor.is_empty() || page.anchors.contains(anchor),
                None => anchor.is_empty() && root().join(&to).exists(),
            };
            if !found {
                broken.push(format!("{}: {link}", from.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn links_and_headings_are_found_wherever_they_stand() {
    let pages = pages();
    assert!(
        ["README.md", "infra/RUNBOOK.md", "docs/openapi.yaml"].iter().all(|page| pages.contains_key(Path::new(page)))
    );
    let text =
        "# A `b` c: d?\n\n[x](one.md) `[no](code)`\n\n```\n[no](fence)\n```\n\n| [y](two.md#z) |\n|---|\n\n# A b c d\n";
    let page = Page::parse(text);
    assert_eq!(page.links, ["one.md", "two.md#z"]);
    assert_eq!(page.anchors, BTreeSet::from(["a-b-c-d".to_owned(), "a-b-c-d-1".to_owned()]));
}
