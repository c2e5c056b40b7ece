//! What every client must pass that sends to many device tokens at once.

use std::time::Duration;

use shared::domain::{attempt::RetryReason, outcome::Outcome};

use super::{Say, TestedVendor};

impl TestedVendor {
    /// Where a full request is taken and the request for the last token is throttled, only that token waits.
    pub async fn assert_failed_request_delays_its_own_token(&self, full: usize, throttled: Say, code: &str) {
        let (targets, taken) = (self.targets, self.taken);
        let server = self.server(move |seen| if targets(seen).len() == 1 { throttled.clone() } else { taken(seen) });
        let call = self.call_of(full + 1);
        let outcomes = self.push(&server, &call).await.outcomes.unwrap();
        let after = Some(Duration::from_secs(1));
        let waiting = Outcome::Transient { retry_reason: RetryReason::Throttled, code: code.into(), after };
        let accepted = call.tokens[..full].iter().map(|token| (self.accepted)(token.expose()));
        assert_eq!(outcomes, accepted.chain([waiting]).collect::<Vec<_>>());
    }
}
