//! Under which quota a push is.

use shared::domain::{push::Notification, vendor::Vendor};

use crate::quota_options;

/// Returns whether the class alone decides what a vendor counts the push as. A message with an option by which any vendor
/// counts it otherwise is under no quota of its class.
pub fn follows_class(notification: &Notification) -> bool {
    let mut options = Vendor::ALL.into_iter().flat_map(quota_options);
    options.all(|option| !notification.options.contains_key(*option))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::testing::Call;

    #[test]
    fn these_options_of_a_message_choose_another_quota() {
        let expected: [(Vendor, &[&str]); 7] = [
            (Vendor::Fcm, &[]),
            (Vendor::Huawei, &["huawei_category"]),
            (Vendor::Honor, &["honor_importance"]),
            (Vendor::Xiaomi, &["xiaomi_channel_id"]),
            (Vendor::Oppo, &["oppo_category"]),
            (Vendor::Vivo, &["vivo_category"]),
            (Vendor::Meizu, &[]),
        ];
        for (vendor, options) in expected {
            assert_eq!(quota_options(vendor), options, "{vendor}");
        }
    }

    #[test]
    fn a_message_with_such_an_option_of_any_vendor_is_under_no_quota_of_its_class() {
        let mut notification = Call::new(json!({}), &["t1"]).notification;
        notification.options.clear();
        assert!(follows_class(&notification));
        for option in Vendor::ALL.into_iter().flat_map(quota_options) {
            notification.options = Map::from_iter([((*option).to_owned(), json!("x"))]);
            assert!(!follows_class(&notification), "{option}");
        }
    }
}
