//! An HTTP/2 server over TLS that a test scripts frame by frame.
//!
//! Each connection has a thread, so a test may stop tokio's clock without stopping the server. Headers of requests are not
//! read. An answer has the status 200.

use std::{
    collections::BTreeSet,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use curlew_tests::test_ca::TestCa;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use shared::{domain::vendor::Vendor, testing::chance::FixedClock, tls::ExtraCas};
use tokio::sync::watch;
use vendors::transport::{BaseUrl, Http};

use super::frame::{self, Frame};

/// What a connection does after an event.
pub enum Then {
    GoOn,
    /// ends without another word
    Close,
    /// keeps the socket open, and neither reads nor writes any more
    FallSilent,
}

/// What a server has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub connections: usize,
    pub closed: usize,
    /// requests, of which perhaps only the headers came
    pub begun: usize,
    /// whole requests
    pub requests: usize,
    pub max_open_streams: usize,
}

/// Decides what happens with a whole request on a stream.
type Script = dyn Fn(&mut Peer, u32) -> Then + Send + Sync;

/// The limits that a server announces.
#[derive(Clone, Copy)]
pub struct Limits {
    pub max_streams: u32,
    /// bytes of a request's body that may come at first
    pub window: u32,
    /// bytes that may come more after each part
    pub refill: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_streams: 1000, window: 65_535, refill: 65_535 }
    }
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    seen: watch::Sender<Seen>,
    ca: TestCa,
}

impl Server {
    /// Starts a server with a trusted certificate.
    pub fn start(limits: Limits, script: impl Fn(&mut Peer, u32) -> Then + Send + Sync + 'static) -> Self {
        let ca = TestCa::new().unwrap();
        let own = ca.server("127.0.0.1").unwrap();
        Self::with_certificates(ca, vec![own], limits, script)
    }

    /// Starts a server that shows one certificate after the other, a new one on each connection; the last one stays.
    pub fn with_certificates(
        ca: TestCa,
        certificates: Vec<Arc<ServerConfig>>,
        limits: Limits,
        script: impl Fn(&mut Peer, u32) -> Then + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), seen: watch::Sender::default(), ca };
        let (seen, script): (_, Arc<Script>) = (server.seen.clone(), Arc::new(script));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                seen.send_modify(|seen| seen.connections += 1);
                let tls = Arc::clone(&certificates[number.min(certificates.len() - 1)]);
                let (seen, script) = (seen.clone(), Arc::clone(&script));
                // A client may end its connection at any time, so the result does not matter.
                thread::spawn(move || {
                    let peer = Peer::open(stream.unwrap(), tls, number, limits, seen.clone());
                    _ = peer.and_then(|peer| peer.serve(&*script));
                    seen.send_modify(|seen| seen.closed += 1);
                });
            }
        });
        server
    }

    /// Returns a client of this server that trusts its authority.
    pub fn client(&self) -> Http {
        self.stranger().trusting(ExtraCas::parse(&self.ca.pem()).unwrap())
    }

    /// Returns a client of this server that trusts only Mozilla's authorities.
    pub fn stranger(&self) -> Http {
        let base = BaseUrl::parse(&format!("https://{}", self.address)).unwrap();
        Http::new(Vendor::Fcm, Some(base), Arc::new(FixedClock::default()))
    }

    /// Returns what the server has seen.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until so many connections ended, and the client may know it.
    pub async fn closed(&self, connections: usize) {
        self.seen.subscribe().wait_for(|seen| seen.closed >= connections).await.unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many requests have begun to arrive.
    pub async fn began(&self, requests: usize) {
        self.seen.subscribe().wait_for(|seen| seen.begun >= requests).await.unwrap();
    }

    /// Waits until so many requests arrived whole.
    pub async fn arrived(&self, requests: usize) {
        self.seen.subscribe().wait_for(|seen| seen.requests >= requests).await.unwrap();
    }
}

/// The server's end of a connection.
pub struct Peer {
    pub number: usize,
    io: StreamOwned<ServerConnection, TcpStream>,
    limits: Limits,
    seen: watch::Sender<Seen>,
    /// streams without a whole answer
    open: BTreeSet<u32>,
}

impl Peer {
    fn open(
        stream: TcpStream,
        tls: Arc<ServerConfig>,
        number: usize,
        limits: Limits,
        seen: watch::Sender<Seen>,
    ) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let tls = ServerConnection::new(tls).map_err(io::Error::other)?;
        let mut peer = Self { number, io: StreamOwned::new(tls, stream), limits, seen, open: BTreeSet::new() };
        peer.io.read_exact(&mut [0; frame::PREFACE])?;
        peer.send(&frame::settings(limits.max_streams, limits.window));
        Ok(peer)
    }

    fn serve(mut self, script: &Script) -> io::Result<()> {
        loop {
            let frame = Frame::read(&mut self.io)?;
            let Some(stream) = self.take(&frame) else { continue };
            self.seen.send_modify(|seen| seen.requests += 1);
            match script(&mut self, stream) {
                Then::GoOn => {}
                Then::Close => return Ok(()),
                Then::FallSilent => loop {
                    thread::park();
                },
            }
        }
    }

    /// Returns the stream of a request that is whole with this frame.
    fn take(&mut self, frame: &Frame) -> Option<u32> {
        match frame.kind {
            frame::HEADERS => self.begin(frame.stream),
            frame::DATA => self.refill(frame),
            frame::RST_STREAM => drop(self.open.remove(&frame.stream)),
            frame::SETTINGS if !frame.is_ack() => self.send(&frame::settings_ack()),
            frame::PING if !frame.is_ack() => self.send(&frame::pong(&frame.payload)),
            _ => {}
        }
        let is_request = matches!(frame.kind, frame::HEADERS | frame::DATA) && frame.ends_stream();
        (is_request && self.open.contains(&frame.stream)).then_some(frame.stream)
    }

    fn begin(&mut self, stream: u32) {
        if self.open.len() >= self.limits.max_streams as usize {
            return self.send(&frame::reset(stream, frame::REFUSED_STREAM));
        }
        self.open.insert(stream);
        let open = self.open.len();
        self.seen.send_modify(|seen| {
            seen.begun += 1;
            seen.max_open_streams = seen.max_open_streams.max(open);
        });
    }

    fn refill(&mut self, frame: &Frame) {
        if !frame.payload.is_empty() {
            self.send(&frame::window_update(0, frame.payload.len() as u32));
            self.send(&frame::window_update(frame.stream, self.limits.refill));
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        // The client may have gone.
        drop(self.io.write_all(bytes).and_then(|()| self.io.flush()));
    }
}

// ----- what a script does -----

impl Peer {
    /// Answers a request whole.
    pub fn answer(&mut self, stream: u32) -> Then {
        self.begin_answer(stream);
        self.end_answer(stream)
    }

    /// Sends the status and a part of the body.
    pub fn begin_answer(&mut self, stream: u32) {
        self.send(&[frame::status_200(stream), frame::data(stream, b"half ", false)].concat());
    }

    /// Sends the rest of the body.
    pub fn end_answer(&mut self, stream: u32) -> Then {
        self.open.remove(&stream);
        self.send(&frame::data(stream, b"whole", true));
        Then::GoOn
    }

    /// Lets no body of later requests come.
    pub fn close_window(&mut self) {
        self.send(&frame::settings(self.limits.max_streams, 0));
    }

    /// Ends a stream with an error.
    pub fn reset(&mut self, stream: u32, error: u32) -> Then {
        self.open.remove(&stream);
        self.send(&frame::reset(stream, error));
        Then::GoOn
    }

    /// Says that no stream after this one is processed.
    pub fn go_away(&mut self, last_stream: u32, error: u32) {
        self.send(&frame::go_away(last_stream, error));
    }
}
