//! Answers that name those of a request's tokens that failed.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

use shared::domain::{binding::DeviceToken, outcome::Outcome};

/// Returns the outcomes of the tokens: those of the failed ones that the answer names, `other` for the rest.
///
/// An answer that names tokens of somebody else, or that cannot be read (`None`), is believed in nothing. Its tokens are
/// refused with the code `unclear`, because those that were accepted must not be told twice.
pub fn of_named<T: Borrow<DeviceToken>, K: Borrow<str> + Eq + Hash>(
    tokens: &[T],
    failed: Option<HashMap<K, Outcome>>,
    other: &Outcome,
    unclear: &str,
) -> Vec<Outcome> {
    let tokens = || tokens.iter().map(|token| Borrow::<DeviceToken>::borrow(token).expose());
    let known =
        |failed: &HashMap<K, Outcome>| tokens().filter(|token| failed.contains_key(*token)).count() == failed.len();
    match failed.filter(known) {
        Some(failed) if failed.is_empty() => vec![other.clone(); tokens().count()],
        Some(failed) => tokens().map(|token| failed.get(token).unwrap_or(other).clone()).collect(),
        None => tokens().map(|_| Outcome::Refused { code: unclear.to_owned() }).collect(),
    }
}
