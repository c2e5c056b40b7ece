//! The fields of a notification for HarmonyOS, as tables. Names are in camel case; Huawei documents no other spelling.
//!
//! Source: <https://developer.huawei.com/consumer/cn/doc/harmonyos-references/push-scenariozed-api-request-param>.

use crate::simulators::engine::is_https;
use crate::simulators::engine::schema::{Kind, Shape};

const HTTPS: Kind = Kind::Form("an https address", is_https);

pub const REQUEST: Kind = Kind::Object(&[
    ("payload", Kind::Object(&[("notification", Kind::Object(NOTIFICATION))])),
    ("target", Kind::Object(&[("token", Kind::List(&Kind::Text))])),
    ("pushOptions", Kind::Object(OPTIONS)),
]);

const NOTIFICATION: Shape = &[
    // An unknown category is delivered as MARKETING.
    ("category", Kind::Text),
    ("title", Kind::Text),
    ("body", Kind::Text),
    (
        "clickAction",
        Kind::Object(&[("actionType", Kind::Int32), ("action", Kind::Text), ("uri", Kind::Text), ("data", Kind::Free)]),
    ),
    ("image", HTTPS),
    ("style", Kind::Int32),
    ("inboxContent", Kind::List(&Kind::Text)),
    ("notifyId", Kind::Int32),
    ("appMessageId", Kind::Text),
    ("profileId", Kind::Text),
    ("badge", Kind::Object(&[("addNum", Kind::Int32), ("setNum", Kind::Int32)])),
    ("sound", Kind::Text),
    ("soundDuration", Kind::Int32),
    ("foregroundShow", Kind::Bool),
];

const OPTIONS: Shape = &[
    ("testMessage", Kind::Bool),
    ("ttl", Kind::Int32),
    ("biTag", Kind::Text),
    ("receiptId", Kind::Text),
    ("collapseKey", Kind::Int32),
];
