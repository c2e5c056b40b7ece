//! The events that invoke the function, and its answers.

use std::collections::HashMap;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsMessage};
use serde::{Deserialize, Serialize};

/// An event of the WebSocket API, or a batch of queue records.
#[derive(Debug, Deserialize)]
pub struct Event {
    /// queue records
    #[serde(rename = "Records", default)]
    pub(crate) records: Vec<SqsMessage>,
    /// an event of the WebSocket API
    #[serde(flatten)]
    pub(crate) socket: Option<SocketEvent>,
}

/// An event of the WebSocket API; `null` counts as missing. Source: Amazon API Gateway, "set up a WebSocket API
/// integration request".
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SocketEvent {
    pub(crate) request_context: RequestContext,
    /// of `$connect`
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    /// of `$connect`
    #[serde(default)]
    query_string_parameters: Option<HashMap<String, String>>,
    /// of a frame
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) is_base64_encoded: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestContext {
    pub(crate) event_type: EventType,
    pub(crate) connection_id: String,
    /// when the connection was made, in Unix milliseconds
    #[serde(default)]
    pub(crate) connected_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum EventType {
    Connect,
    Message,
    Disconnect,
}

impl SocketEvent {
    /// Returns a header by its name, which may be in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.headers.as_ref()?;
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns a query parameter. An empty one counts as missing.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query_string_parameters.as_ref()?.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The answer of the function.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// to the queue: the records to redeliver
    Batch(SqsBatchResponse),
    /// to the WebSocket API
    Socket(SocketAnswer),
}

/// The answer to a handshake or a frame. The body of an answer to a frame is sent to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketAnswer {
    /// for a handshake, the status that the client gets
    pub status_code: u16,
    /// the frame for the client, if any
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}
