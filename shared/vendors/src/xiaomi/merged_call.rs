//! Messages with a notification each in one request (`multi_messages` of the server SDK,
//! <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558>).
//!
//! The answer is read as that to a notification for all: nothing is documented of its own.

use super::{
    MAX_TOKENS,
    codes::NO_REGID,
    judge::{self, Judged},
    payload,
    rules::Account,
    wire::{Element, object},
};
use crate::prelude::*;

/// The count is the vendor's, as for one notification. The bytes are ours, so that long notifications need little memory;
/// a chat message takes about a kilobyte.
pub(super) const LIMITS: MergedLimits = MergedLimits { messages: MAX_TOKENS, bytes: 2_000_000 };

/// A merged call under way.
pub(super) struct Merged<'a> {
    pub(super) client: &'a Client,
    pub(super) account: &'a Account,
    pub(super) requests: Keyed<'a>,
}

#[async_trait]
impl MergedCall for Merged<'_> {
    fn write(&self, call: &VendorCall<'_>, token: &DeviceToken) -> Result<Vec<u8>, CallError> {
        if !payload::fits(token) {
            return Err(CallError::Rejected { code: NO_REGID.to_owned() });
        }
        let message = object(payload::checked(call, self.account)?);
        let element = to_json(&Element { target: token.expose(), message })?;
        let mut body = Vec::with_capacity(2 * element.len());
        push_escaped(&mut body, &element);
        Ok(body)
    }

    async fn together(
        &self,
        messages: &[MergedMessage<'_>],
        tokens: &[DeviceToken],
    ) -> Result<Vec<Option<Outcome>>, CallError> {
        let mut body = b"messages=".to_vec();
        push_array(&mut body, messages);
        let now = self.client.now();
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
