//! OPPO's simulator as a value.

use serde_json::json;

use super::{Oppo, account, check, device_token, device_token_of, receipt, scripts};
use crate::simulators::engine::Recorded;
use crate::simulators::spec::{
    AccessTokens, Badge, Faults, Interface, Limits, Options, Receipts, ReportAddress, Rest, Spec, Unregistered,
};

/// OPPO's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Oppo,
    title: "OPPO",
    phone: "Reno",
    interfaces: &[Interface {
        notifier: account::NOTIFIER,
        account: account::account,
        new_account: account::new,
        with_secret: |account, secret| account.with_secret("master_secret", secret),
        device_token,
        device_token_of,
        options: || Options { notifier: json!({"channel_id": "chat"}), message: json!({}) },
        badge: Some(Badge {
            options: || json!({}),
            request: "%22badge_operation_type%22%3A1%2C%22badge_message_count%22%3A1",
            off: Some(|| json!({"badge": false})),
        }),
    }],
    access_tokens: Some(AccessTokens {
        answered_at: "/data/auth_token",
        sent: access_token,
        expired: scripts::token_expired,
    }),
    limits: Limits { max_tokens: check::MAX_MESSAGES, max_merged: Some(check::MAX_MESSAGES) },
    delivers_repeats: false,
    faults: Faults {
        unregistered: Unregistered { alone: "10000", among_others: "10000" },
        throttled: scripts::too_fast,
        rest: Rest::Seconds,
        unavailable: scripts::unavailable,
        credential_refused: scripts::secret_changed,
        quota_used_up: Some(scripts::daily_limit),
        ambiguous_refusal: None,
    },
    receipts: Some(Receipts { address: ReportAddress::Push, unregistered: true, report: receipt::shortest }),
};

/// Returns the access token of a push. It is a field of the form.
fn access_token(push: &Recorded) -> String {
    let field = push.body.split('&').find_map(|field| field.strip_prefix("auth_token="));
    field.unwrap_or_default().to_owned()
}
