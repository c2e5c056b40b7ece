//! The fields of a send, as tables.
//!
//! Source: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>. The fields
//! `fid`, `bandwidth_constrained_ok` and `restricted_satellite_ok` are confirmed by one source only.

use crate::simulators::engine::schema::{Kind, Reading, Shape};
use crate::simulators::engine::{is_color, is_duration, is_timestamp};

/// Proto3 JSON.
pub const READING: Reading = Reading { camel_case: true, null_is_absent: true, quoted_integers: true };

const DURATION: Kind = Kind::Form("type.googleapis.com/google.protobuf.Duration", is_duration);
const TIMESTAMP: Kind = Kind::Form("type.googleapis.com/google.protobuf.Timestamp", is_timestamp);
const COLOR: Kind = Kind::Form("#rrggbb", is_color);
const STRINGS: Kind = Kind::List(&Kind::Text);
const TEXTS: Kind = Kind::Map(&Kind::Text);

pub const REQUEST: Kind = Kind::Object(&[("validate_only", Kind::Bool), ("message", Kind::Object(MESSAGE))]);

const MESSAGE: Shape = &[
    ("name", Kind::Text),
    ("data", TEXTS),
    ("notification", Kind::Object(&[("title", Kind::Text), ("body", Kind::Text), ("image", Kind::Text)])),
    ("android", Kind::Object(ANDROID)),
    ("webpush", Kind::Object(WEBPUSH)),
    ("apns", Kind::Object(APNS)),
    ("fcm_options", Kind::Object(LABEL)),
    ("token", Kind::Text),
    ("fid", Kind::Text),
    ("topic", Kind::Text),
    ("condition", Kind::Text),
];

const LABEL: Shape = &[("analytics_label", Kind::Text)];

const ANDROID: Shape = &[
    ("collapse_key", Kind::Text),
    ("priority", Kind::Choice(&["NORMAL", "HIGH"])),
    ("ttl", DURATION),
    ("restricted_package_name", Kind::Text),
    ("data", TEXTS),
    ("notification", Kind::Object(ANDROID_NOTIFICATION)),
    ("fcm_options", Kind::Object(LABEL)),
    ("direct_boot_ok", Kind::Bool),
    ("bandwidth_constrained_ok", Kind::Bool),
    ("restricted_satellite_ok", Kind::Bool),
];

const ANDROID_NOTIFICATION: Shape = &[
    ("title", Kind::Text),
    ("body", Kind::Text),
    ("icon", Kind::Text),
    ("color", COLOR),
    ("sound", Kind::Text),
    ("tag", Kind::Text),
    ("click_action", Kind::Text),
    ("body_loc_key", Kind::Text),
    ("body_loc_args", STRINGS),
    ("title_loc_key", Kind::Text),
    ("title_loc_args", STRINGS),
    ("channel_id", Kind::Text),
    ("ticker", Kind::Text),
    ("sticky", Kind::Bool),
    ("event_time", TIMESTAMP),
    ("local_only", Kind::Bool),
    (
        "notification_priority",
        Kind::Choice(&[
            "PRIORITY_UNSPECIFIED",
            "PRIORITY_MIN",
            "PRIORITY_LOW",
            "PRIORITY_DEFAULT",
            "PRIORITY_HIGH",
            "PRIORITY_MAX",
        ]),
    ),
    ("default_sound", Kind::Bool),
    ("default_vibrate_timings", Kind::Bool),
    ("default_light_settings", Kind::Bool),
    ("vibrate_timings", Kind::List(&DURATION)),
    ("visibility", Kind::Choice(&["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"])),
    ("notification_count", Kind::Int32),
    ("light_settings", Kind::Object(LIGHT)),
    ("image", Kind::Text),
    ("proxy", Kind::Choice(&["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"])),
];

const LIGHT: Shape = &[
    (
        "color",
        Kind::Object(&[
            ("red", Kind::Number),
            ("green", Kind::Number),
            ("blue", Kind::Number),
            ("alpha", Kind::Number),
        ]),
    ),
    ("light_on_duration", DURATION),
    ("light_off_duration", DURATION),
];

const APNS: Shape = &[
    ("headers", TEXTS),
    ("payload", Kind::Free),
    ("fcm_options", Kind::Object(&[("analytics_label", Kind::Text), ("image", Kind::Text)])),
    ("live_activity_token", Kind::Text),
];

const WEBPUSH: Shape = &[
    ("headers", TEXTS),
    ("data", TEXTS),
    ("notification", Kind::Free),
    ("fcm_options", Kind::Object(&[("link", Kind::Text), ("analytics_label", Kind::Text)])),
];
