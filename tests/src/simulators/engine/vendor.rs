//! The interface that each vendor implements.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::receipt::{ReceiptEvent, Report};
use super::request::Request;
use super::shade::Notice;
use super::world::Scene;

/// One vendor's side of the HTTP interface. Implementations have no state: they read the [`Scene`] and return a
/// [`Judgement`].
pub trait VendorSimulator: Send + Sync {
    /// Returns the first segment of the vendor's paths. It is also its name in the control API.
    fn name(&self) -> &'static str;

    /// Returns the endpoint that a request addresses.
    fn endpoint(&self, request: &Request) -> Endpoint;

    /// Returns the device tokens that a send names, as far as the body is readable. Faults match them before the
    /// request is judged.
    fn targets(&self, request: &Request) -> Vec<String>;

    /// Decides what the real vendor would answer and deliver.
    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement;

    /// Returns the vendor's answer for one of its result codes, for scripted faults. Unknown codes get an answer too.
    fn coded(&self, endpoint: Endpoint, code: &str) -> Answer;

    /// Checks a record that a test registers, and returns its identifier.
    fn credential_id(&self, record: &Value) -> Result<String, String>;

    /// Returns the vendor's report about a push that reached its phone at that time. `secret` is the console's secret
    /// that proves the report. `None` if the vendor does not report the event.
    fn report(&self, _notice: &Notice, _event: ReceiptEvent, _at_ms: u64, _secret: &str) -> Option<Report> {
        None
    }

    /// Returns the name of the header that carries a secret, in lower case. `None` if that is `authorization`, or none.
    fn secret_header(&self) -> Option<&'static str> {
        None
    }

    /// Returns how many seconds an access token lives, unless its credential has its own lifetime.
    fn token_lifetime_seconds(&self) -> u64 {
        3600
    }
}

/// The interface of a vendor that a request or a fault rule addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Exchanges a credential for an access token.
    Token,
    /// A push.
    Send,
    /// A call that removes a notification from phones.
    Revoke,
    /// A path that the vendor does not serve.
    Unknown,
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Returns an answer with JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json; charset=UTF-8", body.to_string())
    }

    /// Returns an answer with an HTML page, as proxies send it.
    pub fn html(status: u16, title: &str) -> Self {
        let body = format!(
            "<!DOCTYPE html>\n<html lang=en><title>{status} {title}</title><h1>{status}. {title}</h1></html>\n"
        );
        Self::text(status, "text/html; charset=UTF-8", body)
    }

    /// Returns an answer with a text of this content type.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), content_type.to_owned())], body: body.into() }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An access token that is stored if the judgement takes effect.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The access token.
    pub value: String,
    /// The identifier of its credential.
    pub credential: String,
    /// Seconds until it expires.
    pub lifetime_seconds: u64,
}

/// A value for a later request, stored if the judgement takes effect.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The id that the later request names.
    pub id: String,
    /// The saved value.
    pub value: Value,
}

/// A notification that leaves a phone, if the judgement takes effect.
#[derive(Clone, Debug)]
pub struct Removal {
    /// The phone's device token.
    pub token: String,
    /// A replace id of the notification.
    pub replace_id: String,
}

/// What the vendor would do.
#[derive(Debug)]
pub struct Judgement {
    /// The answer to the request.
    pub answer: Answer,
    /// Why the vendor refused the request: its authentication or its form. An unregistered device token is no refusal,
    /// because the caller could not know.
    pub refusal: Option<String>,
    /// The access token that the answer has, if any.
    pub issued: Option<Issued>,
    /// The value to be saved, if any.
    pub saved: Option<Saved>,
    /// Notices for phones, in the order of the request's targets.
    pub notices: Vec<Notice>,
    /// Notifications that leave their phones.
    pub removals: Vec<Removal>,
}

impl Judgement {
    /// Returns a judgement that only answers.
    pub fn answered(answer: Answer) -> Self {
        Self { answer, refusal: None, issued: None, saved: None, notices: Vec::new(), removals: Vec::new() }
    }

    /// Returns a judgement that refuses the request.
    pub fn refused(answer: Answer, why: impl Into<String>) -> Self {
        Self { refusal: Some(why.into()), ..Self::answered(answer) }
    }
}
