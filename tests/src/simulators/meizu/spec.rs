//! Meizu's simulator as a value.

use serde_json::json;

use super::{Meizu, account, check, device_token, device_token_of, receipt, scripts};
use crate::simulators::spec::{Faults, Interface, Limits, Options, Receipts, ReportAddress, Rest, Spec, Unregistered};

/// Meizu's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Meizu,
    title: "Meizu",
    phone: "Note",
    interfaces: &[Interface {
        notifier: account::NOTIFIER,
        account: account::account,
        new_account: account::new,
        with_secret: |account, secret| account.with_secret("app_secret", secret),
        device_token,
        device_token_of,
        options: || Options { notifier: json!({"suspend": false}), message: json!({}) },
        badge: None,
    }],
    access_tokens: None,
    limits: Limits { max_tokens: check::MAX_TOKENS, max_merged: None },
    delivers_repeats: true,
    faults: Faults {
        unregistered: Unregistered { alone: "110002", among_others: "110002" },
        throttled: scripts::rate_limited,
        rest: Rest::Seconds,
        unavailable: scripts::busy,
        credential_refused: scripts::secret_changed,
        quota_used_up: Some(scripts::daily_quota),
        ambiguous_refusal: None,
    },
    receipts: Some(Receipts {
        address: ReportAddress::Both { register: account::register },
        unregistered: false,
        report: receipt::shortest,
    }),
};
