//! The fields of a send, as tables. Names are in camel case; Honor documents no other spelling.
//!
//! Source: <https://developer.honor.com/cn/docs/11002/reference/downlink-message>.

use crate::simulators::engine::schema::{Kind, Reading, Shape};
use crate::simulators::engine::{is_https, is_timestamp};

pub const READING: Reading = Reading { camel_case: false, null_is_absent: true, quoted_integers: false };

const HTTPS: Kind = Kind::Form("an https address", is_https);

pub const REQUEST: Kind = Kind::Object(&[
    ("data", Kind::Text),
    ("notification", Kind::Object(&[("title", Kind::Text), ("body", Kind::Text), ("image", HTTPS)])),
    ("android", Kind::Object(ANDROID)),
    ("token", Kind::List(&Kind::Text)),
]);

const ANDROID: Shape = &[
    ("ttl", Kind::Text),
    ("biTag", Kind::Text),
    ("data", Kind::Text),
    ("targetUserType", Kind::Int32),
    ("notification", Kind::Object(NOTIFICATION)),
];

const NOTIFICATION: Shape = &[
    ("title", Kind::Text),
    ("body", Kind::Text),
    (
        "clickAction",
        Kind::Object(&[("type", Kind::Int32), ("intent", Kind::Text), ("action", Kind::Text), ("url", HTTPS)]),
    ),
    ("importance", Kind::Choice(&["LOW", "NORMAL"])),
    ("badge", Kind::Object(&[("badgeClass", Kind::Text), ("addNum", Kind::Int32), ("setNum", Kind::Int32)])),
    ("notifyId", Kind::Int32),
    ("tag", Kind::Text),
    ("group", Kind::Text),
    ("style", Kind::Int32),
    ("bigTitle", Kind::Text),
    ("bigBody", Kind::Text),
    ("image", HTTPS),
    ("when", Kind::Form("a time in RFC 3339 and UTC", is_timestamp)),
    ("buttons", Kind::List(&Kind::Object(BUTTON))),
];

const BUTTON: Shape = &[
    ("name", Kind::Text),
    ("actionType", Kind::Int32),
    ("intentType", Kind::Int32),
    ("intent", Kind::Text),
    ("data", Kind::Text),
];
