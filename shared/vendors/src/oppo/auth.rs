//! From the master secret to an access token: a signed request, good for a day
//! (<https://open.oppomobile.com/documentation/page/info?id=11235>).

use shared::crypto::encoding::sha256_hex;

use super::{judge, rules::Account, wire::TokenResponse};
use crate::prelude::*;

/// How long a token lives from the time that OPPO says it made it.
const LIFE: Duration = Duration::from_secs(86_400);
/// A token is worth using for so long, whatever its time says: the two clocks may differ by as much.
const MIN_LIFE: Duration = Duration::from_secs(600);

#[async_trait]
impl Issuer for Issuing<'_, Account> {
    fn secret(&self) -> &[u8] {
        self.account.master_secret.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let now = self.client.now();
        let sign = sign(self.account, now);
        let reply = oauth::post(&self.client.http, &self.account.auth_url(), body(self.account, now, &sign)).await?;
        issued(&reply, now).ok_or_else(|| failed(&reply, &[&*self.account.master_secret, &sign]))
    }
}

/// The hash of key, time and secret, one after the other.
pub(super) fn sign(account: &Account, now: Timestamp) -> String {
    let text = format!("{}{}{}", &*account.app_key, now.as_millis(), &*account.master_secret);
    sha256_hex(text.as_bytes())
}

pub(super) fn body(account: &Account, now: Timestamp, sign: &str) -> String {
    form(&[("app_key", &*account.app_key), ("timestamp", &now.as_millis().to_string()), ("sign", sign)])
}

/// The token of a good answer.
pub(super) fn issued(reply: &Reply, now: Timestamp) -> Option<Issued> {
    let answer: TokenResponse = serde_json::from_slice(&reply.body).ok()?;
    if reply.status != 200 || number(&answer.code) != Some(0) {
        return None;
    }
    let age = number(&answer.data.create_time).map_or(Duration::ZERO, |at| now.since(Timestamp::from_millis(at)));
    Some(Issued { token: AccessToken::parse(&answer.data.auth_token)?, lives: LIFE.saturating_sub(age).max(MIN_LIFE) })
}

/// Why there is no token. OPPO refuses with status 200, so its answer is shown when its code says that it holds no token.
fn failed(reply: &Reply, secrets: &[&str]) -> Failure {
    let error = judge::of_token_request(reply);
    match judge::code(reply) {
        Some(0) | None => oauth::failed(error, reply, secrets),
        Some(_) => Failure { error, answer: VendorAnswer::new(reply.body.clone(), secrets) },
    }
}
