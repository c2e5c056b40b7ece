//! What apps' servers are told about receivers without a push.

use shared::{
    decider::Decided,
    domain::{
        callback::event::{CallbackEvent, Happening, PushEnded, Suppressed},
        decision::Verdict,
        message::Receiver,
        outcome::DeviceOutcome,
        reason::Reason,
    },
    ports::queue::DispatchJob,
};

use crate::{count::waits, dispatch::Dispatch};

/// Returns whether a receiver with this reason is not reached in any other way. The app's server may reach them then.
/// Connected receivers got the message, and nobody expects a push of a command.
const fn is_unreached(reason: Reason) -> bool {
    match reason {
        Reason::CommandMessage
        | Reason::OnlineOnly
        | Reason::MessageDelivered
        | Reason::UserOnline
        | Reason::AnotherDeviceOnline
        | Reason::Unknown => false,
        Reason::LargeGroup
        | Reason::GroupDisabled
        | Reason::MessageIgnorePush
        | Reason::ExpireMessage
        | Reason::NoUserExist
        | Reason::UserBanned
        | Reason::DeviceKicked
        | Reason::UserIgnorePush
        | Reason::ModeNone
        | Reason::NotMentioned
        | Reason::NoPushBinding
        | Reason::IgnorePushDeviceId
        | Reason::NotifierFiltered
        | Reason::AnotherBindingUsed
        | Reason::NoNotifierExist
        | Reason::NotifierDisabled
        | Reason::InvalidNotifier
        | Reason::QuotaUsedUp
        | Reason::IllegalBinding
        | Reason::PushYetButFail
        | Reason::TokenMoved
        | Reason::WaitsForLogin => true,
    }
}

impl Dispatch {
    /// Notes a receiver without a push, unless an earlier check pushed to some of the receiver's devices. After a
    /// vendor's refusal the server was told of the refusal.
    pub(crate) fn tell_suppressed(&self, job: &DispatchJob, one: &Decided) {
        let Verdict::Skip { reason } = one.decision.verdict else { return };
        let was_pushed = job.pushed.iter().any(|pushed| pushed.user == one.receiver.user);
        if was_pushed || job.vendor_failed || waits(job, &one.receiver) || !is_unreached(reason) {
            return;
        }
        self.tell(job, || {
            let Receiver { user, msg_id } = one.receiver.clone();
            Happening::Suppressed(Suppressed { user, msg_id, group: job.content.group.clone(), reason })
        });
    }

    /// Notes a push that waited and ends here.
    pub(crate) fn tell_ended(&self, job: &DispatchJob, receiver: &Receiver, outcome: &DeviceOutcome) {
        self.tell(job, || {
            Happening::Push(PushEnded {
                user: receiver.user.clone(),
                msg_id: receiver.msg_id,
                group: job.content.group.clone(),
                device_id: outcome.device_id.clone(),
                token: None,
                notifier: outcome.notifier.clone(),
                vendor: job.waited.as_ref().and_then(|waited| waited.vendor),
                status: outcome.status,
                reason: outcome.reason,
                detail: outcome.detail.clone(),
                vendor_message_id: outcome.vendor_message_id.clone(),
                answer: None,
            })
        });
    }

    /// The decision has just read the app's configuration, so it is cached.
    fn tell(&self, job: &DispatchJob, what: impl FnOnce() -> Happening) {
        if let Some(config) = self.decider.configs.cached(&job.app) {
            self.ports.callbacks.add(&config.app, || CallbackEvent::new(self.ports.clock.now(), what()));
        }
    }
}
