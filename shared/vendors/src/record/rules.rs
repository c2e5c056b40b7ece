//! What a vendor lets an operator configure.

use std::marker::PhantomData;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use shared::domain::{invalid::Invalid, push::SemanticClass};

use super::{names, read};

/// Checks what an operator configures for a vendor, before anything is stored or sent.
pub trait VendorRules: Send + Sync {
    /// Checks a credential record and brings it into its stored form: known fields only.
    fn credential(&self, record: &Map<String, Value>) -> Result<Value, Invalid>;

    /// Which of the vendor's interfaces a stored record is for; `None` for a vendor that has one.
    fn api(&self, _record: &Value) -> Option<String> {
        None
    }

    /// The names of the options, beside those that all vendors' notifiers have.
    fn option_names(&self) -> &'static [&'static str];

    /// Checks the values of the notifier's default options.
    fn options(&self, options: &Map<String, Value>) -> Result<(), Invalid>;

    /// The names of the record's fields that [`VendorRules::preflight`] reads. None is secret: they are also stored in the clear.
    fn preflight_fields(&self) -> &'static [&'static str];

    /// What stands in the way of pushes of a class, though nothing of it is wrong: a right that was not granted, a channel
    /// that is missing. Reads of the credential's record the [`VendorRules::preflight_fields`]. `Err` if they are no longer
    /// valid, or the options are, and the findings depend on them.
    fn preflight(
        &self,
        facts: &Map<String, Value>,
        options: &Map<String, Value>,
        class: SemanticClass,
    ) -> Result<Vec<Invalid>, Invalid>;
}

/// What a vendor's account configures: [`VendorRules`] follow from it.
pub trait Configured: Sized + Send + Sync + 'static {
    /// a notifier's defaults
    type Options: DeserializeOwned;
    /// what a single message may set, under `em_android_push_ext`; it beats the notifier's defaults
    type MessageOptions: DeserializeOwned;
    /// the fields of the credential that are stored in the clear as well
    type Facts: DeserializeOwned;

    /// begins the names of the message's options
    const PREFIX: &'static str;
    /// whether [`Configured::preflight`] reads the options; if not, invalid options hide nothing of what it finds
    const PREFLIGHT_READS_OPTIONS: bool = true;

    /// Reads a credential record, as uploaded or as stored.
    fn read(record: &Map<String, Value>) -> Result<Self, Invalid>;

    /// Returns an uploaded record in its stored form. Refuses what only an upload is checked for.
    fn stored(&self, record: &Map<String, Value>) -> Result<Value, Invalid>;

    /// Which of the vendor's interfaces a stored record is for; `None` for a vendor that has one.
    fn api(_record: &Value) -> Option<String> {
        None
    }

    /// Checks what no option can check by itself.
    fn check_options(_options: &Self::Options) -> Result<(), Invalid> {
        Ok(())
    }

    /// Checks what no option of a message can check by itself.
    fn check_message_options(_options: &Self::MessageOptions) -> Result<(), Invalid> {
        Ok(())
    }

    /// What stands in the way of pushes of a class.
    fn preflight(facts: &Self::Facts, options: &Self::Options, class: SemanticClass) -> Vec<Invalid>;
}

/// The facts of a vendor whose preflight reads nothing of the credential.
#[derive(Debug, Deserialize)]
pub struct NoFacts {}

/// Returns the rules of a vendor with accounts of this type.
pub(crate) const fn rules_of<T: Configured>() -> &'static dyn VendorRules {
    &Rules::<T>(PhantomData)
}

struct Rules<T>(PhantomData<T>);

impl<T: Configured> VendorRules for Rules<T> {
    fn credential(&self, record: &Map<String, Value>) -> Result<Value, Invalid> {
        T::read(record)?.stored(record)
    }

    fn api(&self, record: &Value) -> Option<String> {
        T::api(record)
    }

    fn option_names(&self) -> &'static [&'static str] {
        names::<T::Options>()
    }

    fn options(&self, options: &Map<String, Value>) -> Result<(), Invalid> {
        T::check_options(&read("options", options)?)
    }

    fn preflight_fields(&self) -> &'static [&'static str] {
        names::<T::Facts>()
    }

    fn preflight(
        &self,
        facts: &Map<String, Value>,
        options: &Map<String, Value>,
        class: SemanticClass,
    ) -> Result<Vec<Invalid>, Invalid> {
        let facts = read("credential", facts)?;
        let none = Map::new();
        let options = read("options", if T::PREFLIGHT_READS_OPTIONS { options } else { &none })?;
        T::check_options(&options)?;
        Ok(T::preflight(&facts, &options, class))
    }
}
