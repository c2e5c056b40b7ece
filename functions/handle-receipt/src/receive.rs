//! What becomes of the receipts of one report.

use shared::{
    domain::{
        binding::DeviceToken,
        id::{AppKey, MessageId},
        message::Receiver,
        notifier::Notifier,
        receipt::{DeviceReceipt, Event},
    },
    lambda::metric::{Metric, Metrics},
    ports::error::StoreError,
    vendors::receipt::Receipt,
};

use crate::HandleReceipt;

impl HandleReceipt {
    /// Works on every receipt, also after one failed; the first failure is the answer, so that the vendor may report again.
    pub(crate) async fn receive(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        receipts: &[Receipt],
        metrics: &Metrics,
    ) -> Result<(), StoreError> {
        let vendor = notifier.vendor.name();
        let mut received = Ok(());
        for receipt in receipts {
            metrics.add(Metric::Receipts, [("vendor", vendor), ("event", receipt.event.name())], 1);
            match self.receive_one(app, notifier, receipt).await {
                Ok(false) => {}
                Ok(true) => metrics.add(Metric::TokensRemoved, [("vendor", vendor)], 1),
                Err(error) => {
                    tracing::warn!(error = error.chain(), "a receipt was not recorded");
                    received = received.and(Err(error));
                }
            }
        }
        received
    }

    /// Whether the receipt cost its token the binding.
    async fn receive_one(&self, app: &AppKey, notifier: &Notifier, receipt: &Receipt) -> Result<bool, StoreError> {
        let Ok(token) = DeviceToken::parse(&receipt.token) else {
            return Ok(false);
        };
        // A token that nobody holds any more says nothing of a device.
        let Some((user, device_id)) = self.tokens.token_owner(app, &notifier.name, &token).await? else {
            return Ok(false);
        };
        let now = self.clock.now();
        if let Some(msg_id) = receipt.param.as_deref().and_then(|param| MessageId::parse(param).ok()) {
            let record = DeviceReceipt {
                device_id: device_id.clone(),
                notifier: notifier.name.clone(),
                event: receipt.event,
                code: DeviceReceipt::word(&receipt.code),
                vendor_message_id: receipt.vendor_message_id.as_deref().map(DeviceReceipt::word),
                at: receipt.at.unwrap_or(now),
            };
            let receiver = Receiver { user: user.clone(), msg_id };
            self.messages.record_receipt(app, &receiver, &record, now).await?;
        }
        match receipt.event {
            Event::Unregistered => {
                self.unregistered_tokens.remove_if_current(app, &user, &device_id, &notifier.name, &token).await
            }
            Event::Delivered | Event::Clicked | Event::Refused | Event::Other => Ok(false),
        }
    }
}
