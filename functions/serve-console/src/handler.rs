//! The HTTP handlers: they return files.

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{
        HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
            IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::map_response,
};
use shared::lambda::routes::{Routes, get};

use crate::{
    encoding::Encoding,
    files::{File, INDEX},
};

/// The content security policy: the page loads only its own files, calls only its own host, and no other page may embed
/// it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
const UNCHANGING: &str = "public, max-age=31536000, immutable";
/// Clients may store the file, but must validate it each time.
const ASKED: &str = "no-cache";

/// Returns the routes of this function.
pub fn routes() -> Routes<()> {
    Routes::new().route("/console", [get(to_page)]).route("/console/{*file}", [get(file)])
}

/// Returns the routes of this function, and the page.
pub fn router() -> Router {
    routes().into_router().fallback(page).layer(map_response(secured))
}

/// Redirects to the page by its name. API Gateway may pass on `/console/` as `/console`, so the target cannot end in a
/// slash.
async fn to_page() -> Response<Body> {
    let mut response = text(StatusCode::TEMPORARY_REDIRECT, "");
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/console/index.html"));
    response
}

/// Returns the page for a path that ends in a slash. API Gateway has no routes for such paths.
async fn page(uri: Uri, headers: HeaderMap) -> Response<Body> {
    serve(if uri.path() == "/console/" { INDEX } else { "" }, &headers)
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response<Body> {
    serve(&name, &headers)
}

fn serve(name: &str, headers: &HeaderMap) -> Response<Body> {
    let Some(file) = File::find(name) else {
        return text(StatusCode::NOT_FOUND, "not a file of the console");
    };
    let sent = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (encoding, content) = file.content(&Encoding::accepted(sent(ACCEPT_ENCODING)));
    let unchanged = sent(IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|tag| weak(tag) == weak(file.etag())));
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(content) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let mut set =
        |name: HeaderName, value: &'static str| response.headers_mut().insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, file.media_type());
    set(ETAG, file.etag());
    set(VARY, "accept-encoding");
    set(CACHE_CONTROL, if File::is_hashed(name) { UNCHANGING } else { ASKED });
    if let Some(encoding) = encoding.name() {
        set(CONTENT_ENCODING, encoding);
    }
    response
}

/// Returns an entity tag without the `W/` prefix, which proxies add when they encode.
fn weak(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/")
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    response
}

async fn secured(mut response: Response<Body>) -> Response<Body> {
    let mut set =
        |name: HeaderName, value: &'static str| response.headers_mut().insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(REFERRER_POLICY, "no-referrer");
    response
}

#[cfg(test)]
#[path = "handler_tests.rs"]
mod tests;
