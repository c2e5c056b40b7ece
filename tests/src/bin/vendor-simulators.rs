//! The phone vendors in one process, for the local stack. See `curlew_tests::simulators`.

use std::io::Write as _;
use std::net::SocketAddr;

use clap::Parser;
use curlew_tests::simulators::{Simulators, test_credentials};
use tokio::signal::unix::{SignalKind, signal};

/// Simulates the push interfaces of the phone vendors.
///
/// The vendors know the test accounts that `GET /_sim/test-accounts` shows.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4700")]
    listen: SocketAddr,
    /// Start without any account.
    #[arg(long)]
    bare: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    // Before the line that says ready, so that a signal right after it is not lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let simulators = Simulators::start(arguments.listen)?;
    if !arguments.bare {
        for credential in test_credentials::all() {
            simulators.add_credential(credential)?;
        }
    }
    writeln!(std::io::stdout(), "listening on {}", simulators.base_url())?;
    std::io::stdout().flush()?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    simulators.stop();
    Ok(())
}
