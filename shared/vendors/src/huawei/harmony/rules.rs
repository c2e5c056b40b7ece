//! What an operator configures for HarmonyOS: the service account of a project.
//!
//! The record is the key file that Huawei's API Console lets one download, with `"api": "v3"` added:
//! <https://developer.huawei.com/consumer/cn/doc/harmonyos-guides/push-jwt-token>.

use std::fmt;

use serde_json::{Value, json};
use shared::{
    crypto::jwt::{RsaKey, without_armour},
    domain::invalid::Invalid,
};

use crate::{
    huawei::rules::{PUSH_BASE_URL, PUSH_HOSTS, Receipt},
    record::{Fields, Shape, record},
    transport::MASK,
};

/// A key of 4096 bits takes four fifths of it. What is stored must fit into one call of KMS.
const MAX_KEY_BYTES: usize = 4096;
const NAME: Shape = Shape { most: 64, allows: u8::is_ascii_graphic, words: "1 to 64 visible ASCII characters" };

/// A project's service account.
#[derive(Clone, Copy)]
pub(in crate::huawei) struct HarmonyProject<'a> {
    project_id: &'a str,
    pub(super) key_id: &'a str,
    pub(super) sub_account: &'a str,
    pub(super) private_key: &'a str,
    key_field: &'static str,
    receipt: Option<Receipt<'a>>,
    /// whether Huawei granted the right to classify messages
    pub(in crate::huawei) im_category_granted: bool,
    push_base_url: &'a str,
}

impl<'a> HarmonyProject<'a> {
    /// One of which nothing is known.
    pub(in crate::huawei) fn unknown() -> Self {
        Self {
            project_id: MASK,
            key_id: MASK,
            sub_account: MASK,
            private_key: MASK,
            key_field: "private_key",
            receipt: None,
            im_category_granted: true,
            push_base_url: PUSH_BASE_URL,
        }
    }

    /// Reads a record, as uploaded or as stored. Whether the key is a key shows when it is used.
    pub(in crate::huawei) fn read(fields: &Fields<'a>) -> Result<Self, Invalid> {
        let key_field = if fields.has("private_key_pem") { "private_key_pem" } else { "private_key" };
        Ok(Self {
            project_id: fields.required("project_id", Shape::DIGITS)?,
            key_id: fields.required("key_id", NAME)?,
            sub_account: fields.required("sub_account", NAME)?,
            private_key: fields.secret(key_field, MAX_KEY_BYTES)?,
            key_field,
            receipt: fields.object("receipt")?.map(Receipt::read).transpose()?,
            im_category_granted: fields.flag("im_category_granted")?.unwrap_or(false),
            push_base_url: fields.address("push_base_url", PUSH_HOSTS)?.unwrap_or(PUSH_BASE_URL).trim_end_matches('/'),
        })
    }

    /// Where messages of the project go.
    pub(in crate::huawei) fn send_url(&self) -> String {
        format!("{}/v3/{}/messages:send", self.push_base_url, self.project_id)
    }

    pub(super) fn receipt_id(&self) -> Option<&'a str> {
        self.receipt.and_then(|receipt| receipt.receipt_id)
    }

    /// The record as it is stored, unless its key is none. The key's armour is left out, to keep it small.
    pub(in crate::huawei) fn checked_record(&self) -> Result<Value, Invalid> {
        RsaKey::from_pem(self.private_key).map_err(|_| {
            let field = format!("credential.{}", self.key_field);
            Invalid::new(field, "must be an RSA key of 2048 to 4096 bits, PKCS#8 in PEM form")
        })?;
        Ok(record([
            ("api", Some("v3".into())),
            ("project_id", Some(self.project_id.into())),
            ("key_id", Some(self.key_id.into())),
            ("sub_account", Some(self.sub_account.into())),
            ("private_key", Some(without_armour(self.private_key).into())),
            ("receipt", self.receipt.map(|receipt| receipt.record())),
            ("im_category_granted", Some(json!(self.im_category_granted))),
            ("push_base_url", Some(self.push_base_url.into())),
        ]))
    }
}

impl fmt::Debug for HarmonyProject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HarmonyProject").field("project_id", &self.project_id).finish_non_exhaustive()
    }
}
