//! What a vendor has to say for itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::receipt::{ReceiptEvent, Report};
use super::request::Request;
use super::shade::Notice;
use super::world::Scene;

/// One vendor's side of the wire. Implementations hold no state: whatever they need to know stands
/// in the [`Scene`], whatever should happen goes into the [`Judgement`].
pub trait VendorSimulator: Send + Sync {
    /// First segment of the vendor's paths, and its name in the control API.
    fn name(&self) -> &'static str;

    /// Which of the vendor's interfaces this request addresses.
    fn endpoint(&self, request: &Request) -> Endpoint;

    /// The device tokens a send names, as far as the body can be read at all. Faults are matched
    /// against them before the request is judged.
    fn targets(&self, request: &Request) -> Vec<String>;

    /// Decides what the real vendor would answer and deliver.
    fn judge(&self, request: &Request, scene: &Scene<'_>) -> Judgement;

    /// The vendor's own answer for one of its result codes, for scripted faults. Codes that nobody
    /// has seen yet are rendered too.
    fn coded(&self, endpoint: Endpoint, code: &str) -> Answer;

    /// Checks a record that a test registers and names its identifier.
    fn credential_id(&self, record: &Value) -> Result<String, String>;

    /// The vendor's report of a push that reached its phone at that time, with what the console holds to prove it. `None` where the
    /// vendor has no word for the event.
    fn report(&self, _notice: &Notice, _event: ReceiptEvent, _at_ms: u64, _secret: &str) -> Option<Report> {
        None
    }

    /// Seconds an access token lives unless its credential says otherwise.
    fn token_lifetime_seconds(&self) -> u64 {
        3600
    }
}

/// Which interface of a vendor a request or a fault rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Exchange of a credential for an access token.
    Token,
    /// A push.
    Send,
    /// A path that the vendor does not serve.
    Unknown,
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json; charset=UTF-8", body.to_string())
    }

    pub fn html(status: u16, title: &str) -> Self {
        let body = format!(
            "<!DOCTYPE html>\n<html lang=en><title>{status} {title}</title><h1>{status}. {title}</h1></html>\n"
        );
        Self::text(status, "text/html; charset=UTF-8", body)
    }

    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), content_type.to_owned())], body: body.into() }
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// An access token to be remembered if the judgement takes effect.
#[derive(Clone, Debug)]
pub struct Issued {
    pub value: String,
    pub credential: String,
    pub lifetime_seconds: u64,
}

/// Something that a later request refers to, to be remembered if the judgement takes effect.
#[derive(Clone, Debug)]
pub struct Saved {
    /// What the later request calls it.
    pub id: String,
    pub value: Value,
}

/// What the vendor would do.
#[derive(Debug)]
pub struct Judgement {
    pub answer: Answer,
    /// Why the vendor turned the caller away: its authentication or the form of its request. A dead
    /// device token is no refusal, the caller could not know.
    pub refusal: Option<String>,
    pub issued: Option<Issued>,
    pub saved: Option<Saved>,
    /// What reaches phones, in the order of the request's targets.
    pub notices: Vec<Notice>,
}

impl Judgement {
    pub fn answered(answer: Answer) -> Self {
        Self { answer, refusal: None, issued: None, saved: None, notices: Vec::new() }
    }

    pub fn refused(answer: Answer, why: impl Into<String>) -> Self {
        Self { refusal: Some(why.into()), ..Self::answered(answer) }
    }
}
