//! The responses that a browser gets.

use std::path::Path;

use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderMap, HeaderName, Request, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
            IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
};
use tower::ServiceExt;

use super::{ASKED, POLICY, UNCHANGING, router};

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(&name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Returns the names of all built files.
fn names() -> Vec<String> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let mut folders = vec![dist.clone()];
    let mut names = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => names.push(path.strip_prefix(&dist).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    names
}

async fn get(path: &str, headers: &[(HeaderName, &str)]) -> Got {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    Got { status: parts.status, headers: parts.headers, body: to_bytes(body, 1 << 20).await.unwrap().to_vec() }
}

#[tokio::test]
async fn the_page_is_found_with_and_without_the_slash() {
    let led = get("/console", &[]).await;
    assert_eq!((led.status, led.header(LOCATION)), (StatusCode::TEMPORARY_REDIRECT, "/console/index.html"));
    for path in ["/console/", "/console/index.html"] {
        let page = get(path, &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.header(CONTENT_TYPE).starts_with("text/html"), "{path}");
        assert!(String::from_utf8(page.body).unwrap().contains("<div id=\"app\">"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_says_what_the_page_may_do() {
    for path in ["/console", "/console/", "/console/icon.svg", "/console/none", "/elsewhere"] {
        let got = get(path, &[]).await;
        assert_eq!(got.header(CONTENT_SECURITY_POLICY), POLICY, "{path}");
        assert_eq!(got.header(X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(got.header(REFERRER_POLICY), "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn the_page_needs_no_inline_script_or_style_and_no_other_host() {
    let page = String::from_utf8(get("/console/", &[]).await.body).unwrap();
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("//"), "{page}");
    for script in page.split("<script").skip(1) {
        assert!(script.contains("src=\"./assets/"), "{page}");
    }
}

#[tokio::test]
async fn a_file_whose_name_holds_its_hash_is_kept_and_every_other_is_asked_for_again() {
    for name in names() {
        let got = get(&format!("/console/{name}"), &[]).await;
        let kept = if name.starts_with("assets/") { UNCHANGING } else { ASKED };
        assert_eq!((got.status, got.header(CACHE_CONTROL)), (StatusCode::OK, kept), "{name}");
    }
}

#[tokio::test]
async fn a_browser_that_has_the_page_gets_it_once() {
    let first = get("/console/", &[]).await;
    for tag in
        [first.header(ETAG).to_owned(), format!("W/{}", first.header(ETAG)), format!("\"x\", {}", first.header(ETAG))]
    {
        let again = get("/console/", &[(IF_NONE_MATCH, &tag)]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{tag}");
    }
    assert_eq!(get("/console/", &[(IF_NONE_MATCH, "\"other\"")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn text_comes_compressed_to_whoever_takes_it() {
    let script = names().into_iter().find(|name| name.ends_with(".js")).unwrap();
    let path = format!("/console/{script}");
    let plain = get(&path, &[]).await;
    let gzip = get(&path, &[(ACCEPT_ENCODING, "gzip")]).await;
    let brotli = get(&path, &[(ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!((plain.header(CONTENT_ENCODING), gzip.header(CONTENT_ENCODING)), ("", "gzip"));
    assert_eq!((brotli.header(CONTENT_ENCODING), brotli.header(VARY)), ("br", "accept-encoding"));
    assert!(brotli.body.len() < gzip.body.len() && gzip.body.len() < plain.body.len() / 2);
    assert!(gzip.body.starts_with(&[0x1f, 0x8b]));
}

#[tokio::test]
async fn the_first_load_stays_under_its_budget() {
    let mut bytes = 0;
    for name in names() {
        bytes += get(&format!("/console/{name}"), &[(ACCEPT_ENCODING, "gzip")]).await.body.len();
    }
    assert!(bytes < 150_000, "{bytes} bytes by gzip");
}

#[tokio::test]
async fn no_path_leads_out_of_the_console() {
    for path in
        ["/console/../Cargo.toml", "/console/%2e%2e/Cargo.toml", "/console/..%2fsrc%2fmain.rs", "/console//etc/passwd"]
    {
        assert_eq!(get(path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
