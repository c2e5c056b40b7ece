//! Messages with a notification each in one request (`multi_messages` of the server SDK,
//! <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558>).
//!
//! The answer is read as that to a notification for all: nothing is documented of its own.

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
    },
    ports::vendor::{VendorCall, VendorClient},
};

use super::{
    MAX_TOKENS, XiaomiClient,
    codes::NO_REGID,
    judge::{self, Judged},
    payload,
    rules::Account,
    wire::{Element, object},
};
use crate::{
    access_token::Keyed,
    reporting::merged::{Limits, Merging, Message, push_array},
    transport::form::push_escaped,
};

/// The count is the vendor's, as for one notification. The bytes are ours, so that long notifications need little memory;
/// a chat message takes about a kilobyte.
pub(super) const LIMITS: Limits = Limits { messages: MAX_TOKENS, bytes: 2_000_000 };

/// A merged call under way.
pub(super) struct Merged<'a> {
    pub(super) client: &'a XiaomiClient,
    pub(super) account: &'a Account,
    pub(super) requests: Keyed<'a>,
}

#[async_trait]
impl Merging for Merged<'_> {
    fn write(&self, call: &VendorCall<'_>, token: &DeviceToken) -> Result<Vec<u8>, CallError> {
        if !payload::fits(token) {
            return Err(CallError::Rejected { code: NO_REGID.to_owned() });
        }
        let message = object(payload::checked(call, self.account)?);
        let element = serde_json::to_vec(&Element { target: token.expose(), message });
        let element = element.map_err(|error| CallError::Rejected { code: error.to_string() })?;
        let mut body = Vec::with_capacity(2 * element.len());
        push_escaped(&mut body, &element);
        Ok(body)
    }

    async fn together(
        &self,
        messages: &[Message<'_>],
        tokens: &[DeviceToken],
    ) -> Result<Vec<Option<Outcome>>, CallError> {
        let mut body = b"messages=".to_vec();
        push_array(&mut body, messages);
        let now = self.client.clock.now();
        match self.requests.post(Bytes::from(body), |reply| judge::judge(reply, tokens, now)).await {
            Ok(Judged::Each(outcomes)) => Ok(outcomes.into_iter().map(Some).collect()),
            Ok(Judged::NoneTaken(_)) | Err(CallError::CredentialOrToken { .. }) => Ok(vec![None; messages.len()]),
            Err(error) => Err(error),
        }
    }

    fn client(&self) -> &dyn VendorClient {
        self.client
    }
}
