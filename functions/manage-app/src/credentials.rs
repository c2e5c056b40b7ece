//! What a notifier pushes with: read in its vendor's form, and sealed.

use serde_json::{Map, Value};
use shared::{
    crypto::encoding::sha256_hex,
    domain::{
        id::{AppKey, NotifierName},
        invalid::Invalid,
        push::SemanticClass,
        vendor::Vendor,
    },
    lambda::error::ApiError,
    ports::{cipher::Purpose, clock::Entropy, vendor::Warning},
    vendors,
};

use crate::ManageApp;

/// The most that KMS encrypts at once. Source: AWS KMS API reference, "Encrypt".
pub const MAX_CREDENTIAL_BYTES: usize = 4096;

/// A credential record in its vendor's form.
pub(crate) struct Credential {
    /// what to push with
    pub(crate) push: Value,
    /// what reports are signed with
    pub(crate) signing: Option<Value>,
    /// which of the vendor's interfaces it is for
    pub(crate) api: Option<String>,
    /// tells credentials apart without showing them
    pub(crate) fingerprint: String,
}

pub(crate) fn read_credential(vendor: Vendor, record: &Map<String, Value>) -> Result<Credential, Invalid> {
    let rules = vendors::rules(vendor);
    let mut push = rules.credential(record)?;
    let text = push.to_string();
    if text.len() > MAX_CREDENTIAL_BYTES {
        return Err(Invalid::new("credential", format!("must be at most {MAX_CREDENTIAL_BYTES} bytes as JSON")));
    }
    let signing = vendors::receipts(vendor).and_then(|reader| reader.take_signing(&mut push));
    let api = rules.api(&push);
    Ok(Credential { push, signing, api, fingerprint: sha256_hex(text.as_bytes())[..16].to_owned() })
}

/// What keeps the vendor from showing pushes as they are meant.
pub(crate) fn warnings(
    vendor: Vendor,
    credential: &Value,
    options: &Map<String, Value>,
) -> Result<Vec<Warning>, Invalid> {
    let credential = credential.as_object().cloned().unwrap_or_default();
    vendors::preflight::preflight(vendor, &credential, options, &SemanticClass::ALL)
}

/// The unguessable part of a report address.
pub(crate) fn receipt_secret(entropy: &dyn Entropy) -> String {
    format!("{:032x}", entropy.bits())
}

pub(crate) fn read_options(
    vendor: Vendor,
    options: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Invalid> {
    let mut options = options.cloned().unwrap_or_default();
    // As everywhere, `null` counts as missing.
    options.retain(|_, value| !value.is_null());
    vendors::rules(vendor).options(&options)?;
    vendors::rate::tokens_per_second(&options)?;
    vendors::replace_id::check(&options)?;
    vendors::receipt_url::check(&options)?;
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
