//! A device's own connection to the WebSocket API, as an app on a phone holds it.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message, client::ClientRequestBuilder, http::Uri},
};

use super::api::segment;

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// the upgrade was refused with an HTTP status
    #[error("the upgrade is refused with {0}")]
    Refused(u16),
    /// the server closed, with this code if it gave one
    #[error("the server closed with {0:?}")]
    Closed(Option<u16>),
    /// anything else
    #[error(transparent)]
    Broken(Box<Error>),
}

impl From<Error> for SocketError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(answer) => Self::Refused(answer.status().as_u16()),
            Error::ConnectionClosed => Self::Closed(None),
            other => Self::Broken(Box::new(other)),
        }
    }
}

/// An open connection. Dropping it sends no close frame, as when a phone leaves its network.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects with these parameters, and with a bearer in the header `Authorization` if there is one.
    pub async fn open(url: &str, query: &[(&str, &str)], bearer: Option<&str>) -> Result<Self, SocketError> {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", segment(value))).collect();
        let uri: Uri =
            format!("{url}/?{}", query.join("&")).parse().map_err(|error| Error::HttpFormat(From::from(error)))?;
        let mut request = ClientRequestBuilder::new(uri);
        if let Some(token) = bearer {
            request = request.with_header("Authorization", format!("Bearer {token}"));
        }
        let (stream, _) = connect_async_with_config(request, None, true).await?;
        Ok(Self { stream })
    }

    /// Sends a frame of JSON.
    pub async fn send(&mut self, frame: &Value) -> Result<(), SocketError> {
        self.send_text(&frame.to_string()).await
    }

    /// Sends a frame of any text.
    pub async fn send_text(&mut self, text: &str) -> Result<(), SocketError> {
        Ok(self.stream.send(Message::text(text)).await?)
    }

    /// Sends a binary frame.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), SocketError> {
        Ok(self.stream.send(Message::binary(bytes.to_vec())).await?)
    }

    /// Returns the server's next frame. A text that is no JSON becomes a string.
    pub async fn next(&mut self) -> Result<Value, SocketError> {
        loop {
            match self.stream.next().await.ok_or(SocketError::Closed(None))?? {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap_or_else(|_| text.as_str().into())),
                Message::Close(frame) => return Err(SocketError::Closed(frame.map(|frame| frame.code.into()))),
                _ => {}
            }
        }
    }

    /// Closes the connection with a close frame.
    pub async fn close(mut self) -> Result<(), SocketError> {
        Ok(self.stream.close(None).await?)
    }
}
