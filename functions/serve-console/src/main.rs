//! Wires the function `serve-console`.

use serve_console::router;
use shared::{
    config::Environment,
    lambda::{serve::serve, telemetry},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::init(&Environment);
    serve(router()).await
}
