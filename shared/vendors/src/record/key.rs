//! The private key of a service account.

use serde_json::{Map, Value};
use shared::{crypto::jwt::RsaKey, domain::invalid::Invalid};

use super::{Required, Secret, field};

/// A key of a record, under the name of the vendor's own key file or as `private_key_pem`.
pub struct PrivateKey<const MAX: usize> {
    field: &'static str,
    /// the key; whether it is one shows when it is used
    pub pem: Required<Secret<MAX>>,
}

impl<const MAX: usize> PrivateKey<MAX> {
    /// Reads the key of a record, as uploaded or as stored.
    pub fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        let is_there = |name: &str| record.get(name).is_some_and(|value| !value.is_null());
        let name = if is_there("private_key_pem") { "private_key_pem" } else { "private_key" };
        Ok(Self { field: name, pem: field("credential", record, name)? })
    }

    /// Refuses what is no key.
    pub fn check(&self) -> Result<(), Invalid> {
        let rule = "must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form";
        RsaKey::from_pem(&self.pem).map(drop).map_err(|_| Invalid::new(format!("credential.{}", self.field), rule))
    }
}
