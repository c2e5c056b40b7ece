use serde_json::{Value, json};
use shared::domain::time::Timestamp;

use super::record;
use crate::{
    record::Configured,
    testing::object,
    vivo::{auth::token_request, rules::Account},
};

fn signed(record: Value, at: i64) -> Value {
    let record = object(record);
    serde_json::to_value(token_request(&Account::read(&record).unwrap(), Timestamp::from_millis(at))).unwrap()
}

#[test]
fn the_request_for_a_token_is_signed_as_vivo_checks_it() {
    assert_eq!(
        signed(record(), 1_767_225_600_000),
        json!({
            "appId": 105_999_001,
            "appKey": "b1f2c3d4-e5f6-4711-8899-aabbccddeeff",
            "timestamp": 1_767_225_600_000_i64,
            "sign": "5da18ea537204629bdc052ad1e4d0cc2",
        })
    );
    let other = json!({
        "app_id": "10004",
        "app_key": "25509283-3767-4b9e-83fe-b6e55ac6243e",
        "app_secret": "00000000-1111-2222-3333-444444444444",
    });
    assert_eq!(signed(other, 1_501_484_120_000)["sign"], "fa59a89e43d6c564beacb83a72202587");
}
