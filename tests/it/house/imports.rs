//! Reads from a file's text what its product code imports.

use std::collections::BTreeSet;

/// Returns what a file imports of `root`: `b` of `root::b::c`, and `b` and `d` of `root::{b::c, d}`.
pub fn imports(source: &str, root: &str) -> BTreeSet<String> {
    let product = without_tests(source);
    let mut found = BTreeSet::new();
    for (at, _) in product.match_indices(root) {
        let is_whole_word = !product[..at].ends_with(|one: char| one.is_alphanumeric() || one == '_');
        if let Some(rest) = product[at + root.len()..].strip_prefix("::").filter(|_| is_whole_word) {
            match rest.strip_prefix('{') {
                Some(list) => found.extend(first_names(list)),
                None => found.extend(name(rest)),
            }
        }
    }
    found
}

/// Returns whether a file reaches up by two steps at once, past its own folder.
pub fn climbs(source: &str) -> bool {
    without_tests(source).contains("super::super")
}

/// Returns a file without the items that only tests compile. rustfmt has put the end of an item below its beginning.
fn without_tests(source: &str) -> String {
    let mut product = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if is_for_tests(line.trim_start()) {
            let indent = indent(line);
            let _item = lines.find(|line| self::indent(line) == indent && line.ends_with([';', ',', '}']));
        } else {
            product.push_str(line);
            product.push('\n');
        }
    }
    product
}

fn is_for_tests(line: &str) -> bool {
    ["#[cfg(test)]", "#[cfg(feature = \"testing\")]", "#[cfg(all(test,"].iter().any(|gate| line.starts_with(gate))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
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

fn assert_imports(source: &str, names: &[&str]) {
    assert_eq!(imports(source, "crate"), names.iter().map(|name| (*name).to_owned()).collect(), "{source}");
}

#[test]
fn imports_are_read_in_both_forms() {
    assert_imports("use crate::a::B;\nuse crate::{\n    c::{D, e::F},\n    g,\n};\n", &["a", "c", "g"]);
    assert_imports("a::b(crate::c::d(), $crate::e!(), mycrate::f)", &["c", "e"]);
}

#[test]
fn imports_of_tests_are_not_read_wherever_they_stand() {
    let gate = "#[cfg(test)]\n";
    assert_imports(&format!("mod a;\n{gate}mod tests;\nmod b;\n\nuse crate::c;\n"), &["c"]);
    assert_imports(&format!("{gate}#[path = \"x_tests.rs\"]\nmod tests;\nuse crate::c;\n"), &["c"]);
    assert_imports(&format!("{gate}#[cfg(feature = \"testing\")]\nmod tests;\nuse crate::c;\n"), &["c"]);
    assert_imports(&format!("{gate}use crate::{{\n    a,\n    b,\n}};\nuse crate::c;\n"), &["c"]);
    assert_imports(&format!("use crate::c;\n\n{gate}mod tests {{\n    use crate::a;\n}}\n"), &["c"]);
    assert_imports(&format!("{gate}mod tests {{\n    use crate::a;\n}}\n\nuse crate::c;\n"), &["c"]);
}
