//! Records the receipts of one report.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        app::App,
        binding::{DeviceToken, TokenHolder},
        callback::event::{CallbackEvent, Happening, Reported},
        hygiene,
        id::{AppKey, MessageId, TaskId},
        message::Receiver,
        notifier::Notifier,
        outcome::DeviceOutcome,
        receipt::{DeviceReceipt, Event},
        statistics::Counted,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::error::StoreError,
};
use vendors::{message::read_receipt_param, receipts::Receipt};

use crate::{HandleReceipt, clean::Unregistered};

/// The result of a receipt: the device whose token is unregistered, if that is what it reports.
type Received = Result<Option<Unregistered>, StoreError>;

/// Receipts processed at the same time.
pub(crate) const PARALLEL: usize = 16;
/// Maximum duration of a report. It is less than the function's timeout, so that the vendor gets an answer.
const BUDGET: Duration = Duration::from_secs(7);
/// Maximum duration of writing counts after that.
pub(crate) const FLUSH: Duration = Duration::from_secs(1);

impl HandleReceipt {
    /// Processes every receipt, even after one failed. Returns the first failure, or a timeout. The vendor then reports
    /// again, and what was recorded already stays.
    pub(crate) async fn receive(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        receipts: &[Receipt],
        metrics: &Metrics,
    ) -> Result<(), StoreError> {
        let work = self.receive_all(app, notifier, receipts, metrics);
        let received = Deadline::after(BUDGET).wait(work).await;
        let flushed = Deadline::after(FLUSH);
        futures::join!(
            self.statistics.flush_if_due(flushed),
            self.task_counts.flush_if_due(self.clock.now(), flushed),
            self.callbacks.flush(flushed, Some(metrics))
        );
        received.unwrap_or_else(|| {
            tracing::warn!(receipts = receipts.len(), "a report takes too long");
            Err(StoreError::Unavailable("the report was not worked on in time".into()))
        })
    }

    async fn receive_all(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        receipts: &[Receipt],
        metrics: &Metrics,
    ) -> Result<(), StoreError> {
        let vendor = notifier.vendor.name();
        let mut received = Ok(());
        let mut unregistered = Vec::new();
        let work: Vec<_> = receipts.iter().map(|receipt| self.recorded(app, notifier, receipt)).collect();
        let mut recorded = stream::iter(work).buffer_unordered(PARALLEL);
        while let Some((receipt, result)) = recorded.next().await {
            metrics.add(Metric::Receipts, [("vendor", vendor), ("event", receipt.event.name())], 1);
            match result {
                Ok(found) => unregistered.extend(found),
                Err(error) => {
                    tracing::warn!(error = error.chain(), "a receipt was not recorded");
                    received = received.and(Err(error));
                }
            }
        }
        let cleaned = self.clean(app, notifier, unregistered, is_mass(receipts), metrics).await;
        received.and(cleaned)
    }

    async fn recorded<'a>(&self, app: &AppKey, notifier: &Notifier, receipt: &'a Receipt) -> (&'a Receipt, Received) {
        (receipt, self.receive_one(app, notifier, receipt).await)
    }

    /// Records a receipt. Returns the device if its token is unregistered.
    async fn receive_one(&self, app: &AppKey, notifier: &Notifier, receipt: &Receipt) -> Received {
        let Ok(token) = DeviceToken::parse(&receipt.token) else {
            return Ok(None);
        };
        // A token without an owner belongs to no device.
        let Some(holder) = self.tokens.token_owner(app, &notifier.name, &token).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let push = receipt.param.as_deref().and_then(read_receipt_param);
        let of_holder = match push {
            Some((msg_id, _)) => self.is_of_holder(app, notifier, &holder, msg_id).await?,
            None => false,
        };
        let TokenHolder { user, device: device_id, .. } = holder;
        if let Some((msg_id, task)) = push.filter(|_| of_holder) {
            // An id that shows the token is left out, as in outcomes.
            let own_id = receipt.vendor_message_id.as_deref().filter(|id| !id.contains(token.expose()));
            let record = DeviceReceipt {
                device_id: device_id.clone(),
                notifier: notifier.name.clone(),
                event: receipt.event,
                code: DeviceReceipt::word(&receipt.code),
                vendor_message_id: own_id.map(DeviceReceipt::word),
                at: receipt.at.unwrap_or(now),
            };
            let erased = self.erasures.erased_at(app, &user).await?;
            // The present owner of the token did not get pushes from before the erasure.
            if erased.is_none_or(|erased| msg_id.accepted_at() > erased) {
                let receiver = Receiver { user: user.clone(), msg_id };
                if self.messages.record_receipt(app, &receiver, &record, now).await? {
                    self.count(app, notifier.vendor, (msg_id, task), receipt.event);
                    if let Some(config) = self.configs.cached(app) {
                        self.tell(&config.app, &receiver, &record, Some(notifier.vendor));
                    }
                }
            }
        }
        Ok(match receipt.event {
            Event::Unregistered => {
                // A vendor's time before the message is wrong.
                let accepted_at = push.map(|(msg_id, _)| msg_id.accepted_at());
                let since = receipt.at.unwrap_or(now).max(accepted_at.unwrap_or(Timestamp::from_millis(0)));
                Some(Unregistered { user, device_id, token, since })
            }
            Event::Delivered | Event::Clicked | Event::Refused | Event::Other => None,
        })
    }

    /// Returns whether the device that holds a token got the push of this message. A report names no user. If the message
    /// is older than the device's hold of the token, its push went to an earlier device, or waited. One that waited is
    /// recorded for the device. Both times are ours, because a vendor's time may be wrong or missing.
    async fn is_of_holder(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        holder: &TokenHolder,
        msg_id: MessageId,
    ) -> Result<bool, StoreError> {
        if holder.since.is_none_or(|since| since <= msg_id.accepted_at()) {
            return Ok(true);
        }
        let to_device =
            |outcome: &DeviceOutcome| outcome.device_id == holder.device && outcome.notifier == notifier.name;
        Ok(self.accepted_push(app, &holder.user, msg_id, to_device).await?.is_some())
    }
}

impl HandleReceipt {
    /// Notes a receipt for the app's server.
    pub(crate) fn tell(&self, app: &App, receiver: &Receiver, record: &DeviceReceipt, vendor: Option<Vendor>) {
        self.callbacks.add(app, || {
            let reported = Reported {
                user: receiver.user.clone(),
                msg_id: receiver.msg_id,
                device_id: record.device_id.clone(),
                notifier: record.notifier.clone(),
                vendor,
                report: record.event,
                code: record.code.clone(),
            };
            CallbackEvent::new(self.clock.now(), Happening::Receipt(reported))
        });
    }

    /// Counts a receipt that is recorded for the first time.
    pub(crate) fn count(
        &self,
        app: &AppKey,
        vendor: Vendor,
        (msg_id, task): (MessageId, Option<TaskId>),
        event: Event,
    ) {
        let counted = match event {
            Event::Delivered => Counted::Delivered { vendor },
            Event::Clicked => Counted::Clicked { vendor },
            Event::Unregistered | Event::Refused | Event::Other => return,
        };
        self.statistics.count(app, msg_id.accepted_at(), counted, 1);
        self.task_counts.count(app, task, counted, 1);
    }
}

/// Returns whether a report has too many unregistered tokens to be plausible. Tokens without an owner count, too.
fn is_mass(receipts: &[Receipt]) -> bool {
    let tokens: HashSet<&str> = receipts.iter().map(|receipt| receipt.token.as_str()).collect();
    let unregistered = receipts.iter().filter(|receipt| receipt.event == Event::Unregistered);
    let unregistered: HashSet<&str> = unregistered.map(|receipt| receipt.token.as_str()).collect();
    hygiene::is_mass(unregistered.len(), tokens.len())
}
