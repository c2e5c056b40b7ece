//! What a caller learns of a fault is the same over a socket and in process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use shared::crypto::system::System;
use shared::domain::vendor::Vendor;
use shared::ports::clock::Clock as _;
use shared::testing::chance::FixedClock;
use vendors::transport::{BaseUrl, Http, Limits, NoReply, Post, Transport};

use super::{Sender, faults, shape, told};
use crate::simulators::control::Control;
use crate::simulators::engine::time::now_ms;
use crate::simulators::{
    Answered, Endpoint, Fault, FaultRule, Filter, InProcess, Part, Recorded, Simulators, huawei, interfaces,
    test_accounts,
};

const TOKEN: &str = "0861234567890123300001234500CN01";

/// Simulators, with the way to them.
struct Side {
    control: Control,
    base_url: BaseUrl,
    transport: Transport,
}

/// Runs a scene over a socket and in process.
async fn on_both_sides<T: PartialEq + std::fmt::Debug>(scene: impl AsyncFn(Side) -> Vec<T>) {
    let server = Simulators::start_anywhere().unwrap();
    let (control, base_url) = ((*server).clone(), BaseUrl::parse(&server.base_url()).unwrap());
    let over_a_socket = scene(Side::new(control, base_url, Transport::Network)).await;
    let simulators = InProcess::new(Box::new(now_ms), 1);
    let (control, transport) = ((*simulators).clone(), simulators.transport());
    let in_process = scene(Side::new(control, InProcess::base_url(), transport)).await;
    assert_eq!(over_a_socket.len(), in_process.len());
    for (over_a_socket, in_process) in over_a_socket.iter().zip(&in_process) {
        assert_eq!(over_a_socket, in_process);
    }
}

impl Side {
    fn new(control: Control, base_url: BaseUrl, transport: Transport) -> Self {
        for credential in test_accounts() {
            control.add_credential(credential).unwrap();
        }
        Self { control, base_url, transport }
    }

    fn recorded(&self) -> Vec<Value> {
        self.control.requests(&Filter::default()).iter().map(seen).collect()
    }
}

/// Returns what both ways must share of a request.
fn seen(request: &Recorded) -> Value {
    let Recorded { vendor, endpoint, method, path, query, targets, refusal, delivered, fault, .. } = request;
    let mut names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    // A client adds these to every request.
    names.retain(|name| !["accept", "user-agent", "host", "content-length"].contains(name));
    let answered = match &request.answered {
        Answered::Http { status, body } => json!([status, shape(body)]),
        Answered::Nothing(end) => json!(end),
    };
    json!([vendor, endpoint, method, path, query, names, targets, refusal, delivered, fault, answered])
}

// ---- one request ----

type Got = Result<(u16, Option<Duration>, String), NoReply>;

async fn post(http: &Http, path: &str, headers: HeaderMap, body: String) -> Got {
    let url = http.address(&format!("https://push.example.com{path}")).unwrap();
    let reply = http.post(Post { url, headers, body: Bytes::from(body), within: None }).await?;
    Ok((reply.status, reply.retry_after, String::from_utf8(reply.body).unwrap()))
}

async fn access_token(http: &Http) -> HeaderMap {
    let grant = "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3D0123456789abcdef";
    let form = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))]);
    let (_, _, body) = post(http, "/oauth2/v3/token", form, grant.to_owned()).await.unwrap();
    let access: Value = serde_json::from_str(&body).unwrap();
    let bearer = format!("Bearer {}", access["access_token"].as_str().unwrap());
    let json = HeaderValue::from_static("application/json");
    HeaderMap::from_iter([(AUTHORIZATION, bearer.parse().unwrap()), (CONTENT_TYPE, json)])
}

async fn push(http: &Http, headers: &HeaderMap) -> Got {
    let body = json!({"message": {"token": [TOKEN], "android": {"notification": {
        "title": "Alice", "body": "晚上见", "tag": "m1", "click_action": {"type": 3}}}}});
    let (status, after, body) = post(http, "/v1/101234567/messages:send", headers.clone(), body.to_string()).await?;
    Ok((status, after, shape(&body)))
}

/// Lets the time limit of a request pass once the request has arrived.
async fn time_passes(control: &Control, limits: &Limits) {
    control.wait_for_requests(&Filter::default().at(Endpoint::Send), 1, Duration::from_secs(60)).await;
    tokio::time::pause();
    tokio::time::advance(limits.total).await;
    tokio::time::resume();
}

#[tokio::test]
async fn every_fault_of_a_connection_means_the_same() {
    let limits = Limits { answer: 4000, ..Limits::USUAL };
    let faults = [
        Fault::Pass {},
        Fault::status(429).with_header("Retry-After", "7"),
        Fault::status(503).with_header("Retry-After", "soon"),
        Fault::html(502),
        Fault::Empty { status: 200 },
        Fault::Garbage { status: 200 },
        Fault::Huge { status: 200, bytes: 100_000 },
        Fault::Truncated { mid_body: false },
        Fault::Truncated { mid_body: true },
        Fault::Close {},
        Fault::Reset {},
        Fault::Hang {},
    ];
    let rules = faults.into_iter().map(|fault| FaultRule::new(huawei::NAME, fault).at(Endpoint::Send));
    let rules: Vec<FaultRule> = rules.flat_map(|rule| [rule.clone(), rule.clone().after_delivery()]).collect();
    on_both_sides(async |side| {
        let http = Http::new(Vendor::Huawei, Some(side.base_url.clone()), Arc::new(System::default()));
        let http = http.with_limits(limits).over(side.transport.clone());
        let headers = access_token(&http).await;
        let mut met = Vec::new();
        for rule in &rules {
            side.control.reset(&[Part::Requests, Part::Shades]);
            side.control.add_faults([rule.clone()]).unwrap();
            let hangs = rule.fault == Fault::Hang {};
            let waiting = async {
                if hangs {
                    time_passes(&side.control, &limits).await
                }
            };
            let (got, ()) = tokio::join!(push(&http, &headers), waiting);
            // A connection that broke is replaced.
            let next = push(&http, &headers).await;
            met.push((rule.clone(), got, next, side.recorded(), side.control.device(huawei::NAME, TOKEN).delivered));
        }
        met
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_too_late_leaves_a_doubt() {
    on_both_sides(async |side| {
        let http = Http::new(Vendor::Huawei, Some(side.base_url.clone()), Arc::new(System::default()));
        let http = http.over(side.transport.clone());
        let headers = access_token(&http).await;
        let late = FaultRule::new(huawei::NAME, Fault::Pass {}).at(Endpoint::Send).delayed(600_000);
        side.control.add_faults([late]).unwrap();
        let (got, ()) = tokio::join!(push(&http, &headers), time_passes(&side.control, &Limits::USUAL));
        assert_eq!(got, Err(NoReply::Unanswered("timeout")));
        vec![(got, side.control.device(huawei::NAME, TOKEN).delivered)]
    })
    .await;
}

#[tokio::test]
async fn an_address_of_no_vendor_is_not_found() {
    on_both_sides(async |side| {
        let base = BaseUrl::parse(&format!("{}/elsewhere", address(&side.base_url))).unwrap();
        let http = Http::new(Vendor::Huawei, Some(base), Arc::new(System::default())).over(side.transport.clone());
        vec![post(&http, "/x", HeaderMap::new(), String::new()).await]
    })
    .await;
}

fn address(base: &BaseUrl) -> String {
    let http = Http::new(Vendor::Huawei, Some(base.clone()), Arc::new(System::default()));
    http.address("https://push.example.com").unwrap().origin().ascii_serialization()
}

// ---- calls of every vendor ----

#[tokio::test]
async fn every_fault_of_every_vendor_has_the_same_outcome() {
    // Some outcomes tell a time until something.
    let clock = FixedClock::new(System::default().now());
    on_both_sides(async |side| {
        let mut met = Vec::new();
        for which in interfaces() {
            let way = (side.base_url.clone(), side.transport.clone());
            let mut sender = Sender::new(which, way, Arc::new(clock.clone()), Arc::new(System::default()));
            for number in 0..faults(which.0, "").len() {
                side.control.reset(&[Part::Requests, Part::Faults]);
                let rule = faults(which.0, &sender.next_tokens()[0]).remove(number);
                side.control.add_faults([rule.clone()]).unwrap();
                met.push((which.1.notifier, rule, told(&sender.push().await), side.recorded()));
            }
        }
        met
    })
    .await;
}
