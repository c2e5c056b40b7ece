//! The requests of one call: a token alone, or batches of them.

use super::{
    codes::INVALID_ARGUMENT,
    judge::{self, Judge},
    payload::Payload,
    registration_id::well_formed,
};
use crate::prelude::*;

/// One call under way.
pub(super) struct Push<'a> {
    pub(super) requests: Authorized<'a>,
    pub(super) payload: Payload,
    pub(super) judge: Judge,
}

impl Push<'_> {
    /// Sends to all tokens of a call.
    pub(super) async fn all(&self, tokens: &[DeviceToken]) -> Vec<Part> {
        match tokens {
            [token] => vec![Part { tokens: 1, result: self.single(token).await.map(|outcome| vec![outcome]) }],
            tokens => self.batches(tokens).await,
        }
    }

    async fn single(&self, token: &DeviceToken) -> Result<Outcome, CallError> {
        let write = |access: &AccessToken| written(self.payload.single(access, token));
        self.requests.post_written(write, |reply| self.judge.single(reply, token)).await
    }

    async fn batches(&self, tokens: &[DeviceToken]) -> Vec<Part> {
        let mut parts = Vec::new();
        for tokens in tokens.chunks(self.payload.max_tokens(tokens)) {
            parts.push(Part { tokens: tokens.len(), result: self.batch(tokens).await });
        }
        parts
    }

    /// Sends to the tokens of one request, and once more to those that its answer leaves open.
    async fn batch(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
        match self.request(tokens).await {
            Ok(said) if said.iter().all(Option::is_some) => Ok(said.into_iter().flatten().collect()),
            Ok(said) => {
                let left = left(tokens, &said);
                Ok(fill(said, self.last(&left).await))
            }
            Err(CallError::Rejected { code }) if code == INVALID_ARGUMENT.to_string() && mixed(tokens) => {
                Ok(self.without_malformed(tokens, &code).await)
            }
            Err(error) => Err(error),
        }
    }

    /// One malformed registration id may be why the whole request was refused. It is a suspect if the others are taken.
    async fn without_malformed(&self, tokens: &[DeviceToken], code: &str) -> Vec<Outcome> {
        let suspect = |token| (!well_formed(token)).then(|| judge::suspect(code));
        let said: Vec<Option<Outcome>> = tokens.iter().map(suspect).collect();
        let again = self.last(&left(tokens, &said)).await;
        let vouched = again.iter().any(|outcome| matches!(outcome, Outcome::Accepted { .. }));
        let refused = |_| Outcome::Refused { code: code.to_owned() };
        let said = said.into_iter().map(|outcome| if vouched { outcome } else { outcome.map(refused) });
        fill(said.collect(), again)
    }

    /// A request whose answer is final: what it leaves open is refused.
    async fn last(&self, tokens: &[DeviceToken]) -> Vec<Outcome> {
        match self.request(tokens).await {
            Ok(said) => said.into_iter().map(|outcome| outcome.unwrap_or_else(judge::unanswered)).collect(),
            Err(CallError::Protocol { .. }) => vec![judge::unanswered(); tokens.len()],
            Err(error) => of_tokens(error, tokens.len()),
        }
    }

    async fn request(&self, tokens: &[DeviceToken]) -> Result<Vec<Option<Outcome>>, CallError> {
        let write = |access: &AccessToken| written(self.payload.batch(access, tokens));
        self.requests.post_written(write, |reply| self.judge.batch(reply, tokens)).await
    }
}

pub(super) fn written(body: Vec<u8>) -> Result<(HeaderMap, Bytes), NoReply> {
    Ok((form::headers(), Bytes::from(body)))
}

/// Whether some of the tokens, but not all, look like OPPO's.
fn mixed(tokens: &[DeviceToken]) -> bool {
    let formed = tokens.iter().filter(|token| well_formed(token)).count();
    (1..tokens.len()).contains(&formed)
}

/// The tokens of whom nothing is said.
fn left(tokens: &[DeviceToken], said: &[Option<Outcome>]) -> Vec<DeviceToken> {
    let open = tokens.iter().zip(said).filter(|(_, outcome)| outcome.is_none());
    open.map(|(token, _)| token.clone()).collect()
}

/// What was said of all tokens, with what was said later of those that were left.
fn fill(said: Vec<Option<Outcome>>, later: Vec<Outcome>) -> Vec<Outcome> {
    let mut later = later.into_iter();
    said.into_iter().map(|outcome| outcome.or_else(|| later.next()).unwrap_or_else(judge::unanswered)).collect()
}
