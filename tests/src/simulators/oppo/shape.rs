//! The fields of a message, as tables.
//!
//! Sources: <https://open.oppomobile.com/documentation/page/info?id=11236> and
//! <https://open.oppomobile.com/documentation/page/info?id=11238>.

use crate::simulators::engine::schema::{Kind, Reading, Shape};

/// How OPPO reads names. One sample of its documents has names in camel case, but the server does not know them.
pub const READING: Reading = Reading { camel_case: false, null_is_absent: true, quoted_integers: false };

pub const MESSAGE: Kind = Kind::Object(&[
    ("target_type", Kind::Int32),
    ("target_value", Kind::Text),
    ("verify_registration_id", Kind::Bool),
    ("notification", Kind::Object(NOTIFICATION)),
]);

const NOTIFICATION: Shape = &[
    ("app_message_id", Kind::Text),
    ("style", Kind::Int32),
    ("title", Kind::Text),
    ("sub_title", Kind::Text),
    ("content", Kind::Text),
    ("click_action_type", Kind::Int32),
    ("click_action_activity", Kind::Text),
    ("click_action_url", Kind::Text),
    ("action_parameters", Kind::Text),
    ("show_time_type", Kind::Int32),
    ("show_start_time", Kind::Number),
    ("show_end_time", Kind::Number),
    ("off_line", Kind::Bool),
    ("off_line_ttl", Kind::Int32),
    ("show_ttl", Kind::Int32),
    ("network_type", Kind::Int32),
    ("notify_id", Kind::Int32),
    ("channel_id", Kind::Text),
    ("category", Kind::Text),
    ("notify_level", Kind::Int32),
    ("badge_operation_type", Kind::Int32),
    ("badge_message_count", Kind::Int32),
    ("private_msg_template_id", Kind::Text),
    ("private_title_parameters", Kind::Map(&Kind::Text)),
    ("private_content_parameters", Kind::Map(&Kind::Text)),
    ("call_back_url", Kind::Text),
    ("call_back_parameter", Kind::Text),
];
