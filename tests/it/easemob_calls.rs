//! Checks Easemob's calls in `docs/easemob-calls.md` against the template, the code and the tests of `make compat`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use shared::lambda::unsupported_calls::UNSUPPORTED_CALLS;

use crate::template::{Template, deployed, functions};

/// One call of the document.
struct Row {
    id: String,
    request: String,
    state: String,
    published: bool,
    note: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns whether a text is the id of a call: a letter and a number.
fn is_id(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|letter| "TUPMGN".contains(letter))
        && text.len() > 1
        && letters.all(|letter| letter.is_ascii_digit())
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/easemob-calls.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
        let [id, _, request, state, published, note] = cells[..] else {
            return None;
        };
        is_id(id).then(|| Row {
            id: id.to_owned(),
            request: request.trim_matches('`').to_owned(),
            state: state.to_owned(),
            published: published == "yes",
            note: note.to_owned(),
        })
    };
    text.lines().filter_map(row).collect()
}

/// Returns the ids in the names of the Java tests, by class.
fn tested() -> BTreeMap<String, BTreeSet<String>> {
    let tests = fs::read_dir(root().join("tests/compat/src/test/java/curlew/compat")).unwrap();
    let files = tests.map(|file| file.unwrap().path());
    let ids = |source: &str| {
        let names = source.split("@Test").skip(1).filter_map(|rest| rest.split("void ").nth(1)?.split('(').next());
        names.flat_map(|name| name.split('_').take_while(|part| is_id(part))).map(str::to_owned).collect()
    };
    files
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .map(|(class, source)| (class, ids(&source)))
        .collect()
}

#[test]
fn every_call_that_is_served_is_a_deployed_route() {
    let template = Template::read();
    let routes: BTreeSet<String> = functions()
        .iter()
        .flat_map(|(function, _)| deployed(&template, function))
        .map(|(method, path)| format!("{method} {}", path.trim_start_matches("/{org}/{app}")))
        .collect();
    for row in rows().iter().filter(|row| ["works", "accepted", "refused"].contains(&row.state.as_str())) {
        assert!(routes.contains(&row.request), "{}: {} is not deployed", row.id, row.request);
    }
}

#[test]
fn every_call_that_is_not_ours_has_the_text_of_its_answer() {
    let documented: BTreeSet<(String, String, String)> =
        rows().into_iter().filter(|row| row.state == "not ours").map(|row| (row.id, row.request, row.note)).collect();
    let answered: BTreeSet<(String, String, String)> = UNSUPPORTED_CALLS
        .iter()
        .flat_map(|area| area.calls.iter().map(move |call| (area, call)))
        .map(|(area, call)| (call.id.to_owned(), format!("{} /{}", call.method, call.path), area.instead.to_owned()))
        .collect();
    assert_eq!(documented, answered, "documented on the left, answered on the right");
}

#[test]
fn no_deployed_route_takes_a_call_that_is_not_ours() {
    let template = Template::read();
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let routes: Vec<(String, Vec<String>)> = functions()
        .iter()
        .flat_map(|(function, _)| deployed(&template, function))
        .filter_map(|(method, path)| Some((method, segments(path.strip_prefix("/{org}/{app}/")?))))
        .collect();
    for call in UNSUPPORTED_CALLS.iter().flat_map(|area| area.calls) {
        let path = segments(call.path);
        let open = path.last().is_some_and(|last| last == "{+}");
        let fits = |route: &[String]| {
            let long_enough = if open { route.len() >= path.len() } else { route.len() == path.len() };
            let equal =
                |(route, own): (&String, &String)| route.starts_with('{') || own.starts_with('{') || route == own;
            long_enough && route.iter().zip(&path).all(equal)
        };
        for (method, route) in &routes {
            let same = call.method == "ANY" || call.method == method;
            assert!(!(same && fits(route)), "{}: {method} {} is deployed", call.id, route.join("/"));
        }
    }
}

#[test]
fn every_call_that_is_served_is_made_by_a_test_of_the_published_sdk_or_as_later_versions_make_it() {
    let tested = tested();
    let newer = &tested["NewerCallsTest"];
    let published: BTreeSet<&String> =
        tested.iter().filter(|(class, _)| *class != "NewerCallsTest").flat_map(|(_, ids)| ids).collect();
    let rows = rows();
    for row in rows.iter().filter(|row| ["works", "accepted"].contains(&row.state.as_str())) {
        let made = if row.published { published.contains(&row.id) } else { newer.contains(&row.id) };
        assert!(made, "no test of make compat begins with {}", row.id);
    }
    let known: BTreeSet<&String> = rows.iter().map(|row| &row.id).collect();
    let unknown: Vec<_> = tested.values().flatten().filter(|id| !known.contains(id)).collect();
    assert!(unknown.is_empty(), "the document lacks {unknown:?}");
    assert!(rows.len() > 90);
}
