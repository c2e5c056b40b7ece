//! Deliveries in order, and the notification shade of each phone.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::device::DeviceState;
use super::vendor::Removal;

/// Deliveries that are kept. In a long run the oldest are removed; shades and counts stay complete.
const KEPT: usize = 100_000;

/// How a notice is handled on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryKind {
    /// Shown to the user.
    Notification,
    /// Passed to the app, not shown.
    Data,
}

/// What a vendor sends to one phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The device token.
    pub token: String,
    /// Whether it is shown.
    pub kind: DeliveryKind,
    /// The vendor's identifier of the message.
    pub message_id: String,
    /// The title of the notification.
    pub title: Option<String>,
    /// The text of the notification.
    pub body: Option<String>,
    /// Custom data as the app receives it.
    pub data: Value,
    /// Replace ids. A shown notification that shares one of them is replaced.
    pub replace_ids: Vec<String>,
    /// The category under which the vendor delivers.
    pub category: Option<String>,
    /// The notification in the vendor's own fields: badge, channel, sound, tap action.
    pub detail: Value,
}

/// A notice that reached its phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The sequence number of the delivery.
    pub seq: u64,
    /// The time of the delivery, in Unix milliseconds.
    pub at_ms: u64,
    /// The vendor.
    pub vendor: String,
    /// `seq` of the request that carried it.
    pub request: u64,
    /// What was delivered.
    #[serde(flatten)]
    pub notice: Notice,
}

/// One entry of a notification shade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The delivery that is shown now.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// How often the phone alerted for this entry: 1, and one more for each replacement.
    pub alerts: u32,
}

/// A phone, seen from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceView {
    /// The vendor.
    pub vendor: String,
    /// The device token.
    pub token: String,
    /// Absent for a token that nobody registered.
    pub state: Option<DeviceState>,
    /// The project or app that the token was made for.
    pub owner: Option<String>,
    /// The notification shade, oldest first.
    pub shade: Vec<Shown>,
    /// Data messages, oldest first.
    pub data: Vec<Delivery>,
    /// All deliveries, replaced ones included.
    pub delivered: u64,
}

/// A phone's state.
#[derive(Debug, Default)]
pub struct Phone {
    /// The notification shade, oldest first.
    pub shade: Vec<Shown>,
    /// Data messages, oldest first.
    pub data: Vec<Delivery>,
    /// All deliveries, replaced ones included.
    pub delivered: u64,
}

/// All phones, and every delivery.
#[derive(Debug, Default)]
pub struct Phones {
    by_token: BTreeMap<(String, String), Phone>,
    log: VecDeque<Delivery>,
    next: u64,
}

impl Phones {
    /// Delivers a notice to its phone.
    pub fn deliver(&mut self, vendor: &str, request: u64, at_ms: u64, notice: Notice) {
        self.next += 1;
        let delivery = Delivery { seq: self.next, at_ms, vendor: vendor.to_owned(), request, notice };
        self.log.push_back(delivery.clone());
        if self.log.len() > KEPT {
            self.log.pop_front();
        }
        let key = (vendor.to_owned(), delivery.notice.token.clone());
        self.by_token.entry(key).or_default().receive(delivery);
    }

    /// Removes a notification from its phone, if it is shown.
    pub fn remove(&mut self, vendor: &str, Removal { token, replace_id }: &Removal) {
        if let Some(phone) = self.by_token.get_mut(&(vendor.to_owned(), token.clone())) {
            phone.shade.retain(|shown| !shown.delivery.notice.replace_ids.contains(replace_id));
        }
    }

    /// Returns the kept deliveries, oldest first.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.log.iter()
    }

    /// Returns the phone with this device token.
    pub fn get(&self, vendor: &str, token: &str) -> Option<&Phone> {
        self.by_token.get(&(vendor.to_owned(), token.to_owned()))
    }

    /// Returns vendor and device token of every phone that was reached.
    pub fn keys(&self) -> impl Iterator<Item = &(String, String)> {
        self.by_token.keys()
    }

    /// Removes all phones and deliveries.
    pub fn clear(&mut self) {
        self.by_token.clear();
        self.log.clear();
    }
}

impl Phone {
    fn receive(&mut self, delivery: Delivery) {
        self.delivered += 1;
        if delivery.notice.kind == DeliveryKind::Data {
            self.data.push(delivery);
            return;
        }
        let ids = &delivery.notice.replace_ids;
        let same = |shown: &Shown| shown.delivery.notice.replace_ids.iter().any(|id| ids.contains(id));
        let alerts = 1 + self.shade.iter().filter(|shown| same(shown)).map(|shown| shown.alerts).sum::<u32>();
        self.shade.retain(|shown| !same(shown));
        self.shade.push(Shown { delivery, alerts });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(body: &str, replace_ids: &[&str]) -> Notice {
        Notice {
            token: "t".into(),
            kind: DeliveryKind::Notification,
            message_id: String::new(),
            title: None,
            body: Some(body.into()),
            data: Value::Null,
            replace_ids: replace_ids.iter().map(|id| (*id).to_owned()).collect(),
            category: None,
            detail: Value::Null,
        }
    }

    #[test]
    fn the_same_replace_id_shows_once_and_alerts_again() {
        let mut phones = Phones::default();
        for (body, ids) in
            [("1", vec!["tag:m1"]), ("2", vec!["tag:m2"]), ("1 again", vec!["tag:m1"]), ("3", vec![]), ("4", vec![])]
        {
            phones.deliver("v", 1, 0, notice(body, &ids));
        }
        let phone = phones.get("v", "t").unwrap();
        let shown: Vec<_> =
            phone.shade.iter().map(|shown| (shown.delivery.notice.body.as_deref().unwrap(), shown.alerts)).collect();
        assert_eq!(shown, [("2", 1), ("1 again", 2), ("3", 1), ("4", 1)]);
        assert_eq!(phone.delivered, 5);
    }

    #[test]
    fn a_revoked_notification_leaves_its_own_phone_only() {
        let mut phones = Phones::default();
        for body in ["1", "2"] {
            phones.deliver("v", 1, 0, notice(body, &[&format!("tag:m{body}")]));
        }
        for (token, replace_id) in [("t", "tag:m1"), ("t", "tag:m1"), ("t", "tag:m9"), ("other", "tag:m2")] {
            phones.remove("v", &Removal { token: token.into(), replace_id: replace_id.into() });
        }
        let shade = &phones.get("v", "t").unwrap().shade;
        assert_eq!(shade.len(), 1);
        assert_eq!(shade[0].delivery.notice.body.as_deref(), Some("2"));
    }
}
