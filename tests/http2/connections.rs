//! Connections that begin, end, and break without a word.

use std::{net::TcpListener, sync::Arc};

use futures::future::join;
use shared::{domain::vendor::Vendor, testing::chance::FixedClock};
use vendors::transport::{BaseUrl, Http};

use super::{
    answered,
    frame::{ENHANCE_YOUR_CALM, NO_ERROR},
    not_sent, send, send_all,
    server::{Limits, Server, Then},
    time_is_over, unanswered,
};

#[tokio::test]
async fn the_first_batch_to_a_host_shares_one_connection() {
    let server = Server::start(Limits::default(), |peer, stream| peer.answer(stream));
    let http = server.client();
    assert_eq!(send_all(&http, 64).await, vec![answered(); 64]);
    assert_eq!(send_all(&http, 64).await, vec![answered(); 64]);
    assert_eq!(server.seen().connections, 1);
}

#[tokio::test]
async fn a_first_request_without_an_answer_delays_no_other() {
    let server = Server::start(Limits::default(), |peer, stream| match stream {
        1 => Then::GoOn,
        _ => peer.answer(stream),
    });
    let http = server.client();
    let others = async {
        let answers = send_all(&http, 9).await;
        time_is_over().await;
        answers
    };
    let (first, others) = join(send(&http), others).await;
    assert_eq!((first, others), (unanswered("timeout"), vec![answered(); 9]));
    assert_eq!(server.seen().connections, 1);
}

#[tokio::test]
async fn requests_to_a_host_that_refuses_connections_were_not_sent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = BaseUrl::parse(&format!("https://127.0.0.1:{port}")).unwrap();
    let http = Http::new(Vendor::Fcm, Some(base), Arc::new(FixedClock::default()));
    assert_eq!(send_all(&http, 64).await, vec![not_sent("connect"); 64]);
}

#[tokio::test]
async fn requests_that_a_going_server_does_not_process_are_sent_once_more() {
    let server = Server::start(Limits::default(), |peer, stream| match (peer.number, stream) {
        // The last of ten requests: the server takes the first two, and goes.
        (0, 19) => {
            peer.go_away(3, NO_ERROR);
            peer.answer(1);
            peer.answer(3)
        }
        (0, _) => Then::GoOn,
        _ => peer.answer(stream),
    });
    assert_eq!(send_all(&server.client(), 10).await, vec![answered(); 10]);
    let seen = server.seen();
    assert_eq!((seen.connections, seen.requests), (2, 18), "ten requests, and eight again on one new connection");
}

#[tokio::test]
async fn a_request_that_a_going_server_took_and_did_not_answer_leaves_a_doubt() {
    let server = Server::start(Limits::default(), |peer, stream| match peer.number {
        0 => {
            peer.go_away(stream, NO_ERROR);
            Then::Close
        }
        _ => peer.answer(stream),
    });
    let http = server.client();
    assert_eq!(send(&http).await, unanswered("connection lost"));
    assert_eq!(server.seen().requests, 1, "it is not repeated");
    assert_eq!(send(&http).await, answered());
}

#[tokio::test]
async fn a_server_that_goes_for_another_reason_is_not_asked_again_at_once() {
    let server = Server::start(Limits::default(), |peer, _| {
        peer.go_away(0, ENHANCE_YOUR_CALM);
        Then::Close
    });
    assert_eq!(send(&server.client()).await, not_sent("going away"));
    assert_eq!(server.seen().requests, 1);
}

#[tokio::test]
async fn a_batch_after_a_goaway_opens_one_connection() {
    let server = Server::start(Limits::default(), |peer, stream| {
        peer.answer(stream);
        if peer.number == 0 {
            peer.go_away(stream, NO_ERROR);
            return Then::Close;
        }
        Then::GoOn
    });
    let http = server.client();
    assert_eq!(send(&http).await, answered());
    assert_eq!(send_all(&http, 64).await, vec![answered(); 64]);
    assert_eq!(server.seen().connections, 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced() {
    let server = Server::start(Limits::default(), |peer, stream| {
        peer.answer(stream);
        Then::Close
    });
    let http = server.client();
    for connections in 1..=5 {
        assert_eq!(send(&http).await, answered());
        server.closed(connections).await;
        assert_eq!(server.seen().connections, connections);
    }
}

#[tokio::test]
async fn a_machine_that_is_gone_costs_one_batch_and_no_more() {
    let server = Server::start(Limits::default(), |peer, stream| match (peer.number, stream) {
        (0, 3) => Then::FallSilent,
        _ => peer.answer(stream),
    });
    let http = server.client();
    assert_eq!(send(&http).await, answered());
    let time_passes = async {
        server.arrived(2).await;
        tokio::time::pause();
    };
    let begun = tokio::time::Instant::now();
    let (answers, ()) = join(send_all(&http, 5), time_passes).await;
    assert_eq!(answers, vec![unanswered("timeout"); 5]);
    assert!(begun.elapsed().as_secs() < 8, "a ping finds out before the requests' own time is over");
    tokio::time::resume();
    assert_eq!(send_all(&http, 5).await, vec![answered(); 5]);
    assert_eq!(server.seen().connections, 2);
}
