//! The fields of a send, as tables.
//!
//! Source: <https://developer.huawei.com/consumer/en/doc/HMSCore-References/https-send-api-0000001050986197>.

use crate::simulators::engine::schema::{Kind, Reading, Shape};
use crate::simulators::engine::{is_color, is_https, is_timestamp};

pub const READING: Reading = Reading { camel_case: false, null_is_absent: true, quoted_integers: false };

const STRINGS: Kind = Kind::List(&Kind::Text);
const HTTPS: Kind = Kind::Form("an https address", is_https);
const COLOR: Kind = Kind::Form("a color #RRGGBB", is_color);

pub const REQUEST: Kind = Kind::Object(&[
    ("validate_only", Kind::Bool),
    ("message", Kind::Object(MESSAGE)),
    ("review", Kind::List(&Kind::Object(&[("reviewer", Kind::Text), ("type", Kind::Int32), ("result", Kind::Free)]))),
]);

const MESSAGE: Shape = &[
    ("data", Kind::Text),
    ("notification", Kind::Object(&[("title", Kind::Text), ("body", Kind::Text), ("image", HTTPS)])),
    ("android", Kind::Object(ANDROID)),
    ("token", STRINGS),
    ("topic", Kind::Text),
    ("condition", Kind::Text),
];

const ANDROID: Shape = &[
    ("collapse_key", Kind::Int32),
    ("urgency", Kind::Choice(&["HIGH", "NORMAL"])),
    ("category", Kind::Choice(CATEGORIES)),
    ("ttl", Kind::Text),
    ("bi_tag", Kind::Text),
    ("receipt_id", Kind::Text),
    ("fast_app_target", Kind::Int32),
    ("target_user_type", Kind::Int32),
    ("data", Kind::Text),
    ("notification", Kind::Object(NOTIFICATION)),
];

/// `SYSTEM_REMINDER` is an older name.
const CATEGORIES: &[&str] = &[
    "IM",
    "VOIP",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "PLAY_VOICE",
    "MARKETING",
    "SYSTEM_REMINDER",
];

const NOTIFICATION: Shape = &[
    ("title", Kind::Text),
    ("body", Kind::Text),
    (
        "click_action",
        Kind::Object(&[("type", Kind::Int32), ("intent", Kind::Text), ("action", Kind::Text), ("url", HTTPS)]),
    ),
    ("channel_id", Kind::Text),
    // `HIGH` is an older value.
    ("importance", Kind::Choice(&["LOW", "NORMAL", "HIGH"])),
    ("badge", Kind::Object(&[("class", Kind::Text), ("add_num", Kind::Int32), ("set_num", Kind::Int32)])),
    ("tag", Kind::Text),
    ("notify_id", Kind::Int32),
    ("group", Kind::Text),
    ("sound", Kind::Text),
    ("default_sound", Kind::Bool),
    ("icon", Kind::Text),
    ("color", COLOR),
    ("image", HTTPS),
    ("style", Kind::Int32),
    ("big_title", Kind::Text),
    ("big_body", Kind::Text),
    ("inbox_content", STRINGS),
    ("buttons", Kind::List(&Kind::Object(BUTTON))),
    ("foreground_show", Kind::Bool),
    ("when", Kind::Form("a time in RFC 3339 and UTC", is_timestamp)),
    ("ticker", Kind::Text),
    ("auto_clear", Kind::Int32),
    ("notify_summary", Kind::Text),
    ("multi_lang_key", Kind::Map(&Kind::Map(&Kind::Text))),
    ("title_loc_key", Kind::Text),
    ("title_loc_args", STRINGS),
    ("body_loc_key", Kind::Text),
    ("body_loc_args", STRINGS),
    ("visibility", Kind::Choice(&["VISIBILITY_UNSPECIFIED", "PUBLIC", "SECRET", "PRIVATE"])),
    ("use_default_vibrate", Kind::Bool),
    ("use_default_light", Kind::Bool),
    ("vibrate_config", STRINGS),
    ("light_settings", Kind::Object(LIGHT)),
    ("profile_id", Kind::Text),
];

const BUTTON: Shape = &[
    ("name", Kind::Text),
    ("action_type", Kind::Int32),
    ("intent_type", Kind::Int32),
    ("intent", Kind::Text),
    ("data", Kind::Text),
];

const LIGHT: Shape = &[
    (
        "color",
        Kind::Object(&[
            ("alpha", Kind::Number),
            ("red", Kind::Number),
            ("green", Kind::Number),
            ("blue", Kind::Number),
        ]),
    ),
    ("light_on_duration", Kind::Text),
    ("light_off_duration", Kind::Text),
];
