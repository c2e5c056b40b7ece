//! Honor's simulator as a value.

use serde_json::json;

use super::{Honor, MAX_TOKENS, account, device_token, device_token_of, receipt, scripts};
use crate::simulators::spec::{
    AccessTokens, Badge, Faults, Interface, Limits, Options, Receipts, ReportAddress, Rest, Spec, Unregistered,
};

/// Honor's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Honor,
    title: "Honor",
    phone: "Magic",
    interfaces: &[Interface {
        notifier: account::NOTIFIER,
        account: account::account,
        new_account: account::new,
        with_secret: |account, secret| account.with_secret("client_secret", secret),
        device_token,
        device_token_of,
        options: || Options { notifier: json!({"importance": "LOW"}), message: json!({}) },
        badge: Some(Badge {
            options: || json!({"badge_class": "com.example.im.Main"}),
            request: r#""badge":{"addNum":1,"badgeClass":"com.example.im.Main"}"#,
            off: None,
        }),
    }],
    access_tokens: Some(AccessTokens {
        answered_at: "/access_token",
        sent: |push| push.header("authorization").unwrap_or_default().to_owned(),
        expired: scripts::access_refused,
    }),
    limits: Limits { max_tokens: MAX_TOKENS, max_merged: None },
    delivers_repeats: true,
    faults: Faults {
        unregistered: Unregistered { alone: "expireTokens", among_others: "expireTokens" },
        throttled: || scripts::rate_limited(None),
        rest: Rest::Seconds,
        unavailable: scripts::bad_gateway,
        credential_refused: scripts::secret_changed,
        quota_used_up: None,
        ambiguous_refusal: Some("80300002"),
    },
    receipts: Some(Receipts { address: ReportAddress::Console, unregistered: false, report: receipt::shortest }),
};
