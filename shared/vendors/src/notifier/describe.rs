//! What would be sent, for people to look at: the request of a vendor's client, written by the functions that write the real one.
//!
//! Credentials are not opened for this. What comes from them, and what must not be shown, is [`MASK`].

use std::{slice, time::Duration};

use serde_json::{Map, Value};
use shared::{
    domain::{binding::DeviceToken, outcome::CallError, push::Notification, vendor::Vendor},
    ports::{
        access_tokens::TokenOwner,
        vendor::{Credential, VendorCall},
    },
};

use crate::{
    record::rejected,
    transport::{Description, MASK},
};

/// A push to one device.
#[derive(Debug, Clone, Copy)]
pub struct PushRequest<'a> {
    /// whose notifier
    pub owner: &'a TokenOwner,
    /// which of the vendor's interfaces the notifier uses, where there are several
    pub api: Option<&'a str>,
    /// the notifier's defaults
    pub options: &'a Map<String, Value>,
    /// what to show
    pub notification: &'a Notification,
    /// how long the vendor may still try
    pub ttl: Duration,
    /// where the vendor is told to report to; its secret as [`MASK`]
    pub receipt_url: Option<&'a str>,
}

/// The request that the vendor's client would make. `Err` if it would refuse to make one.
pub fn describe(vendor: Vendor, push: &PushRequest<'_>) -> Result<Description, CallError> {
    let token = DeviceToken::parse(MASK).map_err(rejected)?;
    let credential = Credential::new(Value::Null, MASK.to_owned());
    let call = VendorCall {
        owner: push.owner,
        credential: &credential,
        options: push.options,
        notification: push.notification,
        ttl: push.ttl,
        receipt_url: push.receipt_url,
        tokens: slice::from_ref(&token),
    };
    crate::describe(vendor)(&call, push.api)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::{
        domain::{
            instant::{OPTIONS, TAPS},
            push::SemanticClass,
        },
        testing::sample,
    };

    use super::*;

    /// Describes a push whose message has this option, with a value that no option takes.
    fn with_option(vendor: Vendor, option: &str) -> Result<Description, CallError> {
        let notification = Notification {
            title: "t".into(),
            body: "b".into(),
            custom: Map::new(),
            class: SemanticClass::System,
            replace_id: "r".into(),
            badge: true,
            options: Map::from_iter([(option.to_owned(), json!([]))]),
        };
        let owner = TokenOwner { app: sample::app_key("acme#chat"), notifier: sample::notifier_name("n") };
        let (options, ttl) = (Map::new(), Duration::from_secs(60));
        let push = PushRequest {
            owner: &owner,
            api: None,
            options: &options,
            notification: &notification,
            ttl,
            receipt_url: None,
        };
        describe(vendor, &push)
    }

    #[test]
    fn each_option_of_an_instant_push_is_one_that_its_vendor_reads() {
        for option in OPTIONS.into_iter().map(|(.., option)| option).chain(TAPS) {
            let vendor = Vendor::ALL.into_iter().find(|vendor| option.starts_with(&format!("{vendor}_"))).unwrap();
            let refused = with_option(vendor, option).unwrap_err();
            assert!(refused.code().contains(option), "{option}: {refused}");
            assert!(with_option(vendor, &format!("{option}x")).is_ok(), "{option}");
        }
    }
}
