//! Credentials of notifiers: read by the vendor's rules, and encrypted.

use serde_json::{Map, Value};
use shared::{
    crypto::encoding::sha256_hex,
    domain::{
        id::{AppKey, NotifierName},
        invalid::Invalid,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{error::ApiError, fields::Fields},
    ports::{cipher::Purpose, clock::Entropy},
};
use vendors::{
    notifier::{options, preflight},
    receipt_reader, rules,
};

use crate::ManageApp;

/// Maximum bytes that KMS encrypts in one call. Source: AWS KMS API reference, "Encrypt".
pub const MAX_CREDENTIAL_BYTES: usize = 4096;

/// A credential that the vendor's rules accepted.
pub(crate) struct Credential {
    /// the part that sends pushes
    pub(crate) push: Value,
    /// the part that verifies the signatures of reports
    pub(crate) signing: Option<Value>,
    /// name of the vendor's API that the credential is for
    pub(crate) api: Option<String>,
    /// plaintext facts for warnings; nothing secret
    pub(crate) facts: Option<Map<String, Value>>,
    /// identifies the credential without revealing it
    pub(crate) fingerprint: String,
}

pub(crate) fn read_credential(vendor: Vendor, record: &Map<String, Value>) -> Result<Credential, Invalid> {
    let rules = rules(vendor);
    let mut push = rules.credential(record)?;
    let text = push.to_string();
    if text.len() > MAX_CREDENTIAL_BYTES {
        return Err(Invalid::new("credential", format!("must be at most {MAX_CREDENTIAL_BYTES} bytes as JSON")));
    }
    let signing = receipt_reader(vendor).and_then(|reader| (reader.take_signing)(&mut push));
    let (api, facts) = (rules.api(&push), preflight::facts(vendor, &push));
    Ok(Credential { push, signing, api, facts, fingerprint: sha256_hex(text.as_bytes())[..16].to_owned() })
}

/// The field of a request with the expiry of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SaidExpiry {
    /// the field is absent
    Nothing,
    /// `null`: the expiry is unknown
    Unknown,
    /// the time of expiry
    At(Timestamp),
}

impl SaidExpiry {
    pub(crate) fn read(fields: &Fields) -> Result<Self, Invalid> {
        match fields.raw("expires_at") {
            None => Ok(Self::Nothing),
            Some(Value::Null) => Ok(Self::Unknown),
            Some(value) => value.as_i64().and_then(Timestamp::parse_millis).map(Self::At).ok_or_else(|| {
                Invalid::new(
                    "expires_at",
                    "must be a time in Unix milliseconds, from 0 to the end of the year 9999, or null",
                )
            }),
        }
    }

    /// Returns the new expiry; an absent field keeps the previous one.
    pub(crate) fn or(self, before: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Nothing => before,
            Self::Unknown => None,
            Self::At(at) => Some(at),
        }
    }
}

/// Returns the secret part of a report address.
pub(crate) fn receipt_secret(entropy: &dyn Entropy) -> String {
    format!("{:032x}", entropy.bits())
}

pub(crate) fn read_options(
    vendor: Vendor,
    options: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Invalid> {
    let mut options = options.cloned().unwrap_or_default();
    // `null` counts as absent, as in every request.
    options.retain(|_, value| !value.is_null());
    options::check(vendor, &options)?;
    Ok(options)
}

impl ManageApp {
    pub(crate) async fn seal(
        &self,
        app: &AppKey,
        name: &NotifierName,
        purpose: Purpose,
        record: &Value,
    ) -> Result<Vec<u8>, ApiError> {
        Ok(self.cipher.encrypt(app, name, purpose, record.to_string().as_bytes()).await?)
    }

    pub(crate) async fn seal_signing(
        &self,
        app: &AppKey,
        name: &NotifierName,
        credential: &Credential,
    ) -> Result<Option<Vec<u8>>, ApiError> {
        match &credential.signing {
            Some(signing) => self.seal(app, name, Purpose::Receipt, signing).await.map(Some),
            None => Ok(None),
        }
    }
}
