use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::tls::{ExtraCas, client_config};

use super::Simulators;
use crate::simulators::engine::{Part, UnknownTokens};
use crate::simulators::{
    Answered, Device, Endpoint, Fault, FaultRule, Filter, SIMULATORS, SimulatorClient, Spec, fcm, huawei, test_accounts,
};

const GRANT: &str = "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3D0123456789abcdef";
const TOKEN: &str = "0861234567890123300001234500CN01";

fn start() -> (Simulators, reqwest::Client) {
    let simulators = Simulators::start_anywhere().unwrap();
    for credential in test_accounts() {
        simulators.add_credential(credential).unwrap();
    }
    (simulators, http(|builder| builder))
}

fn http(change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> reqwest::Client {
    change(crate::simulators::client::plain_http(Duration::from_secs(5))).build().unwrap()
}

async fn grant(simulators: &Simulators, http: &reqwest::Client) -> reqwest::Result<reqwest::Response> {
    let url = format!("{}/huawei/oauth2/v3/token", simulators.base_url());
    http.post(url).header("content-type", "application/x-www-form-urlencoded").body(GRANT).send().await
}

async fn push(simulators: &Simulators, http: &reqwest::Client) -> reqwest::Result<reqwest::Response> {
    let access: Value = grant(simulators, http).await?.json().await?;
    let body = json!({"message": {"token": [TOKEN], "android": {"notification": {
        "title": "Alice", "body": "晚上见", "tag": "m1", "click_action": {"type": 3}}}}});
    let url = format!("{}/huawei/v1/101234567/messages:send", simulators.base_url());
    http.post(url).bearer_auth(access["access_token"].as_str().unwrap()).json(&body).send().await
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_on_one_port() {
    let (simulators, http1) = start();
    let http2 = http(reqwest::ClientBuilder::http2_prior_knowledge);
    for client in [&http1, &http2] {
        assert_eq!(push(&simulators, client).await.unwrap().status(), 200);
    }
    let versions: Vec<String> =
        simulators.requests(&Filter::default().at(Endpoint::Send)).into_iter().map(|request| request.version).collect();
    assert_eq!(versions, ["HTTP/1.1", "HTTP/2.0"]);
    assert_eq!(simulators.counts().of(huawei::NAME).connections, 2, "each client kept its connection");
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_over_tls() {
    let (default, _) = start();
    let http1 = Simulators::start_http1(([127, 0, 0, 1], 0).into()).unwrap();
    for (simulators, version) in [(default, "HTTP/2.0"), (http1, "HTTP/1.1")] {
        let ca = ExtraCas::parse(&fetched_ca(&simulators).await).unwrap();
        let http = reqwest::Client::builder().tls_backend_preconfigured(client_config(&ca).unwrap()).no_proxy();
        let url = format!("{}/huawei/oauth2/v3/token", simulators.tls_url());
        http.build().unwrap().post(url).body(GRANT).send().await.unwrap();
        assert_eq!(simulators.requests(&Filter::default()).pop().unwrap().version, version);
    }
}

/// Returns the certificate authority as another process learns of it.
async fn fetched_ca(simulators: &Simulators) -> String {
    let url = format!("{}/_sim/ca.pem", simulators.base_url());
    let fetched = http(|builder| builder).get(url).send().await.unwrap().text().await.unwrap();
    assert_eq!(fetched, Simulators::ca_pem());
    fetched
}

#[tokio::test]
async fn a_request_is_recorded_whole_but_for_its_authorization() {
    let (simulators, http) = start();
    push(&simulators, &http).await.unwrap();
    let recorded =
        simulators.requests(&Filter::vendor(huawei::NAME).for_token(TOKEN).with_text("晚上见")).pop().unwrap();
    assert_eq!((recorded.method.as_str(), recorded.path.as_str()), ("POST", "/v1/101234567/messages:send"));
    assert!(recorded.header("authorization").unwrap().starts_with("Bearer #"));
    assert_eq!((recorded.status(), recorded.delivered, recorded.refusal), (Some(200), 1, None));
    assert!(serde_json::from_str::<Value>(&recorded.body).is_ok());
}

#[tokio::test]
async fn an_answer_can_be_lost_after_delivery_and_the_repeat_still_shows_once() {
    let (simulators, _) = start();
    for make in [|builder| builder, reqwest::ClientBuilder::http2_prior_knowledge as fn(_) -> _] {
        let http = http(make);
        for fault in [Fault::Close {}, Fault::Reset {}, Fault::Truncated { mid_body: true }] {
            simulators.reset(&[Part::Shades, Part::Requests]);
            simulators
                .add_faults([FaultRule::new(huawei::NAME, fault.clone()).at(Endpoint::Send).after_delivery()])
                .unwrap();
            let lost = match push(&simulators, &http).await {
                Ok(answer) => answer.bytes().await.map(|_| ()),
                Err(error) => Err(error),
            };
            assert!(lost.is_err(), "{fault:?}");
            assert_eq!(push(&simulators, &http).await.unwrap().status(), 200);
            let phone = simulators.device(huawei::NAME, TOKEN);
            assert_eq!((phone.shade.len(), phone.delivered), (1, 2), "{fault:?}");
            let sends = simulators.requests(&Filter::default().at(Endpoint::Send));
            assert!(matches!(sends[0].answered, Answered::Nothing(_)), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_close_before_delivery_delivers_nothing() {
    let (simulators, http) = start();
    simulators.add_faults([FaultRule::new(huawei::NAME, Fault::Close {}).at(Endpoint::Send)]).unwrap();
    assert!(push(&simulators, &http).await.is_err());
    assert_eq!(simulators.device(huawei::NAME, TOKEN).delivered, 0);
}

#[tokio::test]
async fn answers_can_be_late_or_never_come() {
    let (simulators, _) = start();
    let http = http(|builder| builder.timeout(Duration::from_millis(300)));
    simulators.add_faults([FaultRule::new(huawei::NAME, Fault::Pass {}).at(Endpoint::Send).delayed(120)]).unwrap();
    let begun = Instant::now();
    assert_eq!(push(&simulators, &http).await.unwrap().status(), 200);
    assert!(begun.elapsed() >= Duration::from_millis(120));
    simulators.add_faults([FaultRule::new(huawei::NAME, Fault::Hang {}).at(Endpoint::Send).after_delivery()]).unwrap();
    assert!(push(&simulators, &http).await.unwrap_err().is_timeout());
    assert_eq!(simulators.device(huawei::NAME, TOKEN).delivered, 2);
}

#[tokio::test]
async fn bodies_can_be_garbage_empty_huge_or_half() {
    let (simulators, http) = start();
    let body = async |fault: Fault| {
        simulators.add_faults([FaultRule::new(huawei::NAME, fault).at(Endpoint::Send)]).unwrap();
        let answer = push(&simulators, &http).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(body(Fault::Empty { status: 200 }).await, (200, String::new()));
    assert!(serde_json::from_str::<Value>(&body(Fault::Garbage { status: 200 }).await.1).is_err());
    assert!(body(Fault::Huge { status: 200, bytes: 1 << 20 }).await.1.len() > 1 << 20);
    let half = body(Fault::Truncated { mid_body: false }).await.1;
    assert!(half.starts_with("{\"code\"") && !half.ends_with('}'));
    let limited = Fault::status(429).with_header("Retry-After", "7");
    simulators.add_faults([FaultRule::new(huawei::NAME, limited)]).unwrap();
    assert_eq!(grant(&simulators, &http).await.unwrap().headers()["retry-after"], "7");
}

#[tokio::test]
async fn a_client_in_another_process_can_do_all_that_a_test_can() {
    let (simulators, http) = start();
    let client = SimulatorClient::new(&simulators.base_url()).unwrap();
    assert_eq!(client.vendors().await.unwrap(), SIMULATORS.map(Spec::name));
    client.reset(&Part::ALL).await.unwrap();
    assert_eq!(grant(&simulators, &http).await.unwrap().status(), 400, "no account is registered");
    assert_eq!(client.add_credential(&huawei::account::account().credential(huawei::NAME)).await.unwrap(), "101234567");
    assert!(client.add_credential(&crate::simulators::NewCredential::new("fcm", json!({}))).await.is_err());

    client.add_devices([Device::live(huawei::NAME, TOKEN)]).await.unwrap();
    client.set_unknown_tokens(huawei::NAME, UnknownTokens::Unregistered).await.unwrap();
    let filter = Filter::vendor(huawei::NAME);
    let waiting = client.wait_for_deliveries(&filter, 1, Duration::from_secs(5));
    let (delivered, answer) = tokio::join!(waiting, push(&simulators, &http));
    assert_eq!(answer.unwrap().status(), 200);
    let delivered = delivered.unwrap();
    assert_eq!(delivered[0].notice.body.as_deref(), Some("晚上见"));
    assert_eq!(client.device(huawei::NAME, TOKEN).await.unwrap(), simulators.device(huawei::NAME, TOKEN));
    assert_eq!(client.devices(None).await.unwrap().len(), 1);
    assert_eq!(client.requests(&Filter::default().at(Endpoint::Token)).await.unwrap().len(), 2);
    assert!(client.requests(&Filter::default().after(1_000_000)).await.unwrap().is_empty());
    assert_eq!(client.counts().await.unwrap(), simulators.counts());

    let rule = FaultRule::new(fcm::NAME, Fault::html(502)).always();
    client.add_faults([rule.clone()]).await.unwrap();
    assert_eq!(client.faults().await.unwrap(), std::slice::from_ref(&rule));
    assert!(client.add_faults([FaultRule { vendor: "nobody".to_owned(), ..rule }]).await.is_err());
    client.clear_faults(Some(fcm::NAME)).await.unwrap();
    assert!(client.faults().await.unwrap().is_empty());
    assert_eq!(client.expire_tokens(None).await.unwrap(), 1);
    client.remove_credential(huawei::NAME, "101234567").await.unwrap();
}

#[tokio::test]
async fn the_control_interface_names_what_is_wrong() {
    let (simulators, http) = start();
    for (method, path, body) in [
        ("GET", "/_sim/requests?vendr=fcm", ""),
        ("GET", "/_sim/device?vendor=fcm", ""),
        ("POST", "/_sim/faults", r#"{"rules":[{"vendor":"fcm","fault":{"kind":"explode"}}]}"#),
        ("POST", "/_sim/devices", "[]"),
        ("POST", "/_sim/reset", r#"{"parts":["everything"]}"#),
    ] {
        let url = format!("{}{path}", simulators.base_url());
        let answer = http.request(method.parse().unwrap(), url).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path}");
        assert!(answer.json::<Value>().await.unwrap()["error"].is_string(), "{path}");
    }
    for path in ["/_sim/nothing", "/apns/3/device/x"] {
        assert_eq!(http.get(format!("{}{path}", simulators.base_url())).send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn the_test_accounts_can_be_read_by_who_configures_the_product() {
    let (simulators, http) = start();
    let url = format!("{}/_sim/test-accounts", simulators.base_url());
    let accounts: Value = http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(accounts["fcm"]["type"], "service_account");
    assert_eq!(accounts["huawei"]["client_secret"], "a+b/c=0123456789abcdef");
}

#[tokio::test]
async fn a_device_token_can_be_made_of_a_text_for_every_vendor() {
    let (simulators, http) = start();
    for vendor in SIMULATORS.map(Spec::name) {
        let of = async |text: &str| {
            let url = format!("{}/_sim/device-token?vendor={vendor}&text={text}", simulators.base_url());
            http.get(url).send().await.unwrap().json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
        };
        assert_eq!(of("captured000001").await, of("captured000001").await, "{vendor}");
        assert_ne!(of("captured000001").await, of("captured000002").await, "{vendor}");
    }
    let url = format!("{}/_sim/device-token?vendor=pigeon&text=a", simulators.base_url());
    assert_eq!(http.get(url).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn waiting_ends_with_its_time() {
    let (simulators, _) = start();
    let begun = Instant::now();
    let found = simulators.wait_for_requests(&Filter::default(), 1, Duration::from_millis(50)).await;
    assert!(found.is_empty() && begun.elapsed() >= Duration::from_millis(50));
}

#[test]
fn stopping_frees_the_port_at_once() {
    let simulators = Simulators::start_anywhere().unwrap();
    let address = simulators.address();
    simulators.stop();
    drop(Simulators::start(address).unwrap());
    drop(Simulators::start(address).unwrap());
}
