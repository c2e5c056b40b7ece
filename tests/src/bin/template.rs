//! Generates the vendors' parts of the template: `make template`.

use std::{error::Error, fs, path::Path};

use curlew_tests::template::generate;
use shared::domain::vendor::Vendor;

fn main() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
    fs::write(&path, generate(&fs::read_to_string(&path)?, &Vendor::ALL)?)?;
    Ok(())
}
