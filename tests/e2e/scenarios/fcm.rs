//! FCM: one device token a request, and a minute's rest for senders that were too fast.

use curlew_tests::simulators::fcm::scripts;

use super::{Expired, Rest, Script, play};

#[tokio::test]
async fn whatever_fcm_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "fcm",
        batches: false,
        repeats_arrive: true,
        unregistered_alone: "UNREGISTERED",
        unregistered_among_others: "UNREGISTERED",
        expired: Some(Expired {
            rule: scripts::unauthenticated(),
            access_token: |request| request.header("authorization").unwrap_or_default().to_owned(),
        }),
        too_fast: scripts::rate_limited(None),
        rest: Rest::Minute,
        quota_used_up: None,
    })
    .await;
}
