//! Messages with a notification each in one request: batches carry a copy of the notification for each token anyway, and
//! the copies may differ (<https://open.oppomobile.com/documentation/page/info?id=11238>).

use async_trait::async_trait;
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
    },
    ports::vendor::{VendorCall, VendorClient},
};

use super::{
    MAX_TOKENS, OppoClient,
    codes::DUPLICATE,
    judge::Judge,
    payload::{MAX_BYTES, Payload},
    rules::Account,
    written,
};
use crate::{
    access_token::{AccessToken, Authorized},
    reporting::merged::{Limits, Merging, Message, push_array},
    transport::form::escaped,
};

/// What one request may carry.
pub(super) const LIMITS: Limits = Limits { messages: MAX_TOKENS, bytes: MAX_BYTES };

/// A merged call under way.
pub(super) struct Merged<'a> {
    pub(super) client: &'a OppoClient,
    pub(super) account: &'a Account,
    pub(super) requests: Authorized<'a>,
    pub(super) judge: Judge,
}

#[async_trait]
impl Merging for Merged<'_> {
    fn write(&self, call: &VendorCall<'_>, token: &DeviceToken) -> Result<Vec<u8>, CallError> {
        Ok(Payload::new(call, self.account)?.message(token))
    }

    async fn together(
        &self,
        messages: &[Message<'_>],
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
