//! Requests to every route. The first bytes choose route, caller and path; a line is the query, a line the idempotency key,
//! and the rest is the body.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use shared::lambda::routes::Routes;

use crate::{
    harness::OPERATOR_KEY,
    input::Input,
    promises,
    world::{Product, wait},
};

/// Maximum bytes of an answer: a page of the longest entries.
const MAX_ANSWER: usize = 1024 * 1024;
/// Requests after which the product restarts, so that its memory has a bound.
const FRESH_AFTER: u32 = 2000;

/// All routes: method and path.
static ROUTES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut routes = BTreeSet::new();
    listed(&mut routes, &manage_app::routes());
    listed(&mut routes, &register_token::routes());
    listed(&mut routes, &configure_user::routes());
    listed(&mut routes, &handle_receipt::routes());
    listed(&mut routes, &report_presence::routes());
    listed(&mut routes, &explain_push::routes());
    listed(&mut routes, &ingest_message::routes());
    routes.into_iter().collect()
});

fn listed<S: Clone + Send + Sync + 'static>(to: &mut BTreeSet<(String, String)>, routes: &Routes<S>) {
    to.extend(routes.listed().iter().map(|(method, path)| (method.to_string(), (*path).to_string())));
}

/// The product, and how many requests it got.
static PRODUCT: Mutex<Option<(Product, u32)>> = Mutex::new(None);

/// Makes a request. No answer is a 5xx, and none shows a secret.
pub(super) fn check(bytes: &[u8]) {
    let mut guard = PRODUCT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if guard.as_ref().is_none_or(|(_, requests)| *requests >= FRESH_AFTER) {
        *guard = None;
        *guard = Some((wait(Product::start()), 0));
    }
    let Some((product, requests)) = guard.as_mut() else { return };
    *requests += 1;
    // Requests of one second are limited.
    product.stack.clock.advance(Duration::from_secs(1));
    let mut input = Input::new(bytes);
    let (method, path) = &ROUTES[usize::from(input.byte()) % ROUTES.len()];
    let token = input.choose(&[&*product.app.token, &*product.user_token, OPERATOR_KEY, ""]).to_owned();
    let own_names = !input.byte().is_multiple_of(4);
    let (query, key) = (percent_encoded(input.line()), input.line());
    let path = format!("{}?{query}", filled(path, if own_names { None } else { Some(key) }));
    let headers: Vec<(&str, &str)> = std::str::from_utf8(key)
        .ok()
        .filter(|key| visible(key))
        .map(|key| ("idempotency-key", key))
        .into_iter()
        .collect();
    let body = String::from_utf8_lossy(input.rest()).into_owned();
    let (status, answer) = wait(product.stack.call_with(method, &path, &token, &headers, body));
    let text = answer.to_string();
    assert!(status < 500, "{method} {path}: {status} {text}");
    assert!(text.len() <= MAX_ANSWER, "{method} {path}: {} bytes", text.len());
    if status >= 400 {
        promises::hides(&text, [&*product.app.token, &*product.user_token, OPERATOR_KEY]);
    }
    // What ends the app or its tokens ends this product.
    if status < 300 && (method == "DELETE" || path.contains("/credentials") || path.contains("/revoke")) {
        *requests = FRESH_AFTER;
    }
}

/// Fills a path's parameters: with names that exist, or with these bytes.
fn filled(path: &str, bytes: Option<&[u8]>) -> String {
    let name = |parameter: &str| match (bytes, parameter) {
        (_, "org") => "acme".to_owned(),
        (_, "app") => "chat".to_owned(),
        (Some(bytes), _) if !bytes.is_empty() => percent_encoded(bytes),
        (_, "vendor") => "huawei".to_owned(),
        (_, "name") => "fcm-sender".to_owned(),
        _ => "ann".to_owned(),
    };
    let parts = path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(parameter) => name(parameter.trim_start_matches('*')),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Returns bytes as they may stand in a URI. `=` and `&` of a query stay.
fn percent_encoded(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split('&').map(|part| match part.split_once('=') {
        Some((name, value)) => format!("{}={}", escaped(name), escaped(value)),
        None => escaped(part),
    });
    parts.collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}
