//! Answers of apps' servers: the bytes are everything that the server sends on its connection.

use std::sync::{Arc, LazyLock, Mutex};

use deliver_callback::{SystemLookUp, http::GuardedClient};
use shared::{
    domain::url_guard::UrlGuard,
    ports::callbacks::{CallbackCall, PostCallback},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::world::{begin, wait};

/// A server that answers each connection with the same bytes, and closes it.
struct Server {
    url: String,
    answer: Arc<Mutex<Vec<u8>>>,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let listener = wait(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let url = format!("http://{}/callback", listener.local_addr().expect("an address"));
    let answer = Arc::new(Mutex::new(Vec::new()));
    let answering = answer.clone();
    begin(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answering.lock().expect("the bytes").clone();
            // The request is small, so one reading has its head.
            if stream.read(&mut [0; 4096]).await.is_ok() {
                drop(stream.write_all(&answer).await);
            }
            drop(stream.shutdown().await);
        }
    });
    Server { url, answer }
});

static CLIENT: LazyLock<GuardedClient> =
    LazyLock::new(|| GuardedClient::new(UrlGuard { allow_local: true }, Arc::new(SystemLookUp)));

/// Posts to a server that answers with these bytes.
pub(super) fn check(bytes: &[u8]) {
    *SERVER.answer.lock().expect("the bytes") = bytes.to_vec();
    let call = CallbackCall { url: SERVER.url.clone(), headers: Vec::new(), body: b"{}".to_vec() };
    if let Ok(answer) = wait(CLIENT.post_callback(&call)) {
        assert!((100..1000).contains(&answer.status), "{answer:?}");
        // Line ends may come before the status line (RFC 9112, section 2.2).
        let head = bytes.iter().position(|byte| !b"\r\n".contains(byte)).map_or(bytes, |at| &bytes[at..]);
        assert!(head.starts_with(b"HTTP/"), "an answer was read from what is none");
    }
}
