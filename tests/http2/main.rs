//! What vendors' servers may do to a connection of HTTP/2 over TLS, and what becomes of the requests on it.
//!
//! A request that the vendor did not process is sent again, or may be sent again later: it reaches the phone once. A request
//! that it may have processed is not repeated here. Neither delays other requests.

#![expect(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod certificates;
mod connections;
mod frame;
mod server;
mod streams;

use futures::future::join_all;
use vendors::transport::{Http, Limits, NoReply, Post, Reply};

type Answer = Result<Vec<u8>, NoReply>;

/// Returns a request with a body of 20 bytes.
fn post(http: &Http) -> Post {
    Post {
        url: http.address("https://push.example.com/v1/send").unwrap(),
        headers: Default::default(),
        body: "a push of 20 letters".into(),
        within: None,
    }
}

/// Sends a request, and returns the body of its answer.
async fn send(http: &Http) -> Answer {
    http.post(post(http)).await.map(|Reply { body, .. }| body)
}

/// Sends so many requests at once.
async fn send_all(http: &Http, count: usize) -> Vec<Answer> {
    join_all((0..count).map(|_| send(http))).await
}

/// Lets the time of a request pass at once.
async fn time_is_over() {
    tokio::time::pause();
    tokio::time::advance(Limits::USUAL.total).await;
}

/// The answer of the tests' server.
fn answered() -> Answer {
    Ok(b"half whole".to_vec())
}

fn not_sent(why: &'static str) -> Answer {
    Err(NoReply::NotSent(why))
}

fn unanswered(why: &'static str) -> Answer {
    Err(NoReply::Unanswered(why))
}
