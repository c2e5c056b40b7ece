//! Checks that each room of the code imports only what `docs/house.md` allows.

mod imports;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use shared::domain::vendor::Vendor;

use self::imports::{climbs, imports};
use crate::template::root;

/// The crates whose folders are rooms.
const CRATES: [&str; 2] = ["shared/src", "shared/vendors/src"];

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

/// Returns the files of a folder itself that are not tests.
fn root_files(folder: &str) -> Vec<PathBuf> {
    let folder = root().join(folder);
    product_files(&folder).into_iter().filter(|file| file.parent() == Some(&*folder)).collect()
}

impl Room {
    /// Returns the product files of the room. `*.rs` are the files of the folder that have no row of their own.
    fn files(&self, rooms: &[Self]) -> Vec<PathBuf> {
        let path = root().join(&self.path);
        if let Some(folder) = self.path.strip_suffix("/*.rs") {
            let has_row = |file: &PathBuf| rooms.iter().any(|room| root().join(&room.path) == *file);
            return root_files(folder).into_iter().filter(|file| !has_row(file)).collect();
        }
        if path.is_dir() { product_files(&path) } else { vec![path] }
    }

    /// Returns what a file of the room imports of its crate.
    fn imports_of(&self, file: &Path) -> BTreeSet<String> {
        let source = fs::read_to_string(file).unwrap();
        assert!(!climbs(&source), "{} names its own room or the crate, not super::super", file.display());
        let mut found = imports(&source, "crate");
        // These files' own level is the crate.
        if file.file_name().unwrap() == "lib.rs" {
            found.extend(imports(&source, "self"));
        }
        if *file == root().join(&self.path).join("mod.rs") {
            found.extend(imports(&source, "super"));
        }
        found.remove(Path::new(&self.path).file_stem().unwrap().to_str().unwrap());
        found
    }
}

#[test]
fn every_room_imports_only_what_the_page_lets_it() {
    let rooms = rooms();
    for room in &rooms {
        let files = room.files(&rooms);
        assert!(!files.is_empty(), "{} is empty", room.path);
        for file in files {
            let imports = room.imports_of(&file);
            let wrong: Vec<&String> = imports.difference(&room.imports).collect();
            assert!(wrong.is_empty(), "{} may not import {wrong:?}", file.display());
        }
    }
}

#[test]
fn every_folder_and_every_file_beside_them_has_a_row() {
    let rows: BTreeSet<String> = rooms().into_iter().map(|room| room.path).collect();
    for folder in CRATES {
        for entry in fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap()) {
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            let is_beside = entry.path().is_file() && rows.contains(&format!("{folder}/*.rs"));
            assert!(is_beside || rows.contains(&path), "docs/house.md has no row of {path}");
        }
    }
}

#[test]
fn the_prelude_holds_no_vendor_and_nothing_that_stands_above_the_vendors() {
    let rooms = rooms();
    let prelude = rooms.iter().find(|room| room.path.ends_with("/prelude.rs")).unwrap();
    let above: BTreeSet<String> =
        Vendor::ALL.map(Vendor::name).into_iter().chain(["notifier"]).map(str::to_owned).collect();
    assert!(prelude.imports.is_disjoint(&above), "{:?}", &prelude.imports & &above);
    let [used] = &prelude.files(&rooms)[..] else { panic!("not one file") };
    assert!(!prelude.imports_of(used).is_empty(), "what it re-exports is not read");
}

#[test]
fn the_vendors_import_of_the_common_crate_what_the_page_says() {
    let page = fs::read_to_string(root().join("docs/house.md")).unwrap();
    let line = page.lines().find(|line| line.starts_with("Of `shared`, ")).unwrap();
    let allowed: BTreeSet<String> = line.split('`').skip(5).step_by(2).map(str::to_owned).collect();
    let vendors = root().join(CRATES[1]);
    let files = product_files(&vendors).into_iter().filter(|file| !file.starts_with(vendors.join("testing")));
    let used: BTreeSet<String> = files.flat_map(|file| imports(&fs::read_to_string(file).unwrap(), "shared")).collect();
    assert_eq!(used, allowed, "used on the left, on the page on the right");
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
    assert_eq!(dependents("vendors"), &named(&["curlew-fuzz", "curlew-tests"]) | &named(&functions));
}
