//! Huawei: a partial result for some tokens, a code of its own for all.

use curlew_tests::simulators::huawei::scripts;

use super::{Expired, Rest, Script, play};

#[tokio::test]
async fn whatever_huawei_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "huawei",
        batches: true,
        repeats_arrive: true,
        unregistered_alone: "80300007",
        unregistered_among_others: "80100000",
        expired: Some(Expired {
            rule: scripts::token_expired(),
            access_token: |request| request.header("authorization").unwrap_or_default().to_owned(),
        }),
        too_fast: scripts::flow_control(),
        rest: Rest::Seconds,
        quota_used_up: None,
    })
    .await;
}
