//! Sample jobs for tests.

use shared::{
    domain::{
        decision::{Decision, Verdict},
        id::MessageId,
        message::Receiver,
        push::{Notification, SemanticClass},
        time::Timestamp,
    },
    ports::queue::{PushDevice, PushJob, PushReceiver},
    testing::sample,
};

use crate::batch::JobRecord;

/// Returns a job of a message that was never tried.
pub(crate) fn job(receivers: Vec<PushReceiver>) -> PushJob {
    PushJob {
        app: sample::app_key("acme#chat"),
        notifier: sample::notifier_name("n"),
        notification: Notification {
            title: "t".into(),
            body: "b".into(),
            custom: serde_json::Map::new(),
            class: SemanticClass::Im,
            replace_id: "r".into(),
            badge: true,
            options: serde_json::Map::new(),
        },
        expires_at: Timestamp::from_millis(1_000),
        page: None,
        group_exists: false,
        waits_for_login: false,
        task: None,
        receivers,
        decided_at: None,
        connections: None,
        attempts: 0,
        rounds: Vec::new(),
        not_before: None,
        repeat: false,
        unanswered: false,
    }
}

/// Returns the id of a user's message, by a number.
pub(crate) fn message(number: u128) -> MessageId {
    MessageId::new(Timestamp::from_millis(1), number)
}

/// Returns a receiver of a message with these devices.
pub(crate) fn receiver(user: &str, msg_id: MessageId, devices: Vec<PushDevice>) -> PushReceiver {
    PushReceiver {
        receiver: Receiver { user: sample::user(user), msg_id },
        decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
        devices,
        tokens: Vec::new(),
    }
}

/// Returns a device that was never tried.
pub(crate) fn device(id: &str, token: &str) -> PushDevice {
    PushDevice { device_id: sample::device(id), token: sample::token(token), places: Vec::new() }
}

/// Returns the records of these jobs.
pub(crate) fn records(jobs: impl IntoIterator<Item = PushJob>) -> Vec<JobRecord> {
    let numbered = jobs.into_iter().enumerate();
    numbered.map(|(number, job)| JobRecord { number, id: number.to_string(), job }).collect()
}
