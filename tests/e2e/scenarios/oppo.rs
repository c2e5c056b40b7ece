//! OPPO: takes a message once a phone, whatever is repeated.

use curlew_tests::simulators::{Recorded, oppo::scripts};

use super::{Expired, Rest, Script, play};

#[tokio::test]
async fn whatever_oppo_answers_is_recorded_and_shown_as_it_was() {
    play(Script {
        vendor: "oppo",
        batches: true,
        repeats_arrive: false,
        unregistered_alone: "10000",
        unregistered_among_others: "10000",
        expired: Some(Expired { rule: scripts::token_expired(), access_token }),
        too_fast: scripts::too_fast(),
        rest: Rest::Seconds,
        quota_used_up: Some(scripts::daily_limit()),
    })
    .await;
}

/// OPPO's access token is a field of the form.
fn access_token(request: &Recorded) -> String {
    let fields = request.body.split('&').find_map(|field| field.strip_prefix("auth_token="));
    fields.unwrap_or_default().to_owned()
}
