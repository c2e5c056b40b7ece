//! Meizu: no access tokens, failed tokens under their codes.

use curlew_tests::simulators::meizu::scripts;

use super::{Rest, Script, play};

#[tokio::test]
async fn whatever_meizu_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "meizu",
        batches: true,
        repeats_arrive: true,
        unregistered_alone: "110002",
        unregistered_among_others: "110002",
        expired: None,
        too_fast: scripts::rate_limited(),
        rest: Rest::Seconds,
        quota_used_up: Some(scripts::daily_quota()),
    })
    .await;
}
