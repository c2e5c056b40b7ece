//! What the rules for every vendor's records and options must pass.

use serde_json::{Value, json};

use super::{TestedVendor, object};
use crate::rules;

impl TestedVendor {
    /// The record with this value of a field.
    pub fn record_with(&self, field: &str, value: Value) -> Value {
        let mut record = (self.record)();
        record[field] = value;
        record
    }

    /// What is stored of a record, or why the rules refuse it.
    pub fn stored(&self, record: Value) -> Result<Value, String> {
        rules(self.vendor).credential(&object(record)).map_err(|invalid| invalid.to_string())
    }

    /// Why the rules refuse the record with this value of a field.
    pub fn refusal(&self, field: &str, value: Value) -> String {
        self.stored(self.record_with(field, value)).unwrap_err()
    }

    /// Whether the rules take these options, or why not.
    pub fn options(&self, options: Value) -> Result<(), String> {
        rules(self.vendor).options(&object(options)).map_err(|invalid| invalid.to_string())
    }

    /// The rules store exactly `expected` of this record, and can read it again.
    pub fn assert_stores(&self, record: Value, expected: Value) {
        assert_eq!(self.stored(record).as_ref(), Ok(&expected));
        assert_eq!(self.stored(expected.clone()), Ok(expected), "what is stored can be read again");
    }

    /// A refusal names each of these fields where it is missing, empty or one of the wrong values.
    pub fn assert_needs(&self, fields: &[&str], wrong: &[Value]) {
        for field in fields {
            for value in [Value::Null, json!("")].iter().chain(wrong) {
                let refusal = self.refusal(field, value.clone());
                assert!(refusal.starts_with(&format!("credential.{field} ")), "{refusal}");
            }
        }
    }

    /// A refusal names each of these fields and does not repeat its value, which says `hush`.
    pub fn assert_refuses<'a>(&self, fields: impl IntoIterator<Item = (&'a str, Value)>) {
        for (field, value) in fields {
            let refusal = self.refusal(field, value);
            assert!(refusal.starts_with(&format!("credential.{field} ")) && !refusal.contains("hush"), "{refusal}");
        }
    }

    /// A refusal names each of these options, and begins with its rule.
    pub fn assert_refuses_options<'a>(&self, options: impl IntoIterator<Item = (&'a str, Value, &'a str)>) {
        for (field, value, rule) in options {
            let refusal = self.options(json!({field: value})).unwrap_err();
            assert!(refusal.starts_with(&format!("options.{field} {rule}")), "{refusal}");
        }
    }
}
