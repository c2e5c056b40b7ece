//! Every attempt at a push: how many there are, and what the trace tells of them.

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, fcm};
use serde_json::json;
use shared::domain::{attempt::UNCLEAR_ATTEMPTS, reason::Reason};

use super::harness::{FCM, Stack};

#[tokio::test]
async fn a_device_whose_answers_stay_unclear_ends_though_another_of_its_call_only_waits() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"multi_device_policy": "any_offline"})).await;
    let (phone, tablet) = (fcm::device_token(), fcm::device_token());
    stack.bind(&app, "ann", "phone", FCM, &phone).await;
    stack.bind(&app, "ann", "tablet", FCM, &tablet).await;
    let unclear = FaultRule::new("fcm", Fault::Garbage { status: 200 }).at(Endpoint::Send).for_token(&phone);
    let busy = FaultRule::new("fcm", Fault::status(503)).at(Endpoint::Send).for_token(&tablet);
    let rules = [unclear.always().after_delivery(), busy.times(UNCLEAR_ATTEMPTS + 1)];
    stack.simulators.add_faults(rules).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let ended: Vec<_> =
        stack.stored(&app, "ann", id).await.outcomes.into_iter().map(|o| (o.reason, o.attempts)).collect();
    assert_eq!(ended, [(Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS), (None, UNCLEAR_ATTEMPTS + 2)]);
}
