//! Vendors' answers. The first bytes choose vendor, status and number of device tokens; a line is `Retry-After`; the rest is
//! the body.
//!
//! `@` in the body stands for the secret of the request that it answers, because a server may send back what it got.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use curlew_tests::simulators::{Account, Interface, device_token, interfaces};
use serde_json::{Map, json};
use shared::{
    domain::{
        binding::DeviceToken,
        id::NotifierName,
        outcome::Outcome,
        push::{Notification, SemanticClass},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        access_tokens::TokenOwner,
        vendor::{CallReport, Credential, RenewCall, VendorCall, VendorClient},
    },
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::MemoryRuntime,
        sample,
    },
    tls::ExtraCas,
};
use tokio::net::TcpListener;
use vendors::{
    Deps, client,
    transport::{BaseUrl, Transport},
};

use crate::{
    input::Input,
    promises,
    world::{begin, wait},
};

/// The access token that every endpoint issues.
const ACCESS_TOKEN: &str = "canary-access-token-4f9c2b7e";
/// Maximum bytes of what a report shows of an answer.
const MAX_SHOWN: usize = 128 * 1024;
const STATUSES: [u16; 12] = [200, 200, 200, 400, 401, 403, 404, 413, 429, 500, 503, 302];
const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

/// How the server answers.
#[derive(Debug, Clone, Default)]
struct Script {
    status: u16,
    retry_after: Option<HeaderValue>,
    body: Vec<u8>,
    /// whether it answers requests for access tokens, and not pushes
    answers_tokens: bool,
}

/// The vendors' clients, and the server that stands for all vendors.
struct World {
    script: Arc<Mutex<Script>>,
    clients: HashMap<Vendor, Arc<dyn VendorClient>>,
    accounts: Vec<(Vendor, Account)>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let script = Arc::<Mutex<Script>>::default();
    let listener = wait(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(answer).with_state(script.clone());
    begin(async move { axum::serve(listener, router).await.expect("the server") });
    let clock = FixedClock::new(NOW);
    let deps = Deps {
        access_tokens: Arc::new(MemoryRuntime::default()),
        clock: Arc::new(clock),
        entropy: Arc::new(SeededEntropy::default()),
        base_url: Some(BaseUrl::parse(&base_url).expect("an address")),
        transport: Transport::Network,
        extra_cas: ExtraCas::none(),
    };
    let clients = Vendor::ALL.into_iter().map(|vendor| (vendor, client(vendor, &deps))).collect();
    let account = |interface: &Interface| (interface.account)();
    let accounts = interfaces()
        .filter_map(|(simulator, interface)| Some((Vendor::parse(simulator.name()).ok()?, account(interface))))
        .collect();
    World { script, clients, accounts }
});

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request<Body>) -> Response {
    let Script { status, retry_after, body, answers_tokens } = script.lock().expect("the script").clone();
    let path = request.uri().path();
    let asks_for_token = path.ends_with("token") || path.ends_with("auth");
    if asks_for_token != answers_tokens {
        return (StatusCode::OK, issued().to_string()).into_response();
    }
    let secret = secret_of(request).await;
    let body = body.split(|byte| *byte == b'@').collect::<Vec<_>>().join(secret.as_bytes());
    let headers: HeaderMap = retry_after.into_iter().map(|value| (RETRY_AFTER, value)).collect();
    (StatusCode::from_u16(status).expect("a status"), headers, Bytes::from(body)).into_response()
}

/// Returns the secret that a request carries: behind its authorization, or the access token, wherever it stands.
async fn secret_of(request: Request<Body>) -> String {
    let (head, body) = request.into_parts();
    if let Some(header) = head.headers.get("authorization").and_then(|value| value.to_str().ok()) {
        return header.rsplit(['=', ' ']).next().unwrap_or_default().to_owned();
    }
    let body = axum::body::to_bytes(body, 1024 * 1024).await.unwrap_or_default();
    let carries = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(ACCESS_TOKEN);
    let carried = carries(&body) || head.headers.values().any(|value| carries(value.as_bytes()));
    if carried { ACCESS_TOKEN.to_owned() } else { String::new() }
}

/// An answer with an access token, in the form of every vendor at once.
fn issued() -> serde_json::Value {
    json!({
        "access_token": ACCESS_TOKEN, "expires_in": 3600,
        "code": 0, "data": {"auth_token": ACCESS_TOKEN, "create_time": NOW.as_millis()},
        "result": 0, "authToken": ACCESS_TOKEN,
    })
}

/// Pushes to tokens of a vendor that answers so.
pub(super) fn of_pushes(bytes: &[u8]) {
    let (mut input, account) = begin_with(bytes);
    let tokens = usize::from(input.byte() % 3) + 1;
    script(&mut input, false);
    let report = wait(push(account, tokens));
    if let Ok(outcomes) = &report.outcomes {
        assert_eq!(outcomes.len(), tokens, "{outcomes:?}");
        let certain = outcomes.iter().filter(|one| matches!(one, Outcome::Unregistered { certain: true, .. })).count();
        assert!(certain <= tokens);
    }
    assert!(report.answer.shown().to_string().len() <= MAX_SHOWN);
    // A code is the vendor's own word, which nobody can tell from a secret by its form.
    promises::hides(&report.answer.shown().to_string(), [&*account.1.secret, ACCESS_TOKEN]);
}

/// Asks a vendor that answers so for an access token.
pub(super) fn of_tokens(bytes: &[u8]) {
    let (mut input, account) = begin_with(bytes);
    script(&mut input, true);
    let renewed = wait(renew(account));
    promises::hides(&format!("{renewed:?}"), [&*account.1.secret, ACCESS_TOKEN]);
    if let Err(error) = renewed {
        assert!(error.code().len() <= MAX_SHOWN);
    }
}

fn begin_with(bytes: &[u8]) -> (Input<'_>, &'static (Vendor, Account)) {
    let mut input = Input::new(bytes);
    let account = &WORLD.accounts[usize::from(input.byte()) % WORLD.accounts.len()];
    (input, account)
}

fn script(input: &mut Input<'_>, answers_tokens: bool) {
    let status = input.choose(&STATUSES);
    let retry_after = Some(input.line()).filter(|line| !line.is_empty());
    let retry_after = retry_after.and_then(|line| HeaderValue::from_bytes(line).ok());
    let body = input.rest().to_vec();
    *WORLD.script.lock().expect("the script") = Script { status, retry_after, body, answers_tokens };
}

/// Returns a notifier that no call before has used, so that nothing is remembered of it.
fn new_owner() -> TokenOwner {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!("n{}", NUMBER.fetch_add(1, Ordering::SeqCst));
    TokenOwner { app: sample::app_key("acme#chat"), notifier: NotifierName::parse(&name).expect("a name") }
}

async fn push((vendor, account): &(Vendor, Account), tokens: usize) -> CallReport {
    let token = |number: usize| format!("{}{number}", device_token(vendor.name()).expect("a token"));
    let tokens: Vec<DeviceToken> = (0..tokens).map(|number| sample::token(&token(number))).collect();
    let notification = Notification {
        title: "Ann".into(),
        body: "hello".into(),
        custom: Map::new(),
        class: SemanticClass::Im,
        replace_id: "msg_1".into(),
        badge: true,
        options: Map::new(),
    };
    let call = VendorCall {
        owner: &new_owner(),
        credential: &Credential::new(account.record.clone(), "f1".into()),
        options: &Map::new(),
        notification: &notification,
        ttl: Duration::from_secs(600),
        receipt_url: None,
        tokens: &tokens,
    };
    WORLD.clients[vendor].send(call).await
}

async fn renew((vendor, account): &(Vendor, Account)) -> Result<(), shared::domain::outcome::CallError> {
    let Some(renewing) = WORLD.clients[vendor].renewing() else { return Ok(()) };
    let call = RenewCall {
        owner: &new_owner(),
        credential: &Credential::new(account.record.clone(), "f1".into()),
        options: &Map::new(),
        ahead: Duration::ZERO,
    };
    renewing.renew(call).await.map(drop)
}
