//! Vendors that take an address with each push report without any set-up.

use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use curlew_tests::simulators::{
    Endpoint, Filter, NewCredential, ReportAddress, Reported, SIMULATORS, Spec, device_token, meizu,
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use shared::{
    app_configs::KEPT,
    domain::{id::MessageId, receipt::Event, vendor::Vendor},
};

use super::harness::{PUBLIC_BASE_URL, Stack, TestApp};

/// Returns whether each push names the address without any set-up.
fn is_told(simulator: &Spec) -> bool {
    simulator.receipts.as_ref().is_some_and(|receipts| matches!(receipts.address, ReportAddress::Push))
}

async fn change(stack: &Stack, app: &TestApp, notifier: &str, body: Value) -> (u16, Value) {
    let path = app.path(&format!("notifiers/{}", notifier.replace('#', "%23")));
    let answer = stack.call("PUT", &path, &app.token, &body).await;
    stack.clock.advance(KEPT);
    answer
}

/// Returns the address in a vendor's last request, if there is one.
fn asked(stack: &Stack, vendor: &str) -> Option<String> {
    let sent = stack.simulators.requests(&Filter::vendor(vendor).at(Endpoint::Send)).pop().expect("a request");
    let body = percent_decode_str(&sent.body).decode_utf8().unwrap().into_owned();
    let at = body.find(PUBLIC_BASE_URL)?;
    let end = body[at..].find(['"', '&']).unwrap();
    Some(body[at..at + end].to_owned())
}

async fn push(stack: &Stack, app: &TestApp) -> String {
    let id = stack.send(app, &["ann"], json!({})).await[0];
    stack.drain().await;
    id.to_string()
}

#[tokio::test]
async fn a_vendor_that_is_told_where_to_report_reports_without_set_up() {
    for simulator in SIMULATORS.into_iter().filter(|simulator| is_told(simulator)) {
        let (vendor, notifier) = (simulator.name(), simulator.interface().notifier);
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = device_token(vendor).unwrap();
        stack.bind(&app, "ann", "phone", notifier, &token).await;
        let id = push(&stack, &app).await;
        let address = asked(&stack, vendor).unwrap_or_else(|| panic!("{vendor} was not told where to report"));
        let path = address.strip_prefix(PUBLIC_BASE_URL).unwrap();
        let reported = Reported { message_id: &id, device_token: &token, unregistered: false };
        let report = (simulator.receipts.as_ref().unwrap().report)(&reported);
        let (status, _) = stack.call_with("POST", path, "", &[], report.to_string()).await;
        assert_eq!(status, 200, "{vendor}");
        let receipts = stack.stored(&app, "ann", MessageId::parse(&id).unwrap()).await.receipts;
        assert_eq!(receipts.iter().map(|receipt| receipt.event).collect::<Vec<_>>(), [Event::Delivered], "{vendor}");

        assert_eq!(change(&stack, &app, notifier, json!({"options": {"receipts": "off"}})).await.0, 200);
        push(&stack, &app).await;
        assert_eq!(asked(&stack, vendor), None, "{vendor}");
    }
}

#[tokio::test]
async fn a_test_push_and_a_dry_run_name_the_address_as_a_push_does() {
    for simulator in SIMULATORS.into_iter().filter(|simulator| is_told(simulator)) {
        let (vendor, notifier) = (simulator.name(), simulator.interface().notifier);
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = device_token(vendor).unwrap();
        stack.bind(&app, "ann", "phone", notifier, &token).await;
        push(&stack, &app).await;
        let address = asked(&stack, vendor).unwrap();
        stack.test_push(Vendor::parse(vendor).unwrap(), &app, notifier, &token).await;
        assert_eq!(asked(&stack, vendor).as_ref(), Some(&address), "{vendor}");

        let message = json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}});
        let told = stack.ok("POST", &app.path("push/explain"), &app.token, message).await.to_string();
        let (shown, secret) = address.rsplit_once('/').unwrap();
        assert!(told.contains(&format!("{shown}/***")), "{vendor}: {told}");
        assert!(!told.contains(secret), "{vendor} shows the secret");
    }
}

#[tokio::test]
async fn vendors_that_hold_the_address_themselves_are_not_told_one() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for simulator in SIMULATORS.into_iter().filter(|simulator| !is_told(simulator)) {
        let (vendor, interface) = (simulator.name(), simulator.interface());
        stack.clock.advance(std::time::Duration::from_millis(1));
        stack.bind(&app, "ann", "phone", interface.notifier, &(interface.device_token)()).await;
        push(&stack, &app).await;
        assert_eq!(asked(&stack, vendor), None, "{vendor}");
    }
}

#[tokio::test]
async fn meizu_is_told_once_its_console_holds_the_address() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = device_token("meizu").unwrap();
    stack.bind(&app, "ann", "phone", MEIZU, &token).await;
    let path = app.path(&format!("notifiers/{MEIZU}"));
    let shown = stack.ok("GET", &path, &app.token, json!({})).await;
    let address = shown["receipt_url"].as_str().unwrap();
    let address = format!("{PUBLIC_BASE_URL}{}", &address[address.find("/push/report/").unwrap()..]);
    let mut account = meizu::account::known();
    account.receipt_urls.push(address.clone());
    let account = NewCredential::new("meizu", serde_json::to_value(&account).unwrap());
    stack.simulators.add_credential(account).unwrap();
    assert_eq!(change(&stack, &app, MEIZU, json!({"options": {"receipts": "on"}})).await.0, 200);
    push(&stack, &app).await;
    assert_eq!((asked(&stack, "meizu"), stack.shown("meizu", &token)), (Some(address), 1));
}

#[tokio::test]
async fn a_word_that_receipts_does_not_know_is_refused() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (status, answer) = change(&stack, &app, XIAOMI, json!({"options": {"receipts": "never"}})).await;
    assert_eq!(status, 400);
    assert!(answer.to_string().contains("options.receipts must be one of: on, off"), "{answer}");
}
