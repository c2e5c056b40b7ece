//! The HTTP server: a thread with its own runtime. So a test's paused clock or busy runtime never delays a vendor.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::control::{self, Control};
use super::engine::Engine;
use super::judges;

mod tls;
mod wire;

#[cfg(test)]
mod tests;

/// Running simulators. Dropping this stops them.
pub struct Simulators {
    control: Control,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulators {
    /// Starts on an address of this machine; port 0 takes a free port. It accepts connections when this returns.
    pub fn start(address: SocketAddr) -> io::Result<Self> {
        Self::start_with(address, tls::server())
    }

    /// Starts without HTTP/2 over TLS.
    pub fn start_http1(address: SocketAddr) -> io::Result<Self> {
        Self::start_with(address, tls::http1_server())
    }

    fn start_with(address: SocketAddr, tls: Arc<ServerConfig>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let control = Control::new(Arc::new(Engine::new(judges())));
        let router = control::router(control.clone()).merge(wire::router(control.engine())).merge(tls::router());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || runtime.block_on(serve(listener, router, tls.into(), stopped));
        let thread = std::thread::Builder::new().name("vendor-simulators".to_owned()).spawn(serve)?;
        Ok(Self { control, address, stop: Some(stop), thread: Some(thread) })
    }

    /// Starts on a free port of the loopback interface.
    pub fn start_anywhere() -> io::Result<Self> {
        Self::start(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Returns the value for `VENDOR_BASE_URL`, like `http://127.0.0.1:4700`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the same for TLS, to a client that trusts [`Self::ca_pem`].
    pub fn tls_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Returns the value for `VENDOR_CA_PEM`. Simulators of one process have the same.
    pub fn ca_pem() -> String {
        tls::ca_pem()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and frees the port.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        // Dropping the sender is the signal.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread printed its panic already, and nobody else needs the error.
            drop(thread.join());
        }
    }
}

impl Drop for Simulators {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl Deref for Simulators {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

async fn serve(listener: TcpListener, router: Router, tls: TlsAcceptor, mut stopped: oneshot::Receiver<()>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is not blocking");
    // All connections end when this function returns and drops the set.
    let mut connections = JoinSet::new();
    let numbers = AtomicU64::new(1);
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                connections.spawn(connection(stream, number, router.clone(), tls.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The connection that a request came on.
#[derive(Clone)]
struct Connection {
    number: u64,
    reset: Arc<Notify>,
}

async fn connection(stream: TcpStream, number: u64, router: Router, tls: TlsAcceptor) {
    // Answers are small and must be sent at once.
    _ = stream.set_nodelay(true);
    // A second handle on the socket, for a reset. The HTTP code owns the first one.
    let Ok((stream, spare)) = duplicate(stream) else { return };
    let connection = Connection { number, reset: Arc::new(Notify::new()) };
    let reset = Arc::clone(&connection.reset);
    let service = service_fn(move |request| answer(router.clone(), connection.clone(), request));
    let ended = async {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first == [tls::HANDSHAKE] => {
                if let Ok(stream) = tls.accept(stream).await {
                    speak(stream, service).await;
                }
            }
            _ => speak(stream, service).await,
        }
    };
    tokio::select! {
        () = ended => {}
        // A socket that cannot be reset is closed, which looks almost the same to the caller.
        () = reset.notified() => drop(spare.set_zero_linger()),
    }
}

/// Speaks HTTP/1.1 or HTTP/2, as the client begins.
async fn speak<Io, S>(stream: Io, service: S)
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
    S: Service<Request<Incoming>, Response = Response, Error = wire::NoAnswer>,
    S::Future: Send + 'static,
{
    let builder = auto::Builder::new(TokioExecutor::new());
    // A client may close its connection at any time, so the result does not matter.
    _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

fn duplicate(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let stream = stream.into_std()?;
    let spare = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, TcpStream::from_std(spare)?))
}

/// Answers a request. An error ends an HTTP/1 connection, or resets an HTTP/2 stream, without an answer.
async fn answer(
    router: Router,
    connection: Connection,
    request: Request<Incoming>,
) -> Result<Response, wire::NoAnswer> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(connection);
    let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
    if response.extensions().get::<wire::NoAnswer>().is_some() { Err(wire::NoAnswer) } else { Ok(response) }
}
