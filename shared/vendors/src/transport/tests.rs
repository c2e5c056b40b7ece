use std::{net::TcpListener, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use shared::{domain::vendor::Vendor, testing::chance::FixedClock};

use super::*;
use crate::testing::{Say, Server};

fn http(server: &Server) -> Http {
    Http::new(Vendor::Fcm, Some(server.base()), Arc::new(FixedClock::default()))
}

fn post(http: &Http) -> Post {
    Post {
        url: http.address("https://push.example.com/v1/send?x=1").unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"payload"),
        within: None,
    }
}

async fn send(http: &Http) -> Result<Reply, NoReply> {
    http.post(post(http)).await
}

#[tokio::test]
async fn a_request_goes_to_the_base_address_with_its_path_and_body() {
    let server = Server::script([Say::text(200, "ok").with("retry-after", "7")]);
    let reply = send(&http(&server)).await.unwrap();
    assert_eq!(reply, Reply { status: 200, retry_after: Some(Duration::from_secs(7)), body: b"ok".to_vec() });
    let seen = &server.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/fcm/v1/send?x=1"));
    assert_eq!(seen.text(), "payload");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = Server::script([Say::text(307, "").with("location", "http://127.0.0.1:1/")]);
    assert_eq!(send(&http(&server)).await.unwrap().status, 307);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn requests_share_a_connection() {
    let server = Server::start(|_| Say::text(200, ""));
    let http = http(&server);
    for _ in 0..3 {
        send(&http).await.unwrap();
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let server = Server::start(|_| Say::text(200, &"x".repeat(100_000)));
    let http = http(&server).with_limits(Limits { answer: 1000, ..Limits::USUAL });
    assert_eq!(send(&http).await.unwrap().body.len(), 1000);
}

#[tokio::test]
async fn half_an_answer_is_as_much_as_came() {
    let server = Server::script([Say::Half { status: 503, body: b"0123456789".to_vec() }]);
    let reply = send(&http(&server)).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (503, b"01234".as_slice()));
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = BaseUrl::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let http = Http::new(Vendor::Fcm, Some(base), Arc::new(FixedClock::default()));
    assert_eq!(send(&http).await, Err(NoReply::NotSent("connect")));
}

#[tokio::test]
async fn a_failed_tls_handshake_sent_nothing() {
    let server = Server::start(|_| Say::Close);
    let base = BaseUrl::parse(&format!("https://{}", server.address())).unwrap();
    let http = Http::new(Vendor::Fcm, Some(base), Arc::new(FixedClock::default()));
    assert_eq!(send(&http).await, Err(NoReply::NotSent("connect")));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn silence_after_sending_ends_in_time_and_leaves_a_doubt() {
    let server = Server::start(|_| Say::Hang);
    let http = http(&server);
    let time_passes = async {
        server.arrived(1).await;
        tokio::time::pause();
        tokio::time::advance(Limits::USUAL.total).await;
    };
    let (reply, ()) = tokio::join!(send(&http), time_passes);
    assert_eq!(reply, Err(NoReply::Unanswered("timeout")));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_fresh_connection_that_breaks_leaves_a_doubt() {
    let server = Server::start(|_| Say::Close);
    assert_eq!(send(&http(&server)).await, Err(NoReply::Unanswered("connection lost")));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_used_connection_that_breaks_after_the_request_left_leaves_a_doubt() {
    let server = Server::start(|seen| if seen.place == 0 { Say::text(200, "") } else { Say::Close });
    let http = http(&server);
    let mut replies = Vec::new();
    for _ in 0..4 {
        replies.push(send(&http).await.map(|reply| reply.status));
    }
    let broken = Err(NoReply::Unanswered("connection lost"));
    assert_eq!(replies, [Ok(200), broken, Ok(200), broken]);
    assert_eq!(server.seen().len(), 4, "each request is sent once");
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced() {
    let server = Server::start(|_| Say::Leave { status: 200 });
    let http = http(&server);
    for sent in 1..=3 {
        assert_eq!(send(&http).await.unwrap().status, 200);
        server.closed(sent).await;
    }
    let connections: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 1, 2]);
}

/// Says the same to every request, after a while.
struct Says {
    after: Duration,
    status: u16,
    length: usize,
    broken: Option<NoReply>,
}

#[async_trait]
impl Exchange for Says {
    async fn exchange(&self, post: &Post) -> Result<Answer, NoReply> {
        assert_eq!(post.url.as_str(), "https://push.example.com/v1/send?x=1");
        tokio::time::sleep(self.after).await;
        let headers = HeaderMap::from_iter([(reqwest::header::RETRY_AFTER, 7.into())]);
        match self.broken {
            Some(no_reply) => Err(no_reply),
            None => Ok(Answer { status: self.status, headers, body: vec![b'x'; self.length] }),
        }
    }
}

async fn sent_over(says: Says) -> Result<Reply, NoReply> {
    let http = Http::new(Vendor::Fcm, None, Arc::new(FixedClock::default()));
    let http = http.with_limits(Limits { answer: 1000, ..Limits::USUAL });
    send(&http.over(Transport::Injected(Arc::new(says)))).await
}

#[tokio::test(start_paused = true)]
async fn an_injected_exchange_has_the_limits_of_the_network() {
    let says = |after| Says { after, status: 503, length: 5000, broken: None };
    let reply = sent_over(says(Limits::USUAL.total - Duration::from_secs(1))).await.unwrap();
    assert_eq!((reply.status, reply.retry_after, reply.body.len()), (503, Some(Duration::from_secs(7)), 1000));
    assert_eq!(sent_over(says(Limits::USUAL.total * 2)).await, Err(NoReply::Unanswered("timeout")));
    for no_reply in [NoReply::NotSent("connect"), NoReply::Unanswered("connection lost")] {
        let says = Says { broken: Some(no_reply), ..says(Duration::ZERO) };
        assert_eq!(sent_over(says).await, Err(no_reply));
    }
}
