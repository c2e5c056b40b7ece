//! What a vendor gets with a push, and sends back with its receipts: which message it is, and which task pushed it.

use std::borrow::Cow;

use serde_json::Value;
use shared::{
    crypto::encoding::{base64url, from_base64url},
    domain::{
        id::{MessageId, TaskId},
        push::Notification,
    },
};

use super::text::message_id;

/// Stands between the id of the message and that of the task. Neither contains it.
const SEPARATOR: char = '.';

/// Returns what comes back in receipts: the message's id, and that of its task in base64url, because a vendor may take 50
/// characters only. As much of the message's id alone as fits into so many bytes, if both do not.
pub fn receipt_param(notification: &Notification, max: usize) -> Cow<'_, str> {
    let id = message_id(notification);
    let task = task(notification).map(|task| format!("{id}{SEPARATOR}{}", base64url(&task.bits().to_be_bytes())));
    match task.filter(|param| param.len() <= max) {
        Some(param) => param.into(),
        None => id[..id.floor_char_boundary(max)].into(),
    }
}

/// Returns the message that came back in a receipt, and its task. `None` if it is nothing of ours.
pub fn read_receipt_param(param: &str) -> Option<(MessageId, Option<TaskId>)> {
    let (id, task) = param.split_once(SEPARATOR).map_or((param, None), |(id, task)| (id, Some(task)));
    let bits = |text: &str| Some(u128::from_be_bytes(from_base64url(text)?.try_into().ok()?));
    Some((MessageId::parse(id).ok()?, task.and_then(bits).map(TaskId::from_bits)))
}

/// Returns the task that the custom data names.
fn task(notification: &Notification) -> Option<TaskId> {
    let id = notification.custom.get("EPush")?.get("report")?.get("task_id").and_then(Value::as_str)?;
    TaskId::parse(id).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};
    use shared::domain::push::SemanticClass;

    use super::*;

    fn notification(id: &str, task: Option<TaskId>) -> Notification {
        let mut custom = Map::from_iter([("m".to_owned(), json!(id))]);
        custom.extend(task.map(|task| ("EPush".to_owned(), json!({"report": {"task_id": task}}))));
        Notification {
            title: String::new(),
            body: String::new(),
            custom,
            class: SemanticClass::Im,
            replace_id: "r".into(),
            badge: true,
            options: Map::new(),
        }
    }

    proptest! {
        #[test]
        fn message_and_task_come_back_from_every_vendor(message: u128, task: Option<u128>) {
            let (id, task) = (MessageId::from_bits(message), task.map(TaskId::from_bits));
            let shown = notification(&id.to_string(), task);
            let param = receipt_param(&shown, 50);
            prop_assert!(param.len() <= 50);
            prop_assert_eq!(read_receipt_param(&param), Some((id, task)));
            let short = receipt_param(&shown, 26);
            prop_assert_eq!(read_receipt_param(&short), Some((id, None)));
        }

        #[test]
        fn no_text_makes_it_panic(text: String, max in 0usize..80) {
            prop_assert_eq!(read_receipt_param(&text).is_some(), MessageId::parse(text.split('.').next().unwrap()).is_ok());
            prop_assert!(receipt_param(&notification(&text, None), max).len() <= max);
        }
    }
}
