//! What the vendors got.

use shared::domain::{
    id::{MessageId, NotifierName},
    time::Timestamp,
    vendor::Vendor,
};

use super::{Known, Recorder, StackError};
use crate::{
    history::{VendorAnswer, VendorGot, What},
    simulators::{Answered, Delivery, DeliveryKind, Endpoint, Filter, Recorded},
};

impl Recorder<'_> {
    /// Adds what vendors got for tokens of this run.
    pub(super) async fn collect_pushes(&self, known: &Known) -> Result<(), StackError> {
        for vendor in Vendor::ALL {
            let filter = Filter::vendor(vendor.name());
            let deliveries = self.stack.vendors.deliveries(&filter).await?;
            for request in self.stack.vendors.requests(&filter.at(Endpoint::Send)).await? {
                for (token, notifier) in known.tokens.iter().filter(|(token, _)| request.targets.contains(token)) {
                    let mut own: Vec<Option<&Delivery>> = deliveries
                        .iter()
                        .filter(|one| one.request == request.seq && one.notice.token == *token)
                        .map(Some)
                        .collect();
                    if own.is_empty() {
                        own.push(None);
                    }
                    let at = Timestamp::from_millis(i64::try_from(request.at_ms).unwrap_or(i64::MAX));
                    for shown in own {
                        let got = self.got(vendor, &request, (token, notifier), shown, &known.texts);
                        self.note_at(at, What::VendorGot(got));
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns what a request, or one delivery of it, was for a token.
    fn got(
        &self,
        vendor: Vendor,
        request: &Recorded,
        (token, notifier): (&str, &NotifierName),
        shown: Option<&Delivery>,
        texts: &[String],
    ) -> VendorGot {
        VendorGot {
            vendor,
            request: request.seq,
            app: self.key.clone(),
            notifier: notifier.clone(),
            token: token.to_owned(),
            text: text(request, shown, texts),
            message: shown.and_then(message_id),
            replace_id: shown.and_then(|one| one.notice.replace_ids.first().cloned()),
            revokes: false,
            test: false,
            too_early: false,
            outdated: false,
            shown: shown.is_some_and(|one| one.notice.kind == DeliveryKind::Notification),
            answer: answer(request, shown.is_some()),
        }
    }
}

/// Returns the text of a delivery, or of a request without one. A request may carry several messages: only a delivery says
/// which of them was for this phone.
fn text(request: &Recorded, shown: Option<&Delivery>, texts: &[String]) -> Option<String> {
    let delivered = shown.map(|one| [&one.notice.title, &one.notice.body].map(|part| part.clone().unwrap_or_default()));
    let place = delivered.map_or_else(|| request.body.clone(), |parts| parts.concat());
    let mut found = texts.iter().filter(|text| place.contains(text.as_str()));
    found.next().filter(|_| found.next().is_none()).cloned()
}

/// Reads the message id from the data that comes with a tap.
fn message_id(delivery: &Delivery) -> Option<MessageId> {
    let data = &delivery.notice.data;
    let parsed = data.as_str().and_then(|text| serde_json::from_str(text).ok());
    let id = parsed.as_ref().unwrap_or(data)["m"].as_str()?;
    MessageId::parse(id).ok()
}

/// Returns what the caller could read from the answer.
const fn answer(request: &Recorded, was_delivered: bool) -> VendorAnswer {
    match request.answered {
        Answered::Nothing(_) => VendorAnswer::Unclear,
        Answered::Http { status: 429 | 500.., .. } => VendorAnswer::Later,
        Answered::Http { .. } if was_delivered => VendorAnswer::Accepted,
        Answered::Http { status: 404, .. } => VendorAnswer::Unregistered { really: true },
        Answered::Http { .. } => VendorAnswer::Refused,
    }
}
