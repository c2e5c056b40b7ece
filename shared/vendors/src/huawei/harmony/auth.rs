//! From a service account's key to a bearer that Huawei takes without an exchange
//! (<https://developer.huawei.com/consumer/cn/doc/harmonyos-guides/push-jwt-token>).

use shared::crypto::jwt::RsaKey;

use super::{
    rules::HarmonyProject,
    wire::{BearerClaims, BearerHeader},
};
use crate::prelude::*;

/// Huawei's own address even where requests go elsewhere.
const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
/// Huawei takes up to a day.
const LIFE: Duration = Duration::from_secs(3600);
const REPLACED_AFTER: Duration = Duration::from_secs(50 * 60);

#[async_trait]
impl Issuer for Issuing<'_, HarmonyProject> {
    fn secret(&self) -> &[u8] {
        self.account.private_key.as_bytes()
    }

    fn replace_after(&self) -> Option<Duration> {
        Some(REPLACED_AFTER)
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let bearer = bearer(self.account, self.client.now()).and_then(|bearer| AccessToken::parse(&bearer));
        let token = bearer.ok_or_else(|| CallError::Credential { code: "private key".to_owned() })?;
        Ok(Issued { token, lives: LIFE })
    }
}

/// The signed bearer.
pub(super) fn bearer(project: &HarmonyProject, now: Timestamp) -> Option<String> {
    let header = BearerHeader { kid: &project.key_id, typ: "JWT", alg: "PS256" };
    let later = now.plus(LIFE);
    let claims =
        BearerClaims { aud: AUDIENCE, iss: &project.sub_account, iat: now.as_seconds(), exp: later.as_seconds() };
    RsaKey::from_pem(&project.private_key).ok()?.ps256(&header, &claims)
}
