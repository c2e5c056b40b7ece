//! A vendor reports that its pushes reached their phone, some of them more than once.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use curlew_tests::{
    history::{Receipt, What},
    simulators::{ReceiptEvent, ReceiptOrder},
};
use shared::domain::{receipt::Event, time::Timestamp};
use tokio::time::timeout;

use super::{
    app_server::{AppServer, again},
    turn::Turn,
};
use crate::harness::{Phone, custom_data, until};

/// How long a vendor waits for a push before it reports an earlier one again.
const PATIENCE: Duration = Duration::from_secs(20);
/// A vendor that learns the address from each push.
const VENDOR: &str = "xiaomi";

/// A phone whose pushes are reported.
pub struct Reported<'r, 'w> {
    server: AppServer<'r, 'w>,
    phone: Phone,
    /// the ids of the messages whose report was taken
    taken: Mutex<BTreeSet<String>>,
}

impl<'r, 'w> Reported<'r, 'w> {
    pub async fn begin(server: AppServer<'r, 'w>) -> Self {
        let phone = Phone::new(VENDOR, "reported");
        server.tenant.notify_through(VENDOR).await;
        server.bind(&phone, &phone.user).await;
        Self { server, phone, taken: Mutex::default() }
    }

    /// Goes on until the story is over: a message, and when the phone has it, reports. The vendor repeats a report until
    /// Curlew takes it. While AWS fails, a push may come later than the patience here, or never, and the checker knows
    /// whether it may; then the vendor reports the last one again.
    pub async fn play(&self, turn: &Turn) {
        turn.repeat("HandleReceipt", async |_| {
            let before = self.last().await;
            self.server.send_to(&self.phone.user).await;
            let comes = until("a push to report", async || (self.last().await != before).then_some(()));
            if timeout(PATIENCE, comes).await.is_err() && before.is_none() {
                return;
            }
            again(|| self.report()).await;
            while turn.is_of("HandleReceipt") && !turn.is_over() {
                self.report().await;
            }
        })
        .await;
    }

    /// Returns the id of the message that reached the phone last.
    async fn last(&self) -> Option<String> {
        let delivered = self.server.tenant.deliveries(&self.phone).await;
        Some(custom_data(&delivered.last()?.notice.data)["m"].as_str()?.to_owned())
    }

    /// Lets the vendor report the last push. Returns whether Curlew took the report.
    async fn report(&self) -> bool {
        let (app, token) = (self.server.tenant.key.clone(), self.phone.token.clone());
        let Some(push) = self.server.tenant.deliveries(&self.phone).await.pop() else { return false };
        self.server.run.note(What::Receipt(Receipt {
            app,
            token: token.clone(),
            unregistered: false,
            happened: Timestamp::from_millis(i64::try_from(push.at_ms).unwrap_or_default()),
            push: push.seq,
        }));
        let stack = &self.server.tenant.world.stack;
        let order = ReceiptOrder {
            vendor: VENDOR.to_owned(),
            token,
            event: ReceiptEvent::Delivered,
            to: stack.api.url("/push/report"),
            secret: String::new(),
        };
        let before = self.last().await;
        let is_taken = stack.vendors.send_receipt(&order).await.is_ok_and(|status| status == 200);
        // If another push came meanwhile, nobody knows of which one the report was.
        if is_taken && self.last().await == before {
            self.taken.lock().unwrap().extend(before);
        }
        is_taken
    }

    /// Checks that every report that was taken stands beside its message, once.
    pub async fn stand_beside_their_messages(&self) {
        let taken = self.taken.lock().unwrap().clone();
        assert!(!taken.is_empty());
        for id in taken {
            let stored = self.server.tenant.ended(&self.phone.user, &id).await;
            let events: Vec<Event> = stored.receipts.iter().map(|receipt| receipt.event).collect();
            assert_eq!(events, [Event::Delivered], "of {id}");
        }
    }
}
