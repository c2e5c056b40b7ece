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
    use super::*;

    #[test]
    fn these_options_of_a_message_choose_another_quota() {
        let named: Vec<&str> = Vendor::ALL.into_iter().flat_map(quota_options).copied().collect();
        assert_eq!(
            named,
            ["huawei_category", "honor_importance", "xiaomi_channel_id", "oppo_category", "vivo_category"]
        );
    }
}
