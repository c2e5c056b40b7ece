//! A vendor's server under a test's control.
//!
//! The server runs in threads of its own, so a test may stop tokio's clock without stopping the server.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

use super::{
    connection::serve,
    exchange::{Handler, Say, Seen},
};
use crate::transport::BaseUrl;

/// A server that does what a function of the request says.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    count: watch::Receiver<usize>,
    closed: watch::Receiver<usize>,
}

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
