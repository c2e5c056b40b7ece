//! Xiaomi's simulator as a value.

use serde_json::json;

use super::{Xiaomi, account, check, device_token, device_token_of, merged, receipt, scripts};
use crate::simulators::spec::{Faults, Interface, Limits, Options, Receipts, ReportAddress, Rest, Spec, Unregistered};

/// Xiaomi's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Xiaomi,
    title: "Xiaomi",
    phone: "Redmi",
    interfaces: &[Interface {
        notifier: account::NOTIFIER,
        account: account::account,
        new_account: account::new,
        with_secret: |account, secret| account.with_secret("app_secret", secret),
        device_token,
        device_token_of,
        options: || Options { notifier: json!({"notify_type": 2}), message: json!({}) },
        badge: None,
    }],
    access_tokens: None,
    limits: Limits { max_tokens: check::MAX_TOKENS, max_merged: Some(merged::MAX_MESSAGES) },
    delivers_repeats: true,
    faults: Faults {
        unregistered: Unregistered { alone: "20301", among_others: "bad_regids" },
        throttled: scripts::too_fast,
        rest: Rest::Seconds,
        unavailable: scripts::unavailable,
        credential_refused: scripts::secret_changed,
        quota_used_up: Some(scripts::quota_used_up),
        ambiguous_refusal: Some("66108"),
    },
    receipts: Some(Receipts { address: ReportAddress::Push, unregistered: true, report: receipt::shortest }),
};
