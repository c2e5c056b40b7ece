//! Revokes notifications, with the app's help: FCM has no call for it. The app gets a data message without a notification, in the
//! background too, and cancels the notification with the tag in `revoke`
//! (<https://firebase.google.com/docs/cloud-messaging/concept-options#data_messages>).
//!
//! The message has normal priority, because FCM lowers the priority of apps whose urgent messages show nothing. So a sleeping phone
//! gets it when it wakes. The option `revoke: off` is for apps that do not know the field.

use super::{
    judge, payload,
    rules::Account,
    wire::{DataMessage, SilentAndroid},
};
use crate::prelude::*;

/// The field with the tag.
const REVOKE: &str = "revoke";

/// Revokes the notification of a call, with a request for each token.
pub(super) async fn revoke(client: &Client, call: &VendorCall<'_>) -> Result<Revoked, Failure> {
    if !revocation::is_on(call.options, true) {
        return Ok(Revoked::NotOffered);
    }
    let account: Account = account_of(call.credential)?;
    let payload = Payload::new(&payload::FRAME, &message(call, &account))?;
    let issuing = Issuing { client, account: &account };
    let requests = client.authorized(call, &issuing, &account.send_url()).await?;
    let sent: Vec<_> = stream::iter(0..call.tokens.len())
        .map(|at| requests.post(payload.to(&call.tokens[at..=at]), judge::judge))
        .buffered(super::MAX_TOKENS)
        .collect()
        .await;
    // What an answer says of a token is left to pushes.
    sent.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Revoked::Taken)
}

fn message<'a>(call: &VendorCall<'a>, account: &'a Account) -> DataMessage<'a> {
    let shown = call.notification;
    let message_id = shown.custom.get("m").and_then(Value::as_str).map(|id| ("m", id.into()));
    DataMessage {
        data: [(REVOKE, replace_id::of(shown, call.options))].into_iter().chain(message_id).collect(),
        android: SilentAndroid {
            priority: "NORMAL",
            ttl: payload::ttl(call),
            restricted_package_name: account.android_package.get(),
        },
    }
}
