//! The fields of `messageJson`, as tables. A flag is 0, 1 or a boolean, as Meizu's own library writes it.
//!
//! Source: <https://github.com/MEIZUPUSH/PushAPI#pushid推送接口通知栏消息>.

use crate::simulators::engine::is_color;
use crate::simulators::engine::schema::{Kind, Reading, Shape};

pub const READING: Reading = Reading { camel_case: false, null_is_absent: true, quoted_integers: false };

/// The code that reads a flag also checks it.
const FLAG: Kind = Kind::Any;
const COLOR: Kind = Kind::Form("a color #RRGGBB", is_color);
const KEY: Kind = Kind::Form("1 to 8 of 0-9, A-Z, a-z, _ and -", is_key);
const TIME: Kind = Kind::Form("a time yyyy-MM-dd HH:mm:ss", is_time);

pub const MESSAGE: Kind = Kind::Object(&[
    (
        "noticeBarInfo",
        Kind::Object(&[
            ("noticeMsgType", Kind::Int32),
            ("noticeBarType", Kind::Int32),
            ("title", Kind::Text),
            ("content", Kind::Text),
        ]),
    ),
    (
        "noticeExpandInfo",
        Kind::Object(&[
            ("noticeExpandType", Kind::Int32),
            ("noticeExpandContent", Kind::Text),
            ("noticeExpandImgUrl", Kind::Text),
        ]),
    ),
    (
        "clickTypeInfo",
        Kind::Object(&[
            ("clickType", Kind::Int32),
            ("url", Kind::Text),
            ("activity", Kind::Text),
            ("parameters", Kind::Map(&Kind::Text)),
            ("customAttribute", Kind::Text),
        ]),
    ),
    ("pushTimeInfo", Kind::Object(&[("offLine", FLAG), ("validTime", Kind::Int32)])),
    ("advanceInfo", Kind::Object(ADVANCE)),
    ("vipInfo", Kind::Object(VIP)),
    ("extra", Kind::Object(&[("callback", Kind::Text), ("callback.param", Kind::Text), ("callback.type", Kind::Any)])),
]);

const ADVANCE: Shape = &[
    ("suspend", FLAG),
    ("clearNoticeBar", FLAG),
    ("fixDisplay", FLAG),
    ("fixStartDisplayTime", TIME),
    ("fixEndDisplayTime", TIME),
    ("notificationType", Kind::Object(&[("vibrate", FLAG), ("lights", FLAG), ("sound", FLAG)])),
    ("notifyKey", KEY),
];

const VIP: Shape = &[
    ("subtitle", Kind::Text),
    ("pullDownTop", FLAG),
    ("timeTop", Kind::Int32),
    ("notGroup", FLAG),
    ("titleColor", COLOR),
    ("backgroundImgUrl", Kind::Text),
    ("smallIconUrl", Kind::Text),
    ("bigIconUrl", Kind::Text),
];

fn is_key(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_time(text: &str) -> bool {
    let form = "dddd-dd-dd dd:dd:dd";
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        })
}
