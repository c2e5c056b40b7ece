//! Values that are no texts, and addresses.

use std::{fmt, marker::PhantomData, ops::Deref};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

use super::{Form, Optional, Required};

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Number<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Number<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Number<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Range(MIN, MAX)).map(Self)
    }
}

struct Range(i64, i64);

impl Visitor<'_> for Range {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from {} to {}", self.0, self.1)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        if (self.0..=self.1).contains(&number) {
            return Ok(number);
        }
        Err(E::invalid_value(Unexpected::Signed(number), &self))
    }
}

/// Yes or no; `DEFAULT` where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flag<const DEFAULT: bool>(bool);

impl<const DEFAULT: bool> Flag<DEFAULT> {
    /// A flag of this value.
    pub const fn new(flag: bool) -> Self {
        Self(flag)
    }

    /// Whether it is set.
    pub const fn get(self) -> bool {
        self.0
    }
}

impl<const DEFAULT: bool> Default for Flag<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<'de, const DEFAULT: bool> Deserialize<'de> for Flag<DEFAULT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<bool>::deserialize(deserializer)?.unwrap_or(DEFAULT)))
    }
}

/// An address of the vendor; the usual one where none is configured.
pub struct Address<H>(String, PhantomData<H>);

impl<H> Deref for Address<H> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<H> fmt::Debug for Address<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<H: Form> Default for Address<H> {
    fn default() -> Self {
        Self(H::USUAL.to_owned(), PhantomData)
    }
}

/// The address without a slash at its end, so that a path can follow.
impl<'de, H: Form> Deserialize<'de> for Address<H> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Optional::<H>::deserialize(deserializer)?;
        let text = given.get().unwrap_or(H::USUAL).trim_end_matches('/');
        Ok(Self(text.to_owned(), PhantomData))
    }
}

impl<H> Serialize for Address<H> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// At most `MAX` texts of a form; absent counts as empty.
pub struct List<F, const MAX: usize>(Vec<Required<F>>);

impl<F, const MAX: usize> Deref for List<F, MAX> {
    type Target = [Required<F>];

    fn deref(&self) -> &[Required<F>] {
        &self.0
    }
}

impl<F, const MAX: usize> fmt::Debug for List<F, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl<F, const MAX: usize> Default for List<F, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F, const MAX: usize> Serialize for List<F, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, F: Form, const MAX: usize> Deserialize<'de> for List<F, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Texts::<F, MAX>(PhantomData)).map(Self)
    }
}

struct Texts<F, const MAX: usize>(PhantomData<F>);

impl<'de, F: Form, const MAX: usize> Visitor<'de> for Texts<F, MAX> {
    type Value = Vec<Required<F>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}, each {}", F::RULE.words())
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let wrong = |rule: &Self| A::Error::invalid_value(Unexpected::Seq, rule);
        let mut texts = Vec::new();
        while let Some(text) = values.next_element().map_err(|_| wrong(&self))? {
            if texts.len() == MAX {
                return Err(wrong(&self));
            }
            texts.push(text);
        }
        Ok(texts)
    }
}
