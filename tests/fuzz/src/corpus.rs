//! The stored inputs of each target: `corpus/<target>/`, a file each.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Maximum bytes of a stored input.
pub const LARGEST: u64 = 8 * 1024;

/// Returns the folder of a target's inputs.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Returns a target's inputs with their names, in the order of the names.
pub fn read(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        inputs.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    inputs.sort();
    Ok(inputs)
}
