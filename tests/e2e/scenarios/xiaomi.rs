//! Xiaomi: no access tokens, one code for every token that is bad.

use curlew_tests::simulators::xiaomi::scripts;

use super::{Rest, Script, play};

#[tokio::test]
async fn whatever_xiaomi_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "xiaomi",
        batches: true,
        repeats_arrive: true,
        unregistered_alone: "20301",
        unregistered_among_others: "bad_regids",
        expired: None,
        too_fast: scripts::too_fast(),
        rest: Rest::Seconds,
        quota_used_up: Some(scripts::quota_used_up()),
    })
    .await;
}
