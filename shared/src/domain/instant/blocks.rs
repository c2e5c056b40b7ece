//! The vendors' blocks of `pushMessage`.
//!
//! What a block sets becomes an option of the message itself, named as in `em_android_push_ext`. So each vendor checks
//! it as it checks a message's. What a block has and no table names is accepted and has no effect.

use serde_json::{Map, Value};

use super::{read::Part, taps};
use crate::domain::{invalid::Invalid, vendor::Vendor};

/// The blocks with the vendor of each. A later block of a vendor beats an earlier one.
pub(super) const BLOCKS: [(&str, Vendor); 8] = [
    ("fcm", Vendor::Fcm),
    ("fcmV1", Vendor::Fcm),
    ("huawei", Vendor::Huawei),
    ("honor", Vendor::Honor),
    ("xiaomi", Vendor::Xiaomi),
    ("oppo", Vendor::Oppo),
    ("vivo", Vendor::Vivo),
    ("meizu", Vendor::Meizu),
];
/// Blocks without a vendor of ours. They must be objects.
pub(super) const OTHER_BLOCKS: [&str; 2] = ["apns", "harmonyOS"];

/// The fields of blocks that a message may set, each with the option that it becomes.
pub const OPTIONS: [(&str, &str, &str); 15] = [
    ("fcm", "notification.androidChannelId", "fcm_channel_id"),
    ("fcm", "notification.clickAction", "fcm_click_action"),
    ("fcmV1", "androidConfig.androidNotification.channelId", "fcm_channel_id"),
    ("fcmV1", "androidConfig.androidNotification.clickAction", "fcm_click_action"),
    ("huawei", "message.android.category", "huawei_category"),
    ("huawei", "message.android.receiptId", "huawei_receipt_id"),
    ("huawei", "message.android.targetUserType", "huawei_target_user_type"),
    ("huawei", "message.android.notification.channelId", "huawei_channel_id"),
    ("honor", "androidConfig.targetUserType", "honor_target_user_type"),
    ("honor", "androidConfig.androidNotification.importance", "honor_importance"),
    ("xiaomi", "channelId", "xiaomi_channel_id"),
    ("oppo", "channelId", "oppo_channel_id"),
    ("oppo", "category", "oppo_category"),
    ("oppo", "notifyLevel", "oppo_notify_level"),
    ("vivo", "category", "vivo_category"),
];

/// The fields of blocks with the title and the text. A later field beats an earlier one.
const TEXTS: [(&str, &str, &str); 11] = [
    ("fcm", "notification.title", "notification.body"),
    ("fcmV1", "notification.title", "notification.body"),
    ("fcmV1", "androidConfig.androidNotification.title", "androidConfig.androidNotification.body"),
    ("huawei", "message.notification.title", "message.notification.body"),
    ("huawei", "message.android.notification.title", "message.android.notification.body"),
    ("honor", "androidConfig.androidNotification.title", "androidConfig.androidNotification.body"),
    ("xiaomi", "title", "content"),
    ("xiaomi", "title", "description"),
    ("oppo", "title", "content"),
    ("vivo", "title", "content"),
    ("meizu", "title", "content"),
];

/// Returns the option under which a push has this vendor's own title.
pub fn own_title(vendor: Vendor) -> String {
    format!("{vendor}_title")
}

/// Returns the option under which a push has this vendor's own text.
pub fn own_content(vendor: Vendor) -> String {
    format!("{vendor}_content")
}

/// Returns the options that the blocks set. A vendor's block beats the common tap.
pub(super) fn options(message: &Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    let mut options = taps::common(message)?;
    for name in OTHER_BLOCKS {
        Part::new("pushMessage", message).object(name)?;
    }
    for (name, vendor) in BLOCKS {
        let Some(fields) = Part::new("pushMessage", message).object(name)? else { continue };
        let place = format!("pushMessage.{name}");
        let block = Part::new(&place, fields);
        for (_, path, option) in OPTIONS.iter().filter(|(of, ..)| *of == name) {
            if let Some(value) = block.value(path)? {
                options.insert((*option).to_owned(), value.clone());
            }
        }
        for (_, title, content) in TEXTS.iter().filter(|(of, ..)| *of == name) {
            for (path, option) in [(title, own_title(vendor)), (content, own_content(vendor))] {
                if let Some(text) = block.text(path)? {
                    options.insert(option, text.into());
                }
            }
        }
        taps::of_block(name, vendor, block, &mut options)?;
    }
    Ok(options)
}
