//! Receipts: vendors report to the address that the operator sees, and signatures are checked.

use base64::{Engine, engine::general_purpose::STANDARD};
use curlew_tests::simulators::{ReceiptEvent, ReceiptOrder, ReportAddress, SIMULATORS};
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};
use shared::{
    domain::{outcome::PushStatus, receipt::Event, time::Timestamp},
    ports::clock::Clock,
};

use crate::harness::{Account, HUAWEI, Phone, Tenant, World, canary};

const USER_NAME: &str = "receipts";

#[tokio::test]
async fn a_signed_report_reaches_its_message_and_an_unregistered_token_goes() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    let secret = canary::secret();
    let path = signed_address(&tenant, &secret).await;
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);

    let report = |status: u32| json!({"statuses": [{"token": phone.token, "status": status, "biTag": id}]});
    assert_eq!(post(&tenant, &path, &report(0), None).await, 403);
    assert_eq!(post(&tenant, &path, &report(0), Some(&signature("another secret"))).await, 403);
    assert_eq!(events(&tenant, &id).await, []);

    for _ in 0..2 {
        assert_eq!(post(&tenant, &path, &report(0), Some(&signature(&secret))).await, 200);
    }
    assert_eq!(events(&tenant, &id).await, [Event::Delivered]);
    assert_eq!(tenant.app.bindings("ann").await.unwrap().len(), 1);

    assert_eq!(post(&tenant, &path, &report(2), Some(&signature(&secret))).await, 200);
    assert!(tenant.app.bindings("ann").await.unwrap().is_empty());
    assert_eq!(events(&tenant, &id).await.len(), 2);
}

#[tokio::test]
async fn an_address_that_was_changed_or_never_was_takes_no_report() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    tenant.phone("huawei", "ann").await;
    let before = address(&tenant.app.notifier(HUAWEI).await.unwrap());
    let after = address(&tenant.app.change_notifier(HUAWEI, &json!({"rotate_receipt_secret": true})).await.unwrap());
    let nothing = json!({"statuses": []});
    assert_eq!(post(&tenant, &after, &nothing, None).await, 200);
    assert_eq!(post(&tenant, &before, &nothing, None).await, 404);
    let elsewhere = after.replace("/huawei/", "/honor/");
    assert_eq!(post(&tenant, &elsewhere, &nothing, None).await, 404);
}

#[tokio::test]
async fn what_every_vendor_reports_of_a_push_stands_on_its_message() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let secret = canary::secret();
    let mut phones = Vec::new();
    let reporting =
        SIMULATORS.into_iter().filter_map(|simulator| Some((simulator.name(), simulator.receipts.as_ref()?)));
    for (vendor, receipts) in reporting {
        let mut account = Account::open(&world, vendor).await;
        let phone = Phone::new(vendor, &format!("owner-of-{vendor}"));
        let name = format!("{vendor}-reports");
        let notifier = tenant.app.create_notifier(&name, vendor, account.record()).await.unwrap();
        tenant.app.bind(&phone.user, &phone.device, &phone.token, &name).await.unwrap();
        if let ReportAddress::Both { register } = receipts.address {
            register(&mut account.sides, &format!("https://push.example.com{}", address(&notifier)), &secret);
            world.stack.vendors.add_credential(&account.known()).await.unwrap();
            tenant.app.change_notifier(&name, &json!({"credential": account.record()})).await.unwrap();
        }
        let held = match receipts.address {
            ReportAddress::Console => address(&notifier),
            ReportAddress::Push | ReportAddress::Both { .. } => "/push/report".to_owned(),
        };
        // The address has a host name that only the emulator knows, so the path is used.
        phones.push((phone, receipts, world.stack.api.url(&held)));
    }
    for (phone, receipts, to) in &phones {
        let vendor = phone.vendor;
        let id = tenant.send_to(&phone.user, json!({})).await;
        assert_eq!(tenant.outcome(&phone.user, &id).await.status, PushStatus::Success, "{vendor}");

        let order = |event| ReceiptOrder {
            vendor: vendor.to_owned(),
            token: phone.token.clone(),
            event,
            to: to.clone(),
            secret: secret.clone(),
        };
        let vendors = &world.stack.vendors;
        // A repeated receipt changes nothing.
        for _ in 0..2 {
            assert_eq!(vendors.send_receipt(&order(ReceiptEvent::Delivered)).await.unwrap(), 200, "{vendor}");
        }
        let stored = tenant.ended(&phone.user, &id).await.receipts;
        assert_eq!(stored.iter().map(|receipt| receipt.event).collect::<Vec<_>>(), [Event::Delivered], "{vendor}");

        let bound = async || tenant.app.bindings(&phone.user).await.unwrap().len();
        match vendors.send_receipt(&order(ReceiptEvent::Unregistered)).await {
            Ok(status) => {
                assert!(receipts.unregistered, "{vendor}");
                assert_eq!((status, bound().await), (200, 0), "{vendor}");
            }
            Err(_) => assert!(!receipts.unregistered && bound().await == 1, "{vendor}"),
        }
    }
}

/// Returns the address of the app's Huawei notifier, after setting a secret for signed reports.
async fn signed_address(tenant: &Tenant<'_>, secret: &str) -> String {
    let mut credential = tenant.huawei.record().clone();
    credential["receipt"] = json!({"user_name": USER_NAME, "secret": secret, "key_mode": "utf8"});
    address(&tenant.app.change_notifier(HUAWEI, &json!({"credential": credential})).await.unwrap())
}

/// Returns the path of a notifier's `receipt_url`.
fn address(notifier: &Value) -> String {
    let url = notifier["receipt_url"].as_str().expect("a receipt_url");
    let path = &url[url.find("/push/report/").expect("a path of reports")..];
    canary::note(path.rsplit('/').next().expect("a secret"));
    path.to_owned()
}

/// Returns `timestamp=..; nonce=..; value=..` with the signature of user name, time and nonce.
fn signature(secret: &str) -> String {
    let (timestamp, nonce) = (now().as_millis(), canary::fresh());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let value = STANDARD.encode(hmac::sign(&key, format!("{timestamp}{nonce}{USER_NAME}").as_bytes()));
    format!("timestamp={timestamp}; nonce={nonce}; value={value}")
}

fn now() -> Timestamp {
    shared::crypto::system::System::default().now()
}

async fn post(tenant: &Tenant<'_>, path: &str, body: &Value, signature: Option<&str>) -> u16 {
    let mut call = tenant.world.stack.api.call(Method::POST, path).json(body);
    if let Some(signature) = signature {
        call = call.header("X-HUAWEI-CALLBACK-ID", signature);
    }
    call.send().await.expect("an answer").status
}

async fn events(tenant: &Tenant<'_>, id: &str) -> Vec<Event> {
    tenant.ended("ann", id).await.receipts.iter().map(|receipt| receipt.event).collect()
}
