//! Messages with a notification each in one request: batches carry a copy of the notification for each token anyway, and
//! the copies may differ (<https://open.oppomobile.com/documentation/page/info?id=11238>).

use super::{
    MAX_TOKENS,
    codes::DUPLICATE,
    judge::Judge,
    payload::{MAX_BYTES, Payload},
    push::written,
    rules::Account,
};
use crate::prelude::*;

/// What one request may carry.
pub(super) const LIMITS: MergedLimits = MergedLimits { messages: MAX_TOKENS, bytes: MAX_BYTES };

/// A merged call under way.
pub(super) struct Merged<'a> {
    pub(super) client: &'a Client,
    pub(super) account: &'a Account,
    pub(super) requests: Authorized<'a>,
    pub(super) judge: Judge,
}

#[async_trait]
impl MergedCall for Merged<'_> {
    fn write(&self, call: &VendorCall<'_>, token: &DeviceToken) -> Result<Vec<u8>, CallError> {
        Ok(Payload::new(call, self.account)?.message(token))
    }

    async fn together(
        &self,
        messages: &[MergedMessage<'_>],
        tokens: &[DeviceToken],
    ) -> Result<Vec<Option<Outcome>>, CallError> {
        let write = |access: &AccessToken| {
            let mut body = format!("auth_token={}&messages=", escaped(access.expose())).into_bytes();
            push_array(&mut body, messages);
            written(body)
        };
        match self.requests.post_written(write, |reply| self.judge.batch(reply, tokens)).await {
            // one of them was taken before; alone each says so of itself
            Err(CallError::Ambiguous { code }) if code == DUPLICATE.to_string() => Ok(vec![None; messages.len()]),
            said => said,
        }
    }

    fn client(&self) -> &dyn VendorClient {
        self.client
    }
}
