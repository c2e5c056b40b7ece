//! The names of a vendor's codes, for metrics.
//!
//! A vendor could answer with a new code each time. A metric therefore names a code only if a table lists it.

use super::{Classifier, Row};

/// The HTTP statuses that answers without a code usually have; 200 is one of nonsense. [`Classifier::by_status`] names them.
const USUAL_STATUSES: [u16; 13] = [200, 400, 401, 403, 404, 405, 408, 413, 429, 500, 502, 503, 504];

/// A table that names codes.
pub trait CodeNames: Sync {
    /// Returns the names, as outcomes and errors have them.
    fn names(&self) -> Vec<String>;
}

/// Words for what an answer says without a code.
#[derive(Debug)]
pub struct Words(pub &'static [&'static str]);

/// A code that a name is made of.
pub trait CodeName {
    /// Returns the name.
    fn name(&self) -> String;
}

impl CodeNames for Words {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|word| (*word).to_owned()).collect()
    }
}

impl<K: CodeName + Sync> CodeNames for Classifier<K> {
    fn names(&self) -> Vec<String> {
        let statuses = self.statuses.iter().map(|row| row.key).chain(USUAL_STATUSES);
        let codes = self.codes.iter().map(|Row { key, .. }| key.name());
        codes
            .chain(statuses.map(|status| format!("HTTP {status}")))
            .map(|name| format!("{}{name}", self.prefix))
            .collect()
    }
}

impl CodeName for &str {
    fn name(&self) -> String {
        (*self).to_owned()
    }
}

impl CodeName for i64 {
    fn name(&self) -> String {
        self.to_string()
    }
}

/// A code and its part, as Huawei's token endpoint has them.
impl CodeName for (i64, i64) {
    fn name(&self) -> String {
        format!("{}/{}", self.0, self.1)
    }
}
