//! Different notifications in one request, for vendors that take one of its own for each token.
//!
//! What the vendor refuses together is sent alone: one notification that it does not take costs no other one its push, and
//! what a code says of a single message it says of that message.

use async_trait::async_trait;
use futures::{StreamExt, stream};
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
    },
    ports::vendor::{VendorCall, VendorClient},
};

use super::{Part, merge};
use crate::transport::form::{COMMA, push_escaped};

/// Requests of single messages under way at once.
const AT_ONCE: usize = 8;

/// One notification for one token.
#[derive(Debug)]
pub struct MergedMessage<'a> {
    /// its place among all messages
    place: usize,
    /// the call, with this token alone
    call: VendorCall<'a>,
    /// for whom
    pub token: &'a DeviceToken,
    /// as its vendor's client wrote it: escaped for a form
    body: Vec<u8>,
}

/// What one request may carry.
#[derive(Debug, Clone, Copy)]
pub struct MergedLimits {
    /// messages
    pub messages: usize,
    /// bytes, but for what stands before the messages
    pub bytes: usize,
}

/// A merged call under way: what a vendor does in its own way.
#[async_trait]
pub trait MergedCall: Sync {
    /// Writes one message, escaped for a form. Refuses what the vendor would refuse.
    fn write(&self, call: &VendorCall<'_>, token: &DeviceToken) -> Result<Vec<u8>, CallError>;

    /// Sends one request to these tokens. An outcome for each message, `None` for those that have to be sent alone. A request
    /// that is rejected is none of them.
    async fn together(
        &self,
        messages: &[MergedMessage<'_>],
        tokens: &[DeviceToken],
    ) -> Result<Vec<Option<Outcome>>, CallError>;

    /// Sends calls with one token.
    fn client(&self) -> &dyn VendorClient;
}

/// Sends the calls' messages in as few requests as the limits allow. One outcome a token, in the order of the calls and
/// their tokens, unless everything that was sent failed alike.
pub async fn send(
    vendor: &impl MergedCall,
    calls: &[VendorCall<'_>],
    limits: MergedLimits,
) -> Result<Vec<Outcome>, CallError> {
    let (messages, mut outcomes) = write(vendor, calls);
    let mut sent = Sent::default();
    for request in requests(messages, limits) {
        let tokens: Vec<DeviceToken> = request.iter().map(|message| message.token.clone()).collect();
        let said = match vendor.together(&request, &tokens).await {
            Err(CallError::Rejected { .. }) => Ok(vec![None; request.len()]),
            said => said,
        };
        match said {
            Ok(said) => {
                let mut left = Vec::new();
                for (message, outcome) in request.into_iter().zip(said) {
                    match outcome {
                        Some(outcome) => sent.add(message.place, Ok(vec![outcome])),
                        None => left.push(alone(vendor, message)),
                    }
                }
                let said: Vec<_> = stream::iter(left).buffered(AT_ONCE).collect().await;
                said.into_iter().for_each(|(place, result)| sent.add(place, result));
            }
            Err(error) => request.iter().for_each(|message| sent.add(message.place, Err(error.clone()))),
        }
    }
    for (place, outcome) in sent.places.into_iter().zip(merge(sent.parts)?) {
        outcomes[place] = Some(outcome);
    }
    Ok(outcomes.into_iter().flatten().collect())
}

/// Appends messages as a JSON array, escaped for a form.
pub fn push_array(body: &mut Vec<u8>, messages: &[MergedMessage<'_>]) {
    body.reserve(messages.iter().map(|message| message.body.len() + COMMA.len()).sum::<usize>() + 2 * COMMA.len());
    push_escaped(body, b"[");
    for (at, message) in messages.iter().enumerate() {
        if at > 0 {
            body.extend_from_slice(COMMA);
        }
        body.extend_from_slice(&message.body);
    }
    push_escaped(body, b"]");
}

/// The messages that can be sent, and a place for each token's outcome; those of the others are there already.
fn write<'a>(vendor: &impl MergedCall, calls: &[VendorCall<'a>]) -> (Vec<MergedMessage<'a>>, Vec<Option<Outcome>>) {
    let (mut messages, mut outcomes) = (Vec::new(), Vec::new());
    for call in calls {
        for token in call.tokens {
            let call = VendorCall { tokens: std::slice::from_ref(token), ..*call };
            match vendor.write(&call, token) {
                Ok(body) => {
                    messages.push(MergedMessage { place: outcomes.len(), call, token, body });
                    outcomes.push(None);
                }
                Err(error) => outcomes.push(Some(Outcome::Refused { code: error.code().to_owned() })),
            }
        }
    }
    (messages, outcomes)
}

fn requests(messages: Vec<MergedMessage<'_>>, limits: MergedLimits) -> Vec<Vec<MergedMessage<'_>>> {
    let mut requests: Vec<Vec<MergedMessage<'_>>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let length = message.body.len() + COMMA.len();
        match requests.last_mut().filter(|request| request.len() < limits.messages && bytes + length <= limits.bytes) {
            Some(request) => {
                bytes += length;
                request.push(message);
            }
            None => {
                bytes = length;
                requests.push(vec![message]);
            }
        }
    }
    requests
}

/// A refusal concerns this message only: another one may be refused with another code.
async fn alone(vendor: &impl MergedCall, message: MergedMessage<'_>) -> (usize, Result<Vec<Outcome>, CallError>) {
    let result = match vendor.client().send(message.call).await.outcomes {
        Err(CallError::Rejected { code }) => Ok(vec![Outcome::Refused { code }]),
        result => result,
    };
    (message.place, result)
}

/// What was sent so far, and what came of it.
#[derive(Default)]
struct Sent {
    places: Vec<usize>,
    parts: Vec<Part>,
}

impl Sent {
    fn add(&mut self, place: usize, result: Result<Vec<Outcome>, CallError>) {
        self.places.push(place);
        self.parts.push(Part { tokens: 1, result });
    }
}
