//! Vendors report what became of a push: late, twice, after the user was erased, or that a token is unregistered.

use std::time::Duration;

use axum::{body::Body, http::Request};
use curlew_tests::{
    history::{Receipt, What},
    simulators::{Delivery, Filter, ReceiptEvent, Report, ReportAddress},
};
use serde_json::Value;
use shared::domain::{id::NotifierName, statistics::Figure, time::Timestamp};

use super::{
    random::Random,
    story::{Action, Function, Story, USERS},
    world::World,
};

/// How often a vendor repeats a report that was not answered 2xx.
const REPEATS: usize = 2;

/// Returns something that a vendor or the owner of a phone does.
pub fn action(random: &Random, _: &Story) -> Action {
    let app = u8::from(random.percent(20));
    let phone = random.below(usize::from(USERS)) as u8;
    match random.below(10) {
        0..6 => Action::Receipt {
            app,
            phone,
            back: random.below(4) as u8,
            unregistered: random.percent(25),
            again: random.percent(40).then(|| random.between(0, 200_000)),
        },
        6..8 => Action::Uninstall { app, phone },
        _ => Action::Install { app, phone },
    }
}

impl World {
    /// Lets the vendor report of a push to a phone, counted back from the last one, and once more after `again`
    /// milliseconds. It reports nothing that its documents do not name.
    pub async fn send_receipt(&self, (app, phone): (u8, u8), back: u8, unregistered: bool, again: Option<u64>) {
        let (notifier, token) = self.phone(app, phone);
        let (_, spec, _) = self.interfaces[usize::from(phone) % self.interfaces.len()];
        let Some(receipts) = &spec.receipts else { return };
        let deliveries = self.phones.deliveries(&Filter::vendor(spec.name()).for_token(&token));
        let Some(delivery) = deliveries.iter().rev().nth(usize::from(back)) else { return };
        let Some((event, happened)) = self.what_happened(delivery, unregistered) else { return };
        let Some(report) = self.phones.report_on(delivery, event, happened) else { return };
        let path = match (receipts.address, &report.address) {
            (ReportAddress::Console, _) => self.report_paths.borrow().get(&(app, notifier)).cloned(),
            (_, Some(named)) => named.find("/push/report").map(|begin| named[begin..].to_owned()),
            (_, None) => None,
        };
        let Some(path) = path else { return };
        let receipt = Receipt { app: self.app(app), token, unregistered, happened, push: delivery.seq };
        self.report(&path, &report, &receipt).await;
        if let Some(again) = again {
            tokio::time::sleep(Duration::from_millis(again)).await;
            self.report(&path, &report, &receipt).await;
        }
    }

    /// Returns what the vendor knows of a push, and since when. It notices by the push that the app is gone.
    fn what_happened(&self, delivery: &Delivery, unregistered: bool) -> Option<(ReceiptEvent, Timestamp)> {
        let pushed = Timestamp::from_millis(delivery.at_ms as i64);
        if !unregistered {
            return Some((ReceiptEvent::Delivered, pushed));
        }
        let gone = self.phones.uninstalled_at(&delivery.notice.token)?;
        Some((ReceiptEvent::Unregistered, gone.max(pushed)))
    }

    /// Sends a report until it is answered 2xx, a few times at most.
    async fn report(&self, path: &str, report: &Report, receipt: &Receipt) {
        for _ in 0..=REPEATS {
            self.recorder.add(What::Receipt(receipt.clone()));
            let request = Request::post(path)
                .header("content-type", report.content_type)
                .body(Body::from(report.body.clone()))
                .unwrap();
            let answered = self.request(Function::HandleReceipt, request).await;
            if answered.is_some_and(|(status, _)| status < 500) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(self.random.between(500, 20_000))).await;
        }
    }

    /// Enters a notifier's address for reports in the vendor's console.
    pub fn enter_report_address(&self, app: u8, notifier: &Value) {
        let name = notifier["name"].as_str().unwrap();
        if let Some(url) = notifier["receipt_url"].as_str() {
            let path = url[url.find("/push/report").unwrap()..].to_owned();
            self.report_paths.borrow_mut().insert((app, NotifierName::parse(name).unwrap()), path);
        }
    }

    /// Writes down how many deliveries the product counted.
    pub fn note_counts(&self) {
        for (app, _) in self.apps.borrow().iter() {
            let delivered = self.services.runtime.all_counts(app).get(Figure::Delivered);
            self.recorder.add(What::Counted { app: app.clone(), delivered });
        }
    }
}
