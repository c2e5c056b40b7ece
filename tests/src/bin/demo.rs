//! Runs the demo on the running local stack. See `curlew_tests::demo`.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    curlew_tests::demo::run().await
}
