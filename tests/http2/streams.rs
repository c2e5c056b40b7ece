//! Streams that wait, are refused, reset, or answered slowly.

use futures::future::join;

use super::{
    answered,
    frame::{CANCEL, ENHANCE_YOUR_CALM, INTERNAL_ERROR, REFUSED_STREAM},
    not_sent, send, send_all,
    server::{Limits, Server, Then},
    time_is_over, unanswered,
};

#[tokio::test]
async fn a_batch_keeps_to_the_servers_number_of_streams_on_one_connection() {
    for max_streams in [1, 10, 100] {
        let limits = Limits { max_streams, ..Limits::default() };
        let server = Server::start(limits, |peer, stream| peer.answer(stream));
        let answers = send_all(&server.client(), 500).await;
        assert_eq!(answers, vec![answered(); 500], "{max_streams} streams");
        let seen = server.seen();
        assert_eq!((seen.connections, seen.requests), (1, 500), "{max_streams} streams");
        assert!(seen.max_open_streams <= max_streams as usize);
    }
}

#[tokio::test]
async fn a_request_that_waits_for_a_stream_until_its_time_is_over_was_not_sent() {
    let limits = Limits { max_streams: 1, ..Limits::default() };
    let server = Server::start(limits, |peer, stream| match stream {
        1 => peer.answer(stream),
        _ => Then::GoOn,
    });
    let http = server.client();
    // With its answer the client knows the limit.
    assert_eq!(send(&http).await, answered());
    let time_passes = async {
        server.arrived(2).await;
        time_is_over().await;
    };
    let (mut answers, ()) = join(send_all(&http, 50), time_passes).await;
    assert_eq!(answers.remove(0), unanswered("timeout"));
    assert_eq!(answers, vec![not_sent("timeout"); 49]);
    assert_eq!(server.seen().requests, 2);
}

#[tokio::test]
async fn a_refused_stream_is_sent_once_more() {
    let server = Server::start(Limits::default(), |peer, stream| match stream {
        1 => peer.reset(stream, REFUSED_STREAM),
        _ => peer.answer(stream),
    });
    assert_eq!(send(&server.client()).await, answered());
    assert_eq!(server.seen().requests, 2);
}

#[tokio::test]
async fn a_stream_that_is_refused_again_was_not_sent() {
    let server = Server::start(Limits::default(), |peer, stream| peer.reset(stream, REFUSED_STREAM));
    assert_eq!(send(&server.client()).await, not_sent("refused unprocessed"));
    assert_eq!(server.seen().requests, 2);
}

#[tokio::test]
async fn a_stream_that_is_reset_otherwise_leaves_a_doubt_and_is_not_repeated() {
    for error in [INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM] {
        let server = Server::start(Limits::default(), move |peer, stream| match stream {
            1 => peer.reset(stream, error),
            _ => peer.answer(stream),
        });
        let http = server.client();
        assert_eq!(send(&http).await, unanswered("connection lost"), "{error}");
        assert_eq!(server.seen().requests, 1, "{error}");
        assert_eq!(send(&http).await, answered());
        assert_eq!(server.seen().connections, 1, "the connection stays");
    }
}

#[tokio::test]
async fn a_request_without_a_window_was_not_sent() {
    let server = Server::start(Limits::default(), |peer, stream| {
        peer.close_window();
        peer.answer(stream)
    });
    let http = server.client();
    assert_eq!(send(&http).await, answered());
    let time_passes = async {
        server.began(2).await;
        time_is_over().await;
    };
    assert_eq!(join(send(&http), time_passes).await.0, not_sent("timeout"));
}

#[tokio::test]
async fn a_request_arrives_whole_through_a_slow_window() {
    let limits = Limits { window: 1, refill: 1, ..Limits::default() };
    let server = Server::start(limits, |peer, stream| peer.answer(stream));
    assert_eq!(send_all(&server.client(), 3).await, vec![answered(); 3]);
}

#[tokio::test]
async fn an_answer_that_trickles_delays_no_other() {
    // The first answer stays half until nine others are whole.
    let server = Server::start(Limits::default(), |peer, stream| match stream {
        1 => {
            peer.begin_answer(stream);
            Then::GoOn
        }
        19 => {
            peer.answer(stream);
            peer.end_answer(1)
        }
        _ => peer.answer(stream),
    });
    assert_eq!(send_all(&server.client(), 10).await, vec![answered(); 10]);
}

#[tokio::test]
async fn an_answer_that_never_ends_costs_its_own_time_only() {
    let server = Server::start(Limits::default(), |peer, stream| match stream {
        1 => {
            peer.begin_answer(stream);
            Then::GoOn
        }
        _ => peer.answer(stream),
    });
    let http = server.client();
    let others = async {
        server.arrived(1).await;
        let answers = send_all(&http, 9).await;
        time_is_over().await;
        answers
    };
    let (first, others) = join(send(&http), others).await;
    assert_eq!((first, others), (unanswered("timeout"), vec![answered(); 9]));
}
