//! How a run ends: faults end, the queues drain, users come back, and what is stored is written down.

use std::time::Duration;

use curlew_tests::history::{DeadLetter, Decided, DecidedDevice, DeviceEnd, StoredBinding, What};
use shared::{
    domain::{
        decision::{Decision, DeviceDecision},
        id::{AppKey, GroupId, MessageId, UserId},
        outcome::DeviceOutcome,
    },
    ports::{erasure::ReadErasure, group_messages::ReadGroupMessage, messages::StoredMessage, users::ManageBindings},
};

use super::{
    sockets::user,
    steps::text_in,
    story::{APPS, USERS, Who},
    world::World,
};

/// How long the queues may need until they are empty: retries end with their messages, a day later.
const LONGEST_DRAIN: Duration = Duration::from_secs(3 * 86_400);

impl World {
    /// Ends the run, and writes down what is left.
    pub async fn finish(&self) {
        self.end_troubles();
        self.renew_tokens().await;
        self.drain().await;
        self.disconnect_all().await;
        self.drain().await;
        for who in everybody() {
            self.pull(who, false).await;
        }
        self.recorder.add(What::FaultsEnded);
        self.drain().await;
        self.note_left();
        self.note_counts();
        self.note_bindings().await;
        self.note_decisions().await;
    }

    /// Waits until no record is left, or for as long as a drain may last.
    async fn drain(&self) {
        let begun = tokio::time::Instant::now();
        let mut quiet = 0;
        while begun.elapsed() < LONGEST_DRAIN && quiet < 3 {
            tokio::time::sleep(Duration::from_secs(20)).await;
            quiet = if self.rests() { quiet + 1 } else { 0 };
        }
    }

    fn note_left(&self) {
        for queue in &self.queues {
            for body in queue.take_dead() {
                let letter = DeadLetter { queue: queue.name.clone(), reason: None, body };
                self.recorder.add(What::DeadLettered(letter));
            }
            if queue.left() > 0 {
                self.recorder.add(What::Left { queue: queue.name.clone(), records: queue.left() as u64 });
            }
        }
        for (queue, letters) in &self.dead_letters.0 {
            for one in letters.records() {
                let letter = DeadLetter { queue: queue.clone(), reason: one.reason, body: one.body };
                self.recorder.add(What::DeadLettered(letter));
            }
        }
    }

    async fn note_bindings(&self) {
        for who in everybody() {
            let (app, user) = (self.app(who.app), user(who));
            for one in self.services.users.bindings(&app, &user).await.unwrap() {
                self.recorder.add(What::Bound(StoredBinding {
                    app: app.clone(),
                    user: user.clone(),
                    device: one.device_id,
                    notifier: one.notifier,
                    token: one.token.expose().to_owned(),
                }));
            }
        }
        for app in 0..APPS {
            self.recorder.add(What::BindingsListed { app: self.app(app) });
        }
    }

    async fn note_decisions(&self) {
        for app in (0..APPS).map(|app| self.app(app)) {
            for (receiver, stored) in self.services.messages.all(&app) {
                if !self.was_erased(&app, &receiver.user, receiver.msg_id).await {
                    self.note_decision((&app, &receiver.user, receiver.msg_id), None, &stored);
                }
            }
            let members = self.members.borrow().clone();
            for (group, msg_id) in self.services.messages.all_of_groups(&app) {
                let of_group = members.iter().filter(|(of, one, _)| *of == app && *one == group);
                for user in of_group.map(|(_, _, user)| user.clone()) {
                    if self.was_erased(&app, &user, msg_id).await {
                        continue;
                    }
                    let found = self.services.messages.group_message(&app, Some(&group), msg_id, &user).await.unwrap();
                    if let Some(found) = found {
                        self.note_decision((&app, &user, msg_id), Some(group.clone()), &found);
                    }
                }
            }
        }
    }

    /// Returns the text of a stored message or push, which names its step.
    fn text_of(&self, message: MessageId, stored: &StoredMessage) -> Option<String> {
        let text = text_in(&serde_json::to_string(&stored.content).unwrap())?;
        self.recorder.name(message, &text);
        Some(text)
    }

    /// Returns whether the user was erased after the message: the API shows nothing of it.
    async fn was_erased(&self, app: &AppKey, user: &UserId, message: MessageId) -> bool {
        let erased = self.services.erasures.erased_at(app, user).await.unwrap();
        erased.is_some_and(|at| message.accepted_at() <= at)
    }

    fn note_decision(
        &self,
        (app, user, message): (&AppKey, &UserId, MessageId),
        group: Option<GroupId>,
        stored: &StoredMessage,
    ) {
        let Some(decision) = &stored.decision else {
            return;
        };
        self.recorder.add(What::Decided(Decided {
            app: app.clone(),
            user: user.clone(),
            message,
            text: self.text_of(message, stored),
            group,
            decided_at: None,
            verdict: decision.verdict,
            devices: devices(decision, &stored.outcomes),
        }));
    }
}

fn devices(decision: &Decision, outcomes: &[DeviceOutcome]) -> Vec<DecidedDevice> {
    let of_device = |one: &DeviceDecision| {
        let own = |outcome: &&DeviceOutcome| {
            outcome.device_id == one.device_id && Some(&outcome.notifier) == one.notifier.as_ref()
        };
        DecidedDevice {
            device: one.device_id.clone(),
            notifier: one.notifier.clone(),
            verdict: one.verdict,
            end: outcomes.iter().find(own).map(end),
        }
    };
    decision.devices.iter().map(of_device).collect()
}

fn end(outcome: &DeviceOutcome) -> DeviceEnd {
    DeviceEnd { at: outcome.at, status: outcome.status, reason: outcome.reason, attempts: outcome.attempts }
}

/// Returns every user of every app.
pub fn everybody() -> impl Iterator<Item = Who> {
    (0..APPS).flat_map(|app| (0..USERS).map(move |user| Who { app, user }))
}
