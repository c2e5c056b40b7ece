//! Answers that name those of a request's tokens that failed.

use std::collections::HashMap;

use shared::domain::{binding::DeviceToken, outcome::Outcome};

/// Returns the outcomes of the tokens: those of the failed ones that the answer names, `other` for the rest.
///
/// An answer that names tokens of somebody else, or that cannot be read (`None`), is believed in nothing. Its tokens are
/// refused with the code `unclear`, because those that were accepted must not be told twice.
pub fn of_named(
    tokens: &[DeviceToken],
    failed: Option<HashMap<&str, Outcome>>,
    other: &Outcome,
    unclear: &str,
) -> Vec<Outcome> {
    let known = |failed: &HashMap<&str, Outcome>| {
        tokens.iter().filter(|token| failed.contains_key(token.expose())).count() == failed.len()
    };
    match failed.filter(known) {
        Some(failed) => tokens.iter().map(|token| failed.get(token.expose()).unwrap_or(other).clone()).collect(),
        None => vec![Outcome::Refused { code: unclear.to_owned() }; tokens.len()],
    }
}
