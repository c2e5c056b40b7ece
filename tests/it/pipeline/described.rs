//! Checks that each interface's described request equals the client's real request, except for masked values.

use curlew_tests::simulators::{Endpoint, Filter, Interface, Recorded, Spec, huawei, interfaces};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        id::NotifierName,
        push::{Notification, SemanticClass},
        vendor::Vendor,
    },
    ports::{access_tokens::TokenOwner, apps::ReadApps},
};
use vendors::{
    notifier::{
        describe::{PushRequest, describe},
        receipt_url,
    },
    transport::{Description, MASK},
};

use super::harness::{PUBLIC_BASE_URL, Stack};

/// Headers that HTTP itself adds.
const TRANSPORT: [&str; 4] = ["host", "content-length", "accept", "user-agent"];

/// An interface of a vendor, with a credential and a phone.
struct Case {
    vendor: Vendor,
    interface: &'static Interface,
    credential: Value,
}

impl Case {
    /// Returns every interface with its usual account. Huawei's interface for Android is added with `api` `v1` and without.
    fn all() -> Vec<Self> {
        let usual = interfaces().map(|(simulator, interface)| Self::new(simulator, interface));
        let first = [json!("v1"), Value::Null].map(|api| {
            let mut case = Self::new(&huawei::SIMULATOR, huawei::SIMULATOR.interface());
            case.credential["api"] = api;
            case
        });
        usual.chain(first).collect()
    }

    fn new(simulator: &Spec, interface: &'static Interface) -> Self {
        let vendor = Vendor::parse(simulator.name()).unwrap();
        Self { vendor, interface, credential: (interface.account)().record }
    }
}

/// Returns the described and the sent request for one message to one phone.
async fn both(case: &Case, options: &Value, ext: &Value) -> (Description, Recorded) {
    let Case { vendor, interface, credential } = case;
    let (vendor, token) = (*vendor, &(interface.device_token)());
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let body = json!({"name": "described", "vendor": vendor.name(), "credential": credential, "options": options});
    stack.ok("POST", &app.path("notifiers"), &app.token, body).await;
    stack.bind(&app, "ann", "phone", "described", token).await;
    stack.send(&app, &["ann"], json!({"ext": ext})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(1), 1).await;
    let job = stack.push_queues.of(vendor).push_jobs().remove(0);
    let owner = TokenOwner { app: app.key.clone(), notifier: NotifierName::parse("described").unwrap() };
    let config = stack.apps.app(&app.key).await.unwrap().unwrap();
    let options = options.as_object().unwrap();
    let receipt_url = receipt_url::in_requests(PUBLIC_BASE_URL, vendor, MASK, options);
    let push = PushRequest {
        owner: &owner,
        api: config.notifiers[&owner.notifier].api.as_deref(),
        options,
        receipt_url: receipt_url.as_deref(),
        notification: &job.notification,
        ttl: job.expires_at.since(shared::ports::clock::Clock::now(&stack.clock)),
    };
    let described = describe(vendor, &push).unwrap();
    stack.drain().await;
    assert_eq!(stack.delivered(vendor.name(), token), 1, "{vendor:?}");
    let filter = Filter { endpoint: Some(Endpoint::Send), token: Some(token.clone()), ..Filter::vendor(vendor.name()) };
    (described, stack.simulators.requests(&filter).remove(0))
}

/// Returns the body in the form of a description.
pub(super) fn body(sent: &Recorded) -> Value {
    let json = sent.headers.iter().any(|(name, value)| name == "content-type" && value.starts_with("application/json"));
    if json {
        return serde_json::from_str(&sent.body).unwrap();
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let fields = sent.body.split('&').map(|pair| pair.split_once('=').unwrap());
    fields.map(|(name, value)| (decoded(name), Value::from(decoded(value)))).collect::<Map<_, _>>().into()
}

/// Collects where the two differ, except for masked values.
pub(super) fn differences(described: &Value, sent: &Value, at: &str, found: &mut Vec<String>) {
    match (described, sent) {
        (Value::String(text), _) if text == MASK => {}
        // The receipt address, whose secret is masked.
        (Value::String(text), Value::String(sent))
            if text
                .strip_suffix(MASK)
                .is_some_and(|shown| shown.starts_with(PUBLIC_BASE_URL) && sent.starts_with(shown)) => {}
        (Value::Object(described), Value::Object(sent)) => {
            for (name, value) in described {
                differences(value, sent.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"), found);
            }
            let more = sent.keys().filter(|name| !described.contains_key(*name));
            found.extend(more.map(|name| format!("{at}.{name} is sent only")));
        }
        (Value::Array(described), Value::Array(sent)) if described.len() == sent.len() => {
            described.iter().zip(sent).for_each(|(described, sent)| differences(described, sent, at, found));
        }
        // JSON inside a text.
        (Value::String(described), Value::String(sent)) if described.starts_with('{') && described.contains(MASK) => {
            let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            differences(&read(described), &read(sent), at, found);
        }
        _ if described == sent => {}
        _ => found.push(format!("{at}: {described} is described, {sent} is sent")),
    }
}

fn check(described: &Description, sent: &Recorded) {
    let mut found = Vec::new();
    differences(&described.body, &body(sent), "body", &mut found);
    let path = described.url.splitn(4, '/').nth(3).unwrap();
    let parts: Vec<&str> = path.split('/').collect();
    let sent_parts: Vec<&str> = sent.path.split('/').collect();
    let sent_parts = &sent_parts[sent_parts.len() - parts.len()..];
    let same = |(described, sent): (&&str, &&str)| *described == MASK || described == sent;
    assert!(parts.iter().zip(sent_parts).all(same), "{} and {}", described.url, sent.path);
    let sent_only = sent.headers.iter().filter(|(name, _)| !described.headers.contains_key(name));
    let sent_only: Vec<&str> =
        sent_only.map(|(name, _)| name.as_str()).filter(|name| !TRANSPORT.contains(name)).collect();
    assert!(sent_only.is_empty(), "{} gets {sent_only:?} beside", sent.vendor);
    for (name, value) in &described.headers {
        let sent = sent.headers.iter().find(|(sent, _)| sent == name);
        let sent = sent.unwrap_or_else(|| panic!("the header {name} is described only"));
        assert!(value.contains(MASK) || *value == sent.1, "{name}: {value} and {}", sent.1);
    }
    assert!(found.is_empty(), "{}: {found:#?}", sent.vendor);
    assert_eq!(described.method, sent.method);
}

#[tokio::test]
async fn every_interface_gets_the_request_that_is_described() {
    for case in Case::all() {
        let (described, sent) = both(&case, &json!({}), &json!({})).await;
        check(&described, &sent);
        let ext = json!({"em_push_ext": {"title": "Bob & Co", "content": "50% = \"half\" 👍"}, "em_at_list": ["ann"]});
        let (described, sent) = both(&case, &json!({}), &ext).await;
        check(&described, &sent);
    }
}

#[tokio::test]
async fn options_of_notifier_and_message_are_described_as_they_are_sent() {
    for (simulator, interface) in interfaces() {
        let options = (interface.options)();
        let (described, sent) = both(&Case::new(simulator, interface), &options.notifier, &options.message).await;
        check(&described, &sent);
    }
}

#[test]
fn a_client_that_would_refuse_a_push_is_described_as_refusing_it() {
    let owner = TokenOwner {
        app: shared::domain::id::AppKey::new("acme", "chat").unwrap(),
        notifier: NotifierName::parse("described").unwrap(),
    };
    let notification = Notification {
        title: String::new(),
        body: String::new(),
        custom: Map::new(),
        class: SemanticClass::Im,
        replace_id: "id".to_owned(),
        badge: true,
        options: Map::new(),
    };
    let push = PushRequest {
        owner: &owner,
        api: None,
        options: &Map::new(),
        receipt_url: None,
        notification: &notification,
        ttl: std::time::Duration::from_secs(60),
    };
    assert_eq!(describe(Vendor::Meizu, &push).unwrap_err().code(), "1005");
}
