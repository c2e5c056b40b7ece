//! Credentials that a vendor knows.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A credential as a test registers it. Each vendor defines the fields of the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// The vendor.
    pub vendor: String,
    /// What the vendor knows about the account.
    pub record: Value,
    /// Seconds an access token of this credential lives; the vendor's usual time when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_lifetime_seconds: Option<u64>,
}

/// A registered credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    /// The vendor.
    pub vendor: String,
    /// The identifier, which the vendor reads from the record.
    pub id: String,
    /// What the vendor knows about the account.
    pub record: Value,
    /// Seconds an access token lives.
    pub token_lifetime_seconds: u64,
}

/// All registered credentials. An identifier has one record.
#[derive(Debug, Default)]
pub struct Credentials(Vec<Credential>);

impl Credentials {
    /// Registers a credential. It replaces one with the same identifier.
    pub fn put(&mut self, credential: Credential) {
        self.remove(&credential.vendor, &credential.id);
        self.0.push(credential);
    }

    /// Removes a credential, as when its owner deletes it in the vendor's console.
    pub fn remove(&mut self, vendor: &str, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known.vendor != vendor || known.id != id);
        self.0.len() < before
    }

    /// Removes all credentials.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the first record of a vendor that `accept` accepts.
    pub fn find<T: DeserializeOwned>(&self, vendor: &str, accept: impl Fn(&T) -> bool) -> Option<(&Credential, T)> {
        let of_vendor = self.0.iter().filter(|known| known.vendor == vendor);
        of_vendor
            .filter_map(|known| Some((known, T::deserialize(&known.record).ok()?)))
            .find(|(_, record)| accept(record))
    }
}
