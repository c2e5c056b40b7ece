//! What every client must not even send.

use serde_json::{Value, json};
use shared::domain::outcome::CallError;

use super::{Call, TestedVendor, object};

impl TestedVendor {
    /// The error of a call that leads to no request at all.
    pub async fn unsent(&self, call: &Call) -> CallError {
        let server = self.server(self.taken);
        let error = self.push(&server, call).await.outcomes.unwrap_err();
        assert!(server.seen().is_empty(), "nothing was asked");
        error
    }

    /// The code by which the client rejects a call before any request.
    pub async fn rejection(&self, call: &Call) -> String {
        match self.unsent(call).await {
            CallError::Rejected { code } => code,
            error => panic!("{error}"),
        }
    }

    /// Custom data that no message can carry is not sent.
    pub async fn assert_large_custom_data_is_not_sent(&self, code: &str) {
        let mut call = self.call_of(1);
        call.notification.custom = object(json!({"e": "x".repeat(4096)}));
        assert_eq!(self.rejection(&call).await, code);
    }

    /// A message whose option breaks its rule is not sent.
    pub async fn assert_wrong_option_is_not_sent(&self, option: &str, value: Value, rule: &str) {
        let mut call = self.call_of(1);
        call.notification.options = object(json!({option: value}));
        assert_eq!(self.rejection(&call).await, format!("em_android_push_ext.{option} {rule}"));
    }

    /// A stored record that is none is a bad credential.
    pub async fn assert_no_account_is_a_bad_credential(&self, records: impl IntoIterator<Item = Value>) {
        for record in [Value::Null, json!([]), json!({})].into_iter().chain(records) {
            let error = self.unsent(&Call::new(record, &["t1"])).await;
            assert!(matches!(error, CallError::Credential { .. }), "{error}");
        }
    }
}
