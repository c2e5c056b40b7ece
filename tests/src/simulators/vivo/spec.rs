//! vivo's simulator as a value.

use serde_json::json;

use super::{Vivo, account, device_token, device_token_of, list, receipt, scripts};
use crate::simulators::spec::{
    AccessTokens, Badge, Faults, Interface, Limits, Options, Receipts, ReportAddress, Rest, Spec, Unregistered,
};

/// vivo's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Vivo,
    title: "vivo",
    phone: "iQOO",
    interfaces: &[Interface {
        notifier: account::NOTIFIER,
        account: account::account,
        new_account: account::new,
        with_secret: |account, secret| account.with_secret("app_secret", secret),
        device_token,
        device_token_of,
        options: || Options { notifier: json!({"notify_type": 2}), message: json!({"em_push_class": "system"}) },
        badge: Some(Badge {
            options: || json!({}),
            request: r#""addBadge":true"#,
            off: Some(|| json!({"add_badge": false})),
        }),
    }],
    access_tokens: Some(AccessTokens {
        answered_at: "/authToken",
        sent: |push| push.header("authtoken").unwrap_or_default().to_owned(),
        expired: scripts::token_expired,
    }),
    limits: Limits { max_tokens: list::MAX_TOKENS, max_merged: None },
    delivers_repeats: true,
    faults: Faults {
        unregistered: Unregistered { alone: "invalid user 2", among_others: "invalid user 2" },
        throttled: scripts::too_fast,
        rest: Rest::Seconds,
        unavailable: scripts::server_error,
        credential_refused: scripts::secret_changed,
        quota_used_up: Some(scripts::quota_used_up),
        ambiguous_refusal: None,
    },
    receipts: Some(Receipts { address: ReportAddress::Push, unregistered: false, report: receipt::shortest }),
};
