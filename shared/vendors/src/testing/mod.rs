//! A vendor's server under a test's control, and calls to make to it.
//!
//! The server runs in threads of its own, so a test may stop tokio's clock without stopping the server.

pub mod test_key;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
        push::{Notification, SemanticClass},
        vendor::Vendor,
        warning::Warning,
    },
    ports::{
        access_tokens::TokenOwner,
        vendor::{Credential, VendorCall},
    },
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::MemoryRuntime,
        sample,
    },
};
use tokio::sync::watch;

use crate::{
    Deps,
    notifier::preflight::{facts, preflight, preflight_of_stored},
    reporting::{Refusal, Row},
    rules,
    transport::BaseUrl,
};

// ----- the server -----

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    headers: Vec<(String, String)>,
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

/// A server that does what a function of the request says.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    count: watch::Receiver<usize>,
    closed: watch::Receiver<usize>,
}

type Handler = dyn Fn(&Seen) -> Say + Send + Sync;

impl Server {
    /// Starts on a free port.
    pub fn start(handler: impl Fn(&Seen) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (counter, count) = watch::channel(0);
        let (closer, closed) = watch::channel(0);
        let handler: Arc<Handler> = Arc::new(handler);
        let record = Arc::clone(&seen);
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (handler, record, counter) = (Arc::clone(&handler), Arc::clone(&record), counter.clone());
                let closer = closer.clone();
                std::thread::spawn(move || {
                    serve(stream.unwrap(), connection, &*handler, &record, &counter);
                    closer.send_modify(|closed| *closed += 1);
                });
            }
        });
        Self { address, seen, count, closed }
    }

    /// A server that answers one after the other, and then fails every request.
    pub fn script(answers: impl IntoIterator<Item = Say>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect::<std::collections::VecDeque<_>>());
        Self::start(move |_| answers.lock().unwrap().pop_front().unwrap_or_else(|| Say::text(599, "not scripted")))
    }

    /// Its address as `VENDOR_BASE_URL`.
    pub fn base(&self) -> BaseUrl {
        BaseUrl::parse(&format!("http://{}", self.address)).unwrap()
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What arrived so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the server has closed so many connections.
    pub async fn closed(&self, connections: usize) {
        self.closed.clone().wait_for(|closed| *closed >= connections).await.unwrap();
    }

    /// Waits until so many requests arrived.
    pub async fn arrived(&self, requests: usize) {
        self.count.clone().wait_for(|count| *count >= requests).await.unwrap();
    }
}

fn serve(
    stream: TcpStream,
    connection: usize,
    handler: &Handler,
    record: &Mutex<Vec<Seen>>,
    counter: &watch::Sender<usize>,
) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for place in 0.. {
        let Some(seen) = read(&mut reader, connection, place) else { return };
        let say = handler(&seen);
        record.lock().unwrap().push(seen);
        counter.send_modify(|count| *count += 1);
        if !perform(say, &stream, &mut reader) {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>, connection: usize, place: usize) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, path, headers, body, connection, place })
}

/// Whether the connection goes on.
fn perform(say: Say, mut stream: &TcpStream, reader: &mut BufReader<TcpStream>) -> bool {
    let mut write = |status: u16, headers: &[(&str, String)], length: usize, body: &[u8]| {
        let mut head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).is_ok()
    };
    match say {
        Say::Answer { status, headers, body } => write(status, &headers, body.len(), &body),
        Say::Half { status, body } => {
            write(status, &[], body.len(), &body[..body.len() / 2]);
            false
        }
        Say::Leave { status } => {
            write(status, &[], 0, b"");
            false
        }
        Say::Close => false,
        // until the other side has had enough
        Say::Hang => {
            reader.read(&mut [0]).unwrap_or_default();
            false
        }
    }
}

// ----- calls -----

/// What clients need whose vendors are all at this server, in a world of their own.
pub fn deps(server: &Server) -> Deps {
    Deps {
        access_tokens: Arc::new(MemoryRuntime::default()),
        clock: Arc::new(FixedClock::default()),
        entropy: Arc::new(SeededEntropy::default()),
        base_url: Some(server.base()),
    }
}

/// Everything that a call borrows.
pub struct Call {
    pub owner: TokenOwner,
    pub credential: Credential,
    pub options: Map<String, Value>,
    pub notification: Notification,
    pub ttl: Duration,
    pub receipt_url: Option<&'static str>,
    pub tokens: Vec<DeviceToken>,
}

impl Call {
    /// The same with another field of the credential record.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        let mut record = self.credential.expose().clone();
        record[field] = value;
        self.credential = Credential::new(record, self.credential.fingerprint().to_owned());
        self
    }

    /// A chat message to these tokens.
    pub fn new(credential: Value, tokens: &[&str]) -> Self {
        let custom = json!({"f": "alice", "t": "bob", "m": "01K0000000000000000000000M", "e": {"room": 7}});
        Self {
            owner: TokenOwner { app: sample::app_key("acme#chat"), notifier: sample::notifier_name("n1") },
            credential: Credential::new(credential, "fingerprint".into()),
            options: Map::new(),
            notification: Notification {
                title: "Alice".into(),
                body: "Are you coming tonight?".into(),
                custom: object(custom),
                class: SemanticClass::Im,
                replace_id: "01K0000000000000000000000M".into(),
                badge: true,
                options: Map::new(),
            },
            ttl: Duration::from_secs(86_400),
            receipt_url: None,
            tokens: tokens.iter().map(|token| sample::token(token)).collect(),
        }
    }

    /// As the port takes it.
    pub fn as_call(&self) -> VendorCall<'_> {
        VendorCall {
            owner: &self.owner,
            credential: &self.credential,
            options: &self.options,
            notification: &self.notification,
            ttl: self.ttl,
            receipt_url: self.receipt_url,
            tokens: &self.tokens,
        }
    }
}

/// A JSON object's fields.
pub fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

// ----- classes -----

/// What `read` finds in a push of each class, in the order of [`SemanticClass::ALL`].
pub async fn of_each_class<T>(mut call: Call, read: impl AsyncFn(&Call) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for class in SemanticClass::ALL {
        call.notification.class = class;
        found.push(read(&call).await);
    }
    found
}

/// The warnings of a preflight of every class, as "class class: field".
pub fn warnings(vendor: Vendor, record: &Value, options: Value) -> Vec<String> {
    let (stored, options) = (rules(vendor).credential(&object(record.clone())).unwrap(), object(options));
    let warnings = preflight(vendor, &object(stored.clone()), &options, &SemanticClass::ALL).unwrap();
    // What is stored in the clear says the same as the whole record.
    assert_eq!(preflight_of_stored(vendor, facts(vendor, &stored).as_ref(), &options), warnings);
    let text = |warning: &Warning| {
        let classes: Vec<&str> = warning.classes.iter().map(|class| class.name()).collect();
        assert!(warning.message.starts_with(&warning.field), "{}", warning.message);
        format!("{}: {}", classes.join(" "), warning.field)
    };
    warnings.iter().map(text).collect()
}

// ----- results -----

/// A result in a word or two.
pub fn meaning(judged: &Result<Outcome, Refusal>) -> String {
    match judged {
        Ok(Outcome::Accepted { .. }) => "accepted".into(),
        Ok(Outcome::Unregistered { certain: true, .. }) => "dead".into(),
        Ok(Outcome::Unregistered { certain: false, .. }) => "suspect".into(),
        Ok(outcome) => format!("{outcome:?}"),
        Err(Refusal::Expired { .. }) => "expired".into(),
        Err(Refusal::Failed(error)) => failure(error),
    }
}

/// A call's failure in a word or two.
pub fn failure(error: &CallError) -> String {
    let wait = |after: &Option<Duration>| after.map(|after| format!(" {}", after.as_secs())).unwrap_or_default();
    match error {
        CallError::Credential { .. } => "credential".into(),
        CallError::CredentialOrToken { .. } => "credential or token".into(),
        CallError::RateLimited { after, .. } => format!("limited{}", wait(after)),
        CallError::QuotaUsedUp { resets_after, .. } => format!("quota {}", resets_after.as_secs()),
        CallError::Unavailable { after, .. } => format!("unavailable{}", wait(after)),
        CallError::Ambiguous { .. } => "ambiguous".into(),
        CallError::Rejected { .. } => "rejected".into(),
        CallError::Protocol { .. } => "protocol".into(),
    }
}

/// Every row says what its code means, and names the page that says so.
pub fn explained<K: std::fmt::Debug>(rows: &[Row<K>]) {
    for row in rows {
        assert!(!row.meaning.is_empty() && row.source.starts_with("https://"), "{row:?}");
    }
}

/// Bodies that no vendor documents: truncated, of the wrong type, long, of another language, empty, deep.
pub fn nonsense() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"UNREGISTERED\"",
        "{}",
        "<!DOCTYPE html><title>404</title><p>UNREGISTERED 80300007</p>",
        r#"{"name":7}"#,
        r#"{"name":"projects/p/messages/1","error":{"status":"NOT_FOUND"}}"#,
        r#"{"error":"UNREGISTERED"}"#,
        r#"{"error":{"code":"404","status":404,"details":{"errorCode":"UNREGISTERED"}}}"#,
        r#"{"error":{"details":[7,"x",{"@type":7,"errorCode":"UNREGISTERED"},{"errorCode":"UNREGISTERED"}]}}"#,
        r#"{"code":[],"msg":{}}"#,
        r#"{"code":{"code":"80300007"}}"#,
        r#"{"code":"","msg":"","requestId":7}"#,
        r#"{"code":"80100000","msg":"all illegal"}"#,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    bodies.push(b"{\"name\":\"\xff\xfe\"}".to_vec());
    bodies.push("[".repeat(100_000).into_bytes());
    bodies.push(format!("{{\"padding\":\"{}\"}}", "x".repeat(1_000_000)).into_bytes());
    bodies
}
