//! Huawei's simulator as a value, with its interfaces for Android devices and for HarmonyOS 5.

use serde_json::json;

use super::{
    Huawei, account, check, device_token, device_token_of, harmony, harmony_device_token, harmony_device_token_of,
    receipt, scripts,
};
use crate::simulators::spec::{
    AccessTokens, Badge, Faults, Interface, Limits, Options, Receipts, ReportAddress, Rest, Spec, Unregistered,
};

/// Huawei's simulator.
pub static SIMULATOR: Spec = Spec {
    judge: &Huawei,
    title: "Huawei",
    phone: "Mate",
    interfaces: &[ANDROID, HARMONY],
    access_tokens: Some(AccessTokens {
        answered_at: "/access_token",
        sent: |push| push.header("authorization").unwrap_or_default().to_owned(),
        expired: scripts::token_expired,
    }),
    limits: Limits { max_tokens: check::MAX_TOKENS, max_merged: None },
    delivers_repeats: true,
    faults: Faults {
        unregistered: Unregistered { alone: "80300007", among_others: "80100000" },
        throttled: scripts::flow_control,
        rest: Rest::Seconds,
        unavailable: scripts::system_error,
        credential_refused: scripts::secret_changed,
        quota_used_up: None,
        ambiguous_refusal: Some("80300002"),
    },
    receipts: Some(Receipts { address: ReportAddress::Console, unregistered: true, report: receipt::shortest }),
};

const ANDROID: Interface = Interface {
    notifier: account::NOTIFIER,
    account: account::account,
    new_account: account::new,
    with_secret: |account, secret| account.with_secret("client_secret", secret),
    device_token,
    device_token_of,
    options: || Options {
        notifier: json!({"badge_class": "com.example.im.Main"}),
        message: json!({"em_push_class": "system"}),
    },
    badge: Some(Badge {
        options: || json!({"badge_class": "com.example.im.Main"}),
        request: r#""badge":{"add_num":1,"class":"com.example.im.Main"}"#,
        off: None,
    }),
};

const HARMONY: Interface = Interface {
    notifier: harmony::account::NOTIFIER,
    account: harmony::account::account,
    new_account: harmony::account::new,
    with_secret: harmony::account::with_secret,
    device_token: harmony_device_token,
    device_token_of: harmony_device_token_of,
    options: || Options {
        notifier: json!({"category": "WORK", "collapse_key": 7}),
        message: json!({"em_android_push_ext": {"huawei_uri": "app://chat/1", "huawei_target_user_type": 1}}),
    },
    badge: Some(Badge { options: || json!({}), request: r#""badge":{"addNum":1}"#, off: None }),
};
