//! Checks that each room of the code imports only what `docs/house.md` allows.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use shared::domain::vendor::Vendor;

use crate::template::root;

/// A row of the page.
struct Room {
    path: String,
    imports: BTreeSet<String>,
}

/// Returns the rooms of the page. The row of `<vendor>` stands for every vendor.
fn rooms() -> Vec<Room> {
    let page = fs::read_to_string(root().join("docs/house.md")).unwrap();
    let table = page.split("## Rooms").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.flat_map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        let imports: BTreeSet<String> = cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let path = cells[0].trim().trim_end_matches('`').to_owned();
        let paths = match path.strip_suffix("<vendor>") {
            Some(start) => Vendor::ALL.map(|vendor| format!("{start}{}", vendor.name())).to_vec(),
            None => vec![path],
        };
        paths.into_iter().map(move |path| Room { path, imports: imports.clone() })
    })
    .collect()
}

/// Returns the files of a room that are not tests.
fn product_files(room: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(room).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_test = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().ends_with("tests");
    let own = files.into_iter().filter(|path| path.extension().is_some_and(|of| of == "rs") && !is_test(path));
    let below = folders.iter().filter(|path| !is_test(path)).flat_map(|folder| product_files(folder));
    own.chain(below).collect()
}

/// Returns what a file imports of its crate before its tests: `b` of `crate::b::c`, and `b` and `d` of `crate::{b::c, d}`.
fn imports(source: &str) -> BTreeSet<String> {
    let product = source.split("#[cfg(test)]").next().unwrap().split("#[cfg(feature = \"testing\")]").next().unwrap();
    let mut found = BTreeSet::new();
    for (at, _) in product.match_indices("crate::") {
        let rest = &product[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => found.extend(first_names(list)),
            None => found.extend(name(rest)),
        }
    }
    found
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// Returns the first name of each entry of a list, up to its closing brace.
fn first_names(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut start) = (1, 0);
    for (at, one) in list.char_indices() {
        let ends = (one == ',' || one == '}') && depth == 1;
        if ends {
            names.extend(name(list[start..at].trim_start()));
            start = at + 1;
        }
        depth += i32::from(one == '{') - i32::from(one == '}');
        if depth == 0 {
            break;
        }
    }
    names
}

#[test]
fn every_room_imports_only_what_the_page_lets_it() {
    let rooms = rooms();
    assert!(rooms.len() > Vendor::ALL.len());
    for room in rooms {
        let folder = root().join(&room.path);
        let own = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for file in product_files(&folder) {
            let imports = imports(&fs::read_to_string(&file).unwrap());
            let wrong: Vec<&String> =
                imports.iter().filter(|one| **one != own && !room.imports.contains(*one)).collect();
            assert!(wrong.is_empty(), "{} may not import {wrong:?}", file.display());
        }
    }
}

#[test]
fn the_common_crate_does_not_know_the_vendors() {
    let manifest = fs::read_to_string(root().join("shared/Cargo.toml")).unwrap();
    assert!(!manifest.contains("vendors"), "shared imports upwards");
}

/// Returns the packages of `Cargo.lock` that name a package among their dependencies.
fn dependents(package: &str) -> BTreeSet<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let entry = |line: &str| line.trim().trim_matches(['"', ',']).split(' ').next() == Some(package);
    let packages = lock.split("[[package]]").skip(1);
    let found =
        packages.filter(|one| one.split_once("dependencies = [").is_some_and(|(_, list)| list.lines().any(entry)));
    found.map(|one| one.split('"').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn only_functions_that_call_vendors_or_apps_servers_link_an_http_client() {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(dependents("reqwest"), named(&["curlew-tests", "deliver-callback", "vendors"]));
    let functions = ["explain-push", "handle-receipt", "manage-app", "push-vendor"];
    assert_eq!(dependents("vendors"), &named(&["curlew-tests"]) | &named(&functions));
}

#[test]
fn imports_are_read_in_both_forms() {
    let source = "use crate::a::B;\nuse crate::{\n    c::{D, e::F},\n    g,\n};\n#[cfg(test)]\nuse crate::h;";
    assert_eq!(imports(source), ["a", "c", "g"].map(str::to_owned).into());
}
