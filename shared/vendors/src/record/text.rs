//! Texts of a form. `Debug` shows none of them: they may be secrets.

use std::{fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

use super::{Form, Rule};
use crate::transport::MASK;

/// A text that must be there. Its default is [`MASK`]: that of a credential of which nothing is known.
pub struct Required<F>(String, PhantomData<F>);

/// A text that may be absent.
pub struct Optional<F>(Option<String>, PhantomData<F>);

/// A text; the usual one of its form where none is given.
pub struct Usual<F>(String, PhantomData<F>);

impl<F> Optional<F> {
    /// The text.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// One of which nothing is known but that it is there.
    pub fn masked() -> Self {
        Self(Some(MASK.to_owned()), PhantomData)
    }
}

impl<F: Form> Optional<F> {
    /// Makes an optional text a required one.
    pub fn required(self) -> Result<Required<F>, String> {
        self.0.map(|text| Required(text, PhantomData)).ok_or_else(|| F::RULE.required())
    }
}

impl<F> Deref for Required<F> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<F> Default for Required<F> {
    fn default() -> Self {
        Self(MASK.to_owned(), PhantomData)
    }
}

impl<F> Default for Optional<F> {
    fn default() -> Self {
        Self(None, PhantomData)
    }
}

impl<F> fmt::Debug for Required<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Required")
    }
}

impl<F> fmt::Debug for Optional<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some" } else { "None" })
    }
}

impl<'de, F: Form> Deserialize<'de> for Required<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Optional::deserialize(deserializer)?.required().map_err(D::Error::custom)
    }
}

impl<'de, F: Form> Deserialize<'de> for Optional<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(Text(F::RULE))?;
        Ok(Self(text.map(str::to_owned), PhantomData))
    }
}

/// Takes a text that breaks no rule. Not generic, so that all forms share its code.
struct Text(Rule);

impl<'de> Visitor<'de> for Text {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        self.0.broken(text).map_or(Ok(Some(text)), |rule| Err(E::custom(rule)))
    }
}

impl<F> Serialize for Required<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<F> Serialize for Optional<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<F> Deref for Usual<F> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<F: Form> Default for Usual<F> {
    fn default() -> Self {
        Self(F::USUAL.to_owned(), PhantomData)
    }
}

impl<F> fmt::Debug for Usual<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Usual")
    }
}

impl<'de, F: Form> Deserialize<'de> for Usual<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Optional::<F>::deserialize(deserializer)?;
        Ok(given.0.map_or_else(Self::default, |text| Self(text, PhantomData)))
    }
}

impl<F> Serialize for Usual<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
