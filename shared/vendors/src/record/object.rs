//! Reads a JSON object into a struct whose fields carry their rules.
//!
//! serde's own deserializer for JSON hands out the fields that are there. This one hands out every field of the struct in
//! the order of its declaration, the absent ones as absent: so a field that is required says its own rule.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};
use shared::domain::invalid::Invalid;

use super::Refusal;

/// Reads the object that stands at this place of a request, for example `options`.
pub fn read<'de, T: Deserialize<'de>>(place: &str, object: &'de Map<String, Value>) -> Result<T, Invalid> {
    read_prefixed(place, "", object)
}

/// Reads an object whose names have this prefix before those of the struct's fields.
pub(super) fn read_prefixed<'de, T: Deserialize<'de>>(
    place: &str,
    prefix: &'de str,
    object: &'de Map<String, Value>,
) -> Result<T, Invalid> {
    T::deserialize(Object { object, prefix }).map_err(|refusal| refusal.at(place))
}

/// Reads one field of such an object.
pub fn field<'de, T: Deserialize<'de>>(place: &str, object: &'de Map<String, Value>, name: &str) -> Result<T, Invalid> {
    let value = object.get(name).filter(|value| !value.is_null());
    T::deserialize(Field(value)).map_err(|refusal| refusal.under(name).at(place))
}

/// Returns the names of a struct's fields.
pub fn names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &[&str] = &[];
    // The struct is not built: `Names` refuses once it has seen the names.
    drop(T::deserialize(Names(&mut names)));
    names
}

/// Returns the record of a struct: its fields that have a value. An object without any has none.
pub fn stored(record: &impl Serialize) -> Value {
    let mut record = serde_json::to_value(record).unwrap_or_default();
    drop_nulls(&mut record);
    record
}

/// Returns the record of two structs that were read from the same one.
pub fn stored_both(one: &impl Serialize, other: &impl Serialize) -> Value {
    let (mut record, mut more) = (stored(one), stored(other));
    if let (Value::Object(record), Value::Object(more)) = (&mut record, &mut more) {
        record.append(more);
    }
    record
}

fn drop_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.values_mut().for_each(drop_nulls);
        fields.retain(|_, value| !value.is_null() && value.as_object().is_none_or(|fields| !fields.is_empty()));
    }
}

// ----- an object -----

struct Object<'de> {
    object: &'de Map<String, Value>,
    /// stands before each name
    prefix: &'de str,
}

impl<'de> Deserializer<'de> for Object<'de> {
    type Error = Refusal;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let Self { object, prefix } = self;
        let value =
            |name: &str| if prefix.is_empty() { object.get(name) } else { object.get(&format!("{prefix}{name}")) };
        let fields = names.iter().map(|name| (*name, value(name)));
        visitor.visit_map(Fields { fields, prefix, next: None })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let fields = self.object.iter().map(|(name, value)| (name.as_str(), Some(value)));
        visitor.visit_map(Fields { fields, prefix: "", next: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Fields by name, with a value where they are there.
struct Fields<'de, I> {
    fields: I,
    prefix: &'de str,
    next: Option<(&'de str, Option<&'de Value>)>,
}

impl<'de, I: Iterator<Item = (&'de str, Option<&'de Value>)>> MapAccess<'de> for Fields<'de, I> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        self.next = self.fields.next();
        self.next.map(|(name, _)| seed.deserialize(StrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        let (name, value) = self.next.take().unwrap_or_default();
        let value = seed.deserialize(Field(value.filter(|value| !value.is_null())));
        value.map_err(|refusal| refusal.under(&format!("{}{name}", self.prefix)))
    }
}

// ----- a field -----

/// The value of a field; `None` where it is absent.
struct Field<'de>(Option<&'de Value>);

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = Refusal;

    /// For texts; `visit_none` where there is none.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            None => visitor.visit_none(),
            Some(Value::String(text)) if text.is_empty() => visitor.visit_none(),
            Some(Value::String(text)) => visitor.visit_borrowed_str(text),
            Some(_) => Err(Refusal::new("must be a string")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            None => visitor.visit_none(),
            Some(Value::Bool(flag)) => visitor.visit_bool(*flag),
            Some(_) => Err(Refusal::new("must be true or false")),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            None => visitor.visit_none(),
            Some(value) => match value.as_i64() {
                Some(number) => visitor.visit_i64(number),
                None => Err(unexpected(&visitor)),
            },
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            None => visitor.visit_none(),
            Some(Value::Array(values)) => visitor.visit_seq(Elements(values.iter())),
            Some(_) => Err(unexpected(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.object()?.deserialize_struct(name, names, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.object()?.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            None => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        Err(unexpected(&visitor))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf unit unit_struct newtype_struct tuple
        tuple_struct enum identifier ignored_any
    }
}

impl<'de> Field<'de> {
    fn object(self) -> Result<Object<'de>, Refusal> {
        match self.0 {
            Some(Value::Object(fields)) => Ok(Object { object: fields, prefix: "" }),
            Some(_) => Err(Refusal::new("must be an object")),
            None => Err(Refusal::new("is required: an object")),
        }
    }
}

/// A value of another type than the visitor's words ask for.
fn unexpected<'de>(visitor: &impl Visitor<'de>) -> Refusal {
    serde::de::Error::invalid_type(serde::de::Unexpected::Unit, visitor)
}

struct Elements<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        self.0.next().map(|value| seed.deserialize(Field(Some(value)))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

// ----- the names of a struct's fields -----

struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Refusal;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        *self.0 = names;
        Err(unexpected(&visitor))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        Err(unexpected(&visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
