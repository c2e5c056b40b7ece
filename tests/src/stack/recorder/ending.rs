//! What the end of a run shows: decisions, bindings, queues.

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::StatusCode;
use serde_json::Value;
use shared::domain::{
    decision::Verdict,
    id::{DeviceId, MessageId, NotifierName, UserId},
    outcome::PushStatus,
    reason::Reason,
    time::Timestamp,
};

use super::{Known, Recorder, StackError};
use crate::history::{DeadLetter, Decided, DecidedDevice, DeviceEnd, StoredBinding, What};

/// Traces that are read at the same time.
const PARALLEL_READS: usize = 4;

impl Recorder<'_> {
    /// Adds the decision of every message whose id an answer named. One that is not recorded adds nothing.
    pub(super) async fn collect_decisions(&self, known: &Known) -> Result<(), StackError> {
        let of_answers = known.messages.iter().map(|(user, message)| (user, *message, None));
        let of_tasks = known.of_tasks.iter().map(|(user, message, text)| (user, *message, Some(text)));
        let mut decided = stream::iter(of_answers.chain(of_tasks))
            .map(|(user, message, text)| self.find_decision(user, message, text.cloned()))
            .buffered(PARALLEL_READS);
        while let Some(decided) = decided.try_next().await? {
            decided.into_iter().for_each(|decided| self.note(What::Decided(decided)));
        }
        Ok(())
    }

    async fn find_decision(
        &self,
        user: &UserId,
        message: MessageId,
        text: Option<String>,
    ) -> Result<Option<Decided>, StackError> {
        let trace = present(self.app.trace(user.as_str(), &message.to_string()).await)?;
        Ok(trace.and_then(|trace| self.decided(user, message, text, &trace)))
    }

    fn decided(&self, user: &UserId, message: MessageId, text: Option<String>, trace: &Value) -> Option<Decided> {
        let devices = trace["devices"].as_array().into_iter().flatten().filter_map(device).collect();
        let (app, user) = (self.key.clone(), user.clone());
        let verdict = verdict(trace)?;
        Some(Decided { app, user, message, text, group: None, decided_at: None, verdict, devices })
    }

    /// Adds the stored bindings of every user who bound a token.
    pub(super) async fn collect_bindings(&self, known: &Known) -> Result<(), StackError> {
        for user in &known.users {
            // An erased user has none.
            for row in present(self.app.bindings(user.as_str()).await)?.unwrap_or_default() {
                let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                let (device, notifier) =
                    (DeviceId::parse(&text("device_id")), NotifierName::parse(&text("notifier_name")));
                let (Ok(device), Ok(notifier)) = (device, notifier) else {
                    return Err(StackError::Lacking("a binding's device and notifier"));
                };
                let (app, user, token) = (self.key.clone(), user.clone(), text("device_token"));
                self.note(What::Bound(StoredBinding { app, user, device, notifier, token }));
            }
        }
        self.note(What::BindingsListed { app: self.key.clone() });
        Ok(())
    }

    /// Adds what queues hold, and dead letters that name this app. Sweeps for other apps and users wait on the queue `erase`.
    pub(super) async fn collect_queues(&self) -> Result<(), StackError> {
        let depths = self.stack.cloud.depths().await?;
        for (queue, records) in depths.into_iter().filter(|(queue, _)| queue != "EraseQueue") {
            if !queue.contains("DeadLetter") {
                self.note(What::Left { queue, records });
            } else if records > 0 {
                let letters = self.stack.cloud.dead_lettered(&queue).await?.into_iter();
                for letter in letters.filter(|letter| letter.body.contains(self.key.as_str())) {
                    let letter = DeadLetter { queue: queue.clone(), reason: letter.reason, body: letter.body };
                    self.note(What::DeadLettered(letter));
                }
            }
        }
        Ok(())
    }
}

/// Returns what a call answered; `None` if there is no such thing.
pub(super) fn present<T>(answered: Result<T, StackError>) -> Result<Option<T>, StackError> {
    match answered {
        Err(StackError::Refused(answer)) if answer.status == StatusCode::NOT_FOUND.as_u16() => Ok(None),
        answered => answered.map(Some),
    }
}

/// Reads the verdict of a receiver or a device. `None`: nothing is recorded yet.
fn verdict(of: &Value) -> Option<Verdict> {
    match of["verdict"].as_str()? {
        "push" => Some(Verdict::Push),
        "skip" => Some(Verdict::Skip { reason: reason(&of["reason"]) }),
        _ => None,
    }
}

fn reason(of: &Value) -> Reason {
    serde_json::from_value(of.clone()).unwrap_or(Reason::Unknown)
}

fn device(of: &Value) -> Option<DecidedDevice> {
    Some(DecidedDevice {
        device: DeviceId::parse(of["device_id"].as_str()?).ok()?,
        notifier: of["notifier_name"].as_str().and_then(|name| NotifierName::parse(name).ok()),
        verdict: verdict(of)?,
        end: of["attempts"].as_array().and_then(|attempts| end(attempts)),
    })
}

/// Reads the last attempt, if it ended the push.
fn end(attempts: &[Value]) -> Option<DeviceEnd> {
    let last = attempts.last()?;
    let (status, reason) = match last["outcome"].as_str()? {
        "success" => (PushStatus::Success, None),
        "fail" => (PushStatus::Fail, Some(reason(&last["reason"]))),
        _ => return None,
    };
    let at = Timestamp::from_millis(last["at"].as_i64()?);
    Some(DeviceEnd { at, status, reason, attempts: u32::try_from(attempts.len()).unwrap_or(u32::MAX) })
}
