//! Revokes notifications. The interface of today has its address from an announcement
//! (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=2367>), and its fields from the official server SDK for the interface
//! before it. So a notifier revokes only with the option `revoke: on`.

use super::{auth, judge, payload, rules::Account};
use crate::prelude::*;

/// Revokes the notification of a call. A request names one package, and nobody knows which of several a token belongs to.
pub(super) async fn revoke(client: &Client, call: &VendorCall<'_>) -> Result<Revoked, Failure> {
    let account: Account = account_of(call.credential)?;
    let tokens: Vec<&str> = call.tokens.iter().filter(|token| payload::fits(token)).map(DeviceToken::expose).collect();
    let [package] = account.package_names.as_slice() else { return Ok(Revoked::NotOffered) };
    if tokens.is_empty() || !revocation::is_on(call.options, false) {
        return Ok(Revoked::NotOffered);
    }
    let notify_id = replace_id::number(&replace_id::of(call.notification, call.options)).to_string();
    let (tokens, now) = (tokens.join(","), client.now());
    let fields =
        [("registration_ids", tokens.as_str()), ("restricted_package_name", package), ("notify_id", &notify_id)];
    let requests = Keyed::new(&client.http, &account.revoke_url(), auth::headers(&account)?)?;
    requests.post(form(&fields).into(), |reply| judge::judge(reply, call.tokens, now).map(drop)).await?;
    Ok(Revoked::Taken)
}
