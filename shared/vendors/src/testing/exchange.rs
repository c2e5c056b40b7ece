//! A request to the server, and what the server does with it.

use serde_json::Value;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// the number of its connection, and its place on it, both from 0
    pub connection: usize,
    pub place: usize,
}

impl Seen {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Say {
    /// answers
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// promises the whole body, sends half of it and closes
    Half { status: u16, body: Vec<u8> },
    /// answers, and closes the connection without announcing it
    Leave { status: u16 },
    /// closes without a word
    Close,
    /// never answers
    Hang,
}

impl Say {
    /// An answer of JSON.
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, &body.to_string())
    }

    /// An answer of text.
    pub fn text(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    /// The answer with a header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// Says what the server does with a request.
pub type Handler = dyn Fn(&Seen) -> Say + Send + Sync;
