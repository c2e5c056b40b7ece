//! Honor: a success that names the tokens that it is none for.

use curlew_tests::simulators::honor::scripts;

use super::{Expired, Rest, Script, play};

#[tokio::test]
async fn whatever_honor_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "honor",
        batches: true,
        repeats_arrive: true,
        unregistered_alone: "expireTokens",
        unregistered_among_others: "expireTokens",
        expired: Some(Expired {
            rule: scripts::access_refused(),
            access_token: |request| request.header("authorization").unwrap_or_default().to_owned(),
        }),
        too_fast: scripts::rate_limited(None),
        rest: Rest::Seconds,
        quota_used_up: None,
    })
    .await;
}
