//! Checks the bearer: a JSON web token that the caller signed.
//!
//! Source: <https://developer.huawei.com/consumer/cn/doc/harmonyos-guides/push-jwt-token>.

use serde_json::Value;

use super::HarmonyCredential;
use crate::simulators::engine::jwt::{Jwt, PublicKey};
use crate::simulators::engine::{Request, Scene};

const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
const LONGEST_SECONDS: i64 = 86_400;
/// How far a caller's clock may be ahead. Huawei only says that it must be right.
const SKEW_SECONDS: i64 = 300;

/// The code and the reason.
pub type Refusal = (&'static str, &'static str);

/// Returns the account that calls. All faults of a bearer have one code, except its times.
pub fn account(request: &Request, project: &str, scene: &Scene<'_>) -> Result<HarmonyCredential, Refusal> {
    let account = signer(request, scene)?;
    if account.project_id != project {
        return Err(("80200001", "the key belongs to another project"));
    }
    Ok(account)
}

/// Returns the account whose key signed the bearer, whatever project the path names.
pub fn signer(request: &Request, scene: &Scene<'_>) -> Result<HarmonyCredential, Refusal> {
    let refused = |why| ("80200001", why);
    let bearer = request.bearer().ok_or(refused("no bearer"))?;
    let jwt = Jwt::parse(bearer).ok_or(refused("the bearer is no JWT"))?;
    if jwt.header["alg"] != "PS256" || jwt.header["typ"] != "JWT" {
        return Err(refused("alg must be PS256 and typ JWT"));
    }
    let (_, account) = scene
        .credential(|known: &HarmonyCredential| jwt.header["kid"] == known.key_id)
        .ok_or(refused("the key is unknown"))?;
    if !PublicKey::from_base64(&account.public_key).is_some_and(|key| jwt.is_ps256_of(&key)) {
        return Err(refused("the signature is wrong"));
    }
    if jwt.claims["iss"] != account.sub_account || jwt.claims["aud"] != AUDIENCE {
        return Err(refused("iss or aud is wrong"));
    }
    check_times(&jwt.claims, i64::try_from(scene.now_ms() / 1000).unwrap_or(i64::MAX))?;
    Ok(account)
}

fn check_times(claims: &Value, now: i64) -> Result<(), Refusal> {
    let (Some(issued), Some(expires)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else {
        return Err(("80200001", "iat or exp is missing"));
    };
    if expires - issued > LONGEST_SECONDS {
        return Err(("80300036", "the bearer lives for more than a day"));
    }
    if issued > now + SKEW_SECONDS {
        return Err(("80200001", "the bearer is of the future"));
    }
    if expires <= now { Err(("80200005", "the bearer is expired")) } else { Ok(()) }
}
