//! What an operator configures for HarmonyOS: the service account of a project.
//!
//! The record is the key file that Huawei's API Console lets one download, with `"api": "v3"` added:
//! <https://developer.huawei.com/consumer/cn/doc/harmonyos-guides/push-jwt-token>.

use shared::crypto::jwt::without_armour;

use crate::{
    huawei::rules::{PushHosts, Receipt},
    prelude::*,
};

/// A key of 4096 bits takes four fifths of it. What is stored must fit into one call of KMS.
const MAX_KEY_BYTES: usize = 4096;

/// A project's service account. Its default is one of which nothing is known.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(in crate::huawei) struct HarmonyProject {
    #[serde(skip_deserializing)]
    api: &'static str,
    project_id: Required<Digits>,
    /// of the app; revoking needs it
    client_id: Optional<Digits>,
    pub(super) key_id: Required<Name>,
    pub(super) sub_account: Required<Name>,
    #[serde(skip_deserializing)]
    pub(super) private_key: Required<Secret<MAX_KEY_BYTES>>,
    receipt: Option<Receipt>,
    pub(in crate::huawei) im_category_granted: Flag<false>,
    push_base_url: Address<PushHosts>,
}

impl HarmonyProject {
    /// One of which nothing is known but that Huawei granted it the right to classify messages.
    pub(in crate::huawei) fn unknown() -> Self {
        Self { im_category_granted: Flag::new(true), ..Self::default() }
    }

    /// Reads a record, as uploaded or as stored. Whether the key is a key shows when it is used.
    pub(in crate::huawei) fn read(record: &Map<String, Value>) -> Result<Self, Invalid> {
        let project = read("credential", record)?;
        Ok(Self { api: "v3", private_key: PrivateKey::read(record)?.pem, ..project })
    }

    /// Returns a record as it is stored, unless its key is none. The key's armour is left out, to keep it small.
    pub(in crate::huawei) fn checked(&self, record: &Map<String, Value>) -> Result<Value, Invalid> {
        PrivateKey::<MAX_KEY_BYTES>::read(record)?.check()?;
        let mut stored = stored(self);
        stored["private_key"] = without_armour(&self.private_key).into();
        Ok(stored)
    }

    /// Where messages of the project go.
    pub(in crate::huawei) fn send_url(&self) -> String {
        format!("{}/v3/{}/messages:send", &*self.push_base_url, &*self.project_id)
    }

    /// Where notifications of the app are revoked. That address is of v1, and names the client, not the project.
    pub(in crate::huawei) fn revoke_url(&self) -> Option<String> {
        Some(format!("{}/v1/{}/messages:revoke", &*self.push_base_url, self.client_id.get()?))
    }

    pub(super) fn receipt_id(&self) -> Option<&str> {
        Receipt::id(self.receipt.as_ref())
    }
}

forms! {
    /// An id of Huawei's API Console.
    Name = Rule::Bytes {
        max: 64,
        allows: |byte| byte.is_ascii_graphic(),
        words: "1 to 64 visible ASCII characters",
    };
}
