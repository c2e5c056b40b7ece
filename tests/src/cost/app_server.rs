//! The server of an app that is told about pushes.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    thread,
};

/// A server that answers every callback with the same status.
#[derive(Debug)]
pub struct AppServer {
    /// where it listens
    pub url: String,
    status: Arc<AtomicU16>,
    calls: Arc<AtomicU64>,
}

impl AppServer {
    /// Starts it. It answers 200.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/callback", listener.local_addr()?);
        let server = Self { url, status: Arc::new(AtomicU16::new(200)), calls: Arc::default() };
        let (status, calls) = (server.status.clone(), server.calls.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                calls.fetch_add(1, Ordering::Relaxed);
                let status = status.load(Ordering::Relaxed);
                thread::spawn(move || answer(stream, status));
            }
        });
        Ok(server)
    }

    /// Changes the status of its answers.
    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// Returns how many calls it got.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

/// Reads a request, answers it, and closes the connection.
fn answer(mut stream: TcpStream, status: u16) -> io::Result<()> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        request.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        if line.is_empty() {
            break;
        }
    }
    io::copy(&mut request.take(length), &mut io::sink())?;
    let answered = format!("HTTP/1.1 {status} .\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answered.as_bytes())
}
