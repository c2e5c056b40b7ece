//! What a tap does: of the common part for every vendor, and of each vendor's block.

use serde_json::{Map, Value};

use super::read::Part;
use crate::domain::{invalid::Invalid, vendor::Vendor};

/// The options that say what a tap does, of every vendor that a message may tell it.
pub const TAPS: [&str; 8] = [
    "fcm_click_action",
    "huawei_click_action",
    "honor_click_action",
    "xiaomi_click_action",
    "oppo_click_action",
    "oppo_click_activity",
    "vivo_click_activity",
    "meizu_click_activity",
];

/// The scheme of an intent written as an address.
const INTENT: &str = "intent:";

/// Field that says which of a block's taps counts, and for each of its values the field and the option. Without the
/// field, or for a value that is not listed, the app opens.
struct Taps {
    block: &'static str,
    kind: &'static str,
    taps: &'static [(i64, &'static str, &'static str)],
}

const HUAWEI: &str = "message.android.notification.clickAction";
const HONOR: &str = "androidConfig.androidNotification.clickAction";

const OF_BLOCKS: [Taps; 6] = [
    Taps {
        block: "huawei",
        kind: "type",
        taps: &[
            (1, "intent", "huawei_click_action"),
            (1, "action", "huawei_click_action"),
            (2, "url", "huawei_click_action"),
        ],
    },
    Taps {
        block: "honor",
        kind: "type",
        taps: &[
            (1, "intent", "honor_click_action"),
            (1, "action", "honor_click_action"),
            (2, "url", "honor_click_action"),
        ],
    },
    Taps {
        block: "xiaomi",
        kind: "notifyEffect",
        taps: &[(2, "intentUri", "xiaomi_click_action"), (3, "webUri", "xiaomi_click_action")],
    },
    Taps {
        block: "oppo",
        kind: "clickActionType",
        taps: &[
            (1, "clickActionActivity", "oppo_click_action"),
            (4, "clickActionActivity", "oppo_click_activity"),
            (2, "clickActionUrl", "oppo_click_action"),
            (5, "clickActionUrl", "oppo_click_action"),
        ],
    },
    Taps {
        block: "vivo",
        kind: "skipType",
        taps: &[(2, "skipContent", "vivo_click_activity"), (4, "skipContent", "vivo_click_activity")],
    },
    Taps { block: "meizu", kind: "clickType", taps: &[(1, "activity", "meizu_click_activity")] },
];

/// Returns the options for `config.clickAction`. A vendor that takes none of its fields opens the app.
pub(super) fn common(message: &Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    let part = Part::new("pushMessage", message);
    let read = |name: &str| part.text(&format!("config.clickAction.{name}"));
    let (url, action, activity) = (read("url")?, read("action")?, read("activity")?);
    let web = url.filter(|url| url.starts_with("https://"));
    let page = web.or(action);
    let taps = [
        // FCM compares it with the actions of the app's intent filters, and has no field for an address.
        ("fcm_click_action", action.filter(|action| !action.starts_with(INTENT))),
        ("huawei_click_action", page),
        ("honor_click_action", page),
        ("xiaomi_click_action", page),
        ("oppo_click_action", url.or(action)),
        ("oppo_click_activity", activity.filter(|_| url.or(action).is_none())),
        ("vivo_click_activity", web.or(activity)),
        ("meizu_click_activity", activity),
    ];
    Ok(taps.into_iter().filter_map(|(option, tap)| Some((option.to_owned(), tap?.into()))).collect())
}

/// Replaces the vendor's tap by that of its block, if the block has one.
pub(super) fn of_block(
    name: &str,
    vendor: Vendor,
    block: Part<'_>,
    options: &mut Map<String, Value>,
) -> Result<(), Invalid> {
    let Some(taps) = OF_BLOCKS.iter().find(|taps| taps.block == name) else {
        return Ok(());
    };
    let path = |field: &str| match name {
        "huawei" => format!("{HUAWEI}.{field}"),
        "honor" => format!("{HONOR}.{field}"),
        _ => field.to_owned(),
    };
    let Some(kind) = block.number(&path(taps.kind))? else {
        return Ok(());
    };
    options.retain(|option, _| !TAPS.contains(&option.as_str()) || !option.starts_with(&format!("{vendor}_")));
    for (_, field, option) in taps.taps.iter().filter(|(of, ..)| *of == kind) {
        if let Some(text) = block.text(&path(field))? {
            options.insert((*option).to_owned(), text.into());
            break;
        }
    }
    Ok(())
}
