//! A caller without network, for tests of the vendors.

use std::sync::Arc;

use serde_json::Value;

use super::control::Control;
use super::engine::{Engine, Reply, Request};
use super::{judges, test_accounts};

/// A caller of one vendor.
pub struct Caller {
    /// The operations that control the simulators.
    pub control: Control,
    vendor: &'static str,
}

/// The status and the body. The body is parsed where it is JSON.
pub type Got = (u16, Value);

impl Caller {
    /// Returns a caller of one vendor, with the test accounts registered.
    pub fn of(vendor: &'static str) -> Self {
        let control = Control::new(Arc::new(Engine::new(judges())));
        for credential in test_accounts() {
            control.add_credential(credential).unwrap();
        }
        Self { control, vendor }
    }

    /// Sends a `POST` request.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Got {
        self.call("POST", path, headers, body)
    }

    /// Sends a request.
    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Got {
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: None,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.into().into(),
            version: "HTTP/1.1".to_owned(),
            connection: 1,
        };
        let engine = self.control.engine();
        let (_, reply) = engine.receive(engine.vendor(self.vendor).unwrap(), &request);
        let Reply::Answer(answer) = reply else { panic!("no answer: {reply:?}") };
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)))
    }

    /// Sends a form.
    pub fn form(&self, path: &str, body: &str) -> Got {
        self.post(path, &[("content-type", "application/x-www-form-urlencoded")], body)
    }

    /// Sends JSON with an access token.
    pub fn json(&self, path: &str, access_token: &str, body: impl Into<String>) -> Got {
        let bearer = format!("Bearer {access_token}");
        self.post(path, &[("content-type", "application/json; charset=UTF-8"), ("authorization", &bearer)], body)
    }

    /// Returns why the last request was refused.
    pub fn last_refusal(&self) -> Option<String> {
        self.control.requests(&super::Filter::default()).pop().unwrap().refusal
    }
}
