//! Records that landed versions wrote, for the people of another run: as a deployment finds them in its queues.

use serde_json::{Value, json};
use shared::domain::{
    id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
    time::Timestamp,
    vendor::Vendor,
};

use super::Version;

/// What a job of `dispatch` may have besides its app. Others are of groups, connections and instant pushes.
const JOB: [&str; 6] = ["app", "content", "receivers", "recheck_at", "repeat", "attempts"];
/// What a push may have.
const PUSH: [&str; 11] = [
    "v",
    "app",
    "notifier",
    "notification",
    "expires_at",
    "receivers",
    "repeat",
    "attempts",
    "not_before",
    "rounds",
    "decided_at",
];
/// A number from which on an integer of a record is a time: the year 2020, in Unix milliseconds.
const TIMES: i64 = 1_577_836_800_000;

/// A message of the run that is accepted and stored, but that no queue has.
#[derive(Debug, Clone)]
pub struct Message {
    /// its id
    pub id: MessageId,
    /// its text
    pub text: String,
    /// a phone of its receiver
    pub phone: Phone,
}

/// A phone of the run.
#[derive(Debug, Clone)]
pub struct Phone {
    /// its user
    pub user: UserId,
    /// its device id
    pub device: DeviceId,
    /// the vendor of its notifier
    pub vendor: Vendor,
    /// its notifier
    pub notifier: NotifierName,
    /// its device token
    pub token: String,
}

/// A record to put into a queue. Its message must end decided for its receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Planted {
    /// which version wrote it
    pub version: String,
    /// `dispatch`, or `push` for the queue of the phone's vendor
    pub queue: &'static str,
    /// the body
    pub record: Value,
    /// the message, by its place
    pub message: usize,
}

/// Returns a version's records of one-to-one messages, for these messages of an app, one each, until records or messages
/// end. They were written shortly before `now`.
pub fn planted(version: &Version, app: &AppKey, messages: &[Message], now: Timestamp) -> Vec<Planted> {
    let later = now.as_millis() - version.story.captured_at.as_millis();
    let of_queue = |queue: &'static str| version.records(queue).into_iter().map(move |record| (queue, record));
    let records =
        ["dispatch", "push"].into_iter().flat_map(of_queue).filter(|(queue, record)| is_simple(queue, record));
    let plant = |((queue, mut record), (place, message)): ((&'static str, Value), (usize, &Message))| {
        shift(&mut record, later);
        match queue {
            "dispatch" => dispatch(&mut record, app, message),
            _ => push(&mut record, app, message),
        }
        Planted { version: version.name.clone(), queue, record, message: place }
    };
    records.zip(messages.iter().enumerate()).map(plant).collect()
}

fn is_simple(queue: &str, record: &Value) -> bool {
    let only = |value: &Value, names: &[&str]| {
        value.as_object().is_some_and(|fields| fields.keys().all(|name| names.contains(&name.as_str())))
    };
    let one = |list: &Value| list.as_array().is_some_and(|list| list.len() == 1);
    if record["v"] != "1" {
        return false;
    }
    if queue == "push" {
        return only(record, &PUSH) && one(&record["receivers"]) && one(&record["receivers"][0]["devices"]);
    }
    let job = &record["jobs"][0];
    let content = &job["content"];
    one(&record["jobs"])
        && only(job, &JOB)
        && one(&job["receivers"])
        && content.get("group").is_none()
        && content.get("instant").is_none()
}

/// Moves all times.
fn shift(value: &mut Value, later: i64) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|inner| shift(inner, later)),
        Value::Array(list) => list.iter_mut().for_each(|inner| shift(inner, later)),
        Value::Number(number) => {
            if let Some(time) = number.as_i64().filter(|number| *number >= TIMES) {
                *value = json!(time + later);
            }
        }
        _ => {}
    }
}

fn dispatch(record: &mut Value, app: &AppKey, message: &Message) {
    let job = &mut record["jobs"][0];
    job["app"] = json!(app);
    job["receivers"] = json!([{"user": message.phone.user, "msg_id": message.id}]);
    job["content"]["body"]["msg"] = json!(message.text);
    if let Some(shown) = job["content"].pointer_mut("/ext/em_push_ext/content") {
        *shown = json!(message.text);
    }
}

fn push(record: &mut Value, app: &AppKey, Message { id, text, phone }: &Message) {
    record["app"] = json!(app);
    record["notifier"] = json!(phone.notifier);
    let notification = &mut record["notification"];
    notification["body"] = json!(text);
    notification["replace_id"] = json!(id);
    notification["custom"]["m"] = json!(id);
    notification["custom"]["t"] = json!(phone.user);
    let receiver = &mut record["receivers"][0];
    receiver["user"] = json!(phone.user);
    receiver["msg_id"] = json!(id);
    receiver["devices"][0]["device_id"] = json!(phone.device);
    receiver["devices"][0]["token"] = json!(phone.token);
    receiver["decision"]["devices"] =
        json!([{"device_id": phone.device, "notifier_name": phone.notifier, "verdict": "push"}]);
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, rc::Rc};

    use shared::{
        ports::{
            clock::Entropy as _,
            queue::{DispatchRecord, PushRecord},
        },
        testing::{chance::SeededEntropy, sample},
    };

    use super::{super::kinds, *};

    const NOW: i64 = 1_900_000_000_000;

    fn messages() -> Vec<Message> {
        let entropy = SeededEntropy::new(1);
        let message = |number: usize| Message {
            id: entropy.message_id(Timestamp::from_millis(NOW)),
            text: format!("text {number}"),
            phone: Phone {
                user: sample::user("u1"),
                device: sample::device("story-phone"),
                vendor: Vendor::Meizu,
                notifier: sample::notifier_name("story-notifier"),
                token: "story-token".to_owned(),
            },
        };
        (0..30).map(message).collect()
    }

    fn all() -> Vec<(Rc<Version>, Planted)> {
        let (app, now) = (sample::app_key("acme#story"), Timestamp::from_millis(NOW));
        let of = |version: Version| {
            let planted = planted(&version, &app, &messages(), now);
            assert!(planted.iter().any(|one| one.queue == "push"), "{}", version.name);
            assert!(planted.iter().any(|one| one.queue == "dispatch"), "{}", version.name);
            assert!(planted.len() < messages().len(), "each record is planted");
            let version = Rc::new(version);
            planted.into_iter().map(move |one| (Rc::clone(&version), one))
        };
        Version::all().into_iter().flat_map(of).collect()
    }

    #[test]
    fn a_record_has_the_names_of_its_version_and_the_people_of_the_run() {
        for (version, one) in all() {
            let names = |record: &Value| {
                let mut names = BTreeSet::new();
                kinds::json_names(record, "", &mut names);
                names
            };
            let known: BTreeSet<String> = version.records(one.queue).iter().flat_map(names).collect();
            let text = one.record.to_string();
            assert!(names(&one.record).is_subset(&known), "{text}");
            let strange = ["captured", "fcm-notifier", "huawei-notifier", "oppo-notifier", "pixel", "mate"];
            assert!(strange.iter().all(|word| !text.contains(word)), "{text}");
            let own = &messages()[one.message];
            let words = [own.text.clone(), own.id.to_string(), "acme#story".to_owned(), "u1".to_owned()];
            assert!(words.iter().all(|word| text.contains(word.as_str())), "{text}");
        }
    }

    #[test]
    fn a_record_is_read_as_a_message_that_may_still_be_pushed() {
        for (_, one) in all() {
            let expires_at = match one.queue {
                "dispatch" => match serde_json::from_value(one.record.clone()).unwrap() {
                    DispatchRecord::V1 { jobs } => jobs[0].content.expires_at,
                    other => panic!("{other:?}"),
                },
                _ => match serde_json::from_value(one.record.clone()).unwrap() {
                    PushRecord::V1(job) => job.expires_at,
                    other => panic!("{other:?}"),
                },
            };
            assert!(expires_at.as_millis() > NOW, "{}", one.record);
        }
    }
}
