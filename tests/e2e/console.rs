//! The console's files, through the API as a browser requests them.

use std::time::Duration;

use curlew_tests::simulators::plain_http;
use reqwest::{Client, header::ACCEPT_ENCODING};

use crate::harness::World;

/// Returns a client that does not decompress.
fn browser() -> Client {
    plain_http(Duration::from_secs(30)).build().unwrap()
}

#[tokio::test]
async fn the_console_is_served_beside_the_api() {
    let world = World::side_by_side().await;
    let console = format!("{}/console", world.stack.description.api_url);
    for path in ["", "/", "/index.html"] {
        let page = browser().get(format!("{console}{path}")).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(
            page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"),
            "{path}"
        );
        assert!(page.text().await.unwrap().contains("<div id=\"app\">"), "{path}");
    }
    let none = browser().get(format!("{console}/none.js")).send().await.unwrap();
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn a_compressed_file_arrives_byte_for_byte() {
    let world = World::side_by_side().await;
    let console = format!("{}/console", world.stack.description.api_url);
    let page = browser().get(format!("{console}/index.html")).send().await.unwrap().text().await.unwrap();
    let script = page.split("src=\"./").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let get =
        |encoding: &'static str| browser().get(format!("{console}/{script}")).header(ACCEPT_ENCODING, encoding).send();
    let (plain, gzip) = (get("identity").await.unwrap(), get("gzip").await.unwrap());
    assert_eq!(gzip.headers()["content-encoding"], "gzip");
    let (plain, gzip) = (plain.bytes().await.unwrap(), gzip.bytes().await.unwrap());
    // The last four bytes of a gzip file are the length of its content.
    let length = u32::from_le_bytes(gzip[gzip.len() - 4..].try_into().unwrap());
    assert_eq!((&gzip[..2], length as usize), (&[0x1f, 0x8b][..], plain.len()));
}
