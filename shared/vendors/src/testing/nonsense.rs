//! What a server may say that no vendor documents.

/// Bodies that no vendor documents: truncated, of the wrong type, long, of another language, empty, deep.
pub fn nonsense() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"UNREGISTERED\"",
        "{}",
        "<!DOCTYPE html><title>404</title><p>UNREGISTERED 80300007</p>",
        r#"{"name":7}"#,
        r#"{"name":"projects/p/messages/1","error":{"status":"NOT_FOUND"}}"#,
        r#"{"error":"UNREGISTERED"}"#,
        r#"{"error":{"code":"404","status":404,"details":{"errorCode":"UNREGISTERED"}}}"#,
        r#"{"error":{"details":[7,"x",{"@type":7,"errorCode":"UNREGISTERED"},{"errorCode":"UNREGISTERED"}]}}"#,
        r#"{"code":[],"msg":{}}"#,
        r#"{"code":{"code":"80300007"}}"#,
        r#"{"code":"","msg":"","requestId":7}"#,
        r#"{"code":"80100000","msg":"all illegal"}"#,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    bodies.push(b"{\"name\":\"\xff\xfe\"}".to_vec());
    bodies.push("[".repeat(100_000).into_bytes());
    bodies.push(format!("{{\"padding\":\"{}\"}}", "x".repeat(1_000_000)).into_bytes());
    bodies
}
