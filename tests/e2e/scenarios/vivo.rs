//! vivo: one phone is one request, a list is two.

use curlew_tests::simulators::vivo::scripts;

use super::{Expired, Rest, Script, play};

#[tokio::test]
async fn whatever_vivo_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "vivo",
        batches: true,
        repeats_arrive: true,
        unregistered_alone: "invalid user 2",
        unregistered_among_others: "invalid user 2",
        expired: Some(Expired {
            rule: scripts::token_expired(),
            access_token: |request| request.header("authtoken").unwrap_or_default().to_owned(),
        }),
        too_fast: scripts::too_fast(),
        rest: Rest::Seconds,
        quota_used_up: Some(scripts::quota_used_up()),
    })
    .await;
}
