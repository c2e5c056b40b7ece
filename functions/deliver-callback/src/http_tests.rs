use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Mutex,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A look-up that answers as a test says, one answer for each look-up; the last one stays.
struct Scripted(Mutex<Vec<Vec<&'static str>>>);

#[async_trait]
impl LookUp for Scripted {
    async fn look_up(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Ok(answer.into_iter().map(|text| text.parse().unwrap()).collect())
    }
}

fn client(allow_local: bool, answers: &[&[&'static str]]) -> GuardedClient {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    GuardedClient::new(UrlGuard { allow_local }, Arc::new(Scripted(Mutex::new(answers))))
}

fn call(url: &str) -> CallbackCall {
    let headers = vec![("content-type", "application/json".to_owned()), ("webhook-id", "msg_1".to_owned())];
    CallbackCall { url: url.to_owned(), headers, body: b"{\"a\":1}".to_vec() }
}

/// Returns the address of a server that answers every connection with `answer`, and counts the connections.
async fn server(answer: &'static [u8], ends: bool) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = requests.clone();
    #[expect(clippy::disallowed_methods, reason = "a server of the test")]
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_one(stream, answer, ends, seen.clone()));
        }
    });
    (address, requests)
}

async fn answer_one(mut stream: TcpStream, answer: &'static [u8], ends: bool, seen: Arc<Mutex<Vec<String>>>) {
    let mut request = vec![0; 4096];
    let read = stream.read(&mut request).await.unwrap_or(0);
    seen.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
    let written = stream.write_all(answer).await;
    while !ends && written.is_ok() {
        if stream.write_all(&[b'x'; 1024]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_is_and_its_answer_is_the_status() {
    let (address, requests) = server(b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\nno", true).await;
    let answer = client(true, &[&["127.0.0.1"]]).post_callback(&call(&format!("http://{address}/a?b=c"))).await;
    assert_eq!(answer, Ok(CallbackAnswer { status: 429, retry_after: Some(Duration::from_secs(7)) }));
    let request = requests.lock().unwrap().join("");
    assert!(request.starts_with("POST /a?b=c HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{\"a\":1}"), "{request}");
    assert!(request.contains("webhook-id: msg_1\r\n") && !request.to_lowercase().contains("referer"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (inside, requests) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true).await;
    let location = format!("HTTP/1.1 307 Moved\r\nlocation: http://{inside}/\r\ncontent-length: 0\r\n\r\n");
    let (address, _) = server(location.leak().as_bytes(), true).await;
    let answer = client(true, &[&["127.0.0.1"]]).post_callback(&call(&format!("http://{address}/"))).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(307));
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_huge_answer_is_not_read_and_its_status_counts() {
    let (address, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n", false).await;
    let answer = client(true, &[&["127.0.0.1"]]).post_callback(&call(&format!("http://{address}/"))).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200));
}

#[tokio::test]
async fn an_address_in_the_url_is_judged_again_when_it_is_used() {
    for url in ["https://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "http://127.0.0.1:9/", "https://0x7f.1/"] {
        let answer = client(false, &[&["127.0.0.1"]]).post_callback(&call(url)).await;
        assert_eq!(answer, Err(CallbackFailure::Refused), "{url}");
    }
}

#[tokio::test]
async fn a_name_is_refused_if_any_of_its_addresses_is() {
    for addresses in [&["10.0.0.1"][..], &["8.8.8.8", "169.254.169.254"], &["8.8.8.8", "::1"], &["64:ff9b::a00:1"]] {
        let answer = client(false, &[addresses]).post_callback(&call("https://push.example.com/")).await;
        assert_eq!(answer, Err(CallbackFailure::Refused), "{addresses:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_between_two_requests_is_judged_each_time() {
    let (address, requests) = server(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", true).await;
    // The guard of a test stack allows this machine, and still no private network.
    let client = client(true, &[&["127.0.0.1"], &["10.0.0.1"]]);
    let call = call(&format!("http://push.example.com:{}/", address.port()));
    assert_eq!(client.post_callback(&call).await.map(|answer| answer.status), Ok(200));
    assert_eq!(client.post_callback(&call).await, Err(CallbackFailure::Refused));
    assert_eq!(requests.lock().unwrap().len(), 1, "the judged address was the one that was called");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = client(true, &[&["127.0.0.1"]]).post_callback(&call(&format!("http://{address}/"))).await;
    assert_eq!(answer, Err(CallbackFailure::Unreachable));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_costs_five_seconds() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let begun = tokio::time::Instant::now();
    let answer = client(true, &[&["127.0.0.1"]]).post_callback(&call(&url)).await;
    assert_eq!(answer, Err(CallbackFailure::Timeout));
    assert!(begun.elapsed() <= MAX_CALL + Duration::from_millis(10), "{:?}", begun.elapsed());
}
