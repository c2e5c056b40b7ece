//! FCM's simulator as a value.

use serde_json::json;

use super::{Fcm, account, device_token, device_token_of, scripts};
use crate::simulators::spec::{AccessTokens, Faults, Interface, Limits, Options, Rest, Spec, Unregistered};

/// FCM's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Fcm,
    title: "FCM",
    phone: "Pixel",
    interfaces: &[Interface {
        notifier: account::NOTIFIER,
        account: account::account,
        new_account: account::new,
        with_secret: account::with_secret,
        device_token,
        device_token_of,
        options: || Options {
            notifier: json!({"channel_id": "chat"}),
            message: json!({"em_android_push_ext": {"fcm_channel_id": "loud"}}),
        },
        badge: None,
    }],
    access_tokens: Some(AccessTokens {
        answered_at: "/access_token",
        sent: |push| push.header("authorization").unwrap_or_default().to_owned(),
        expired: scripts::unauthenticated,
    }),
    limits: Limits { max_tokens: 1, max_merged: None },
    delivers_repeats: true,
    faults: Faults {
        unregistered: Unregistered { alone: "UNREGISTERED", among_others: "UNREGISTERED" },
        throttled: || scripts::rate_limited(None),
        rest: Rest::Minute,
        unavailable: scripts::internal,
        credential_refused: scripts::key_revoked,
        quota_used_up: None,
        ambiguous_refusal: Some("THIRD_PARTY_AUTH_ERROR"),
    },
    receipts: None,
};
