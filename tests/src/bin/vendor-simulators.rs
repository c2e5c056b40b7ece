//! The phone vendors in one process, for the local stack. See `curlew_tests::simulators`.

use std::io::Write as _;
use std::net::SocketAddr;

use clap::Parser;
use curlew_tests::simulators::{Limits, SIMULATORS, Simulators, test_accounts};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

/// Simulates the push interfaces of the phone vendors.
///
/// The vendors know the test accounts that `GET /_sim/test-accounts` shows.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4700")]
    listen: SocketAddr,
    /// Print the facts of each vendor's simulator as JSON, and exit.
    #[arg(long)]
    list: bool,
    /// Speak only HTTP/1.1 over TLS.
    #[arg(long)]
    http1: bool,
    /// Start without any account.
    #[arg(long)]
    bare: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    if arguments.list {
        return Ok(serde_json::to_writer(std::io::stdout(), &listed())?);
    }
    // The signal handler is installed before the ready line is printed, so that no signal is lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let start = if arguments.http1 { Simulators::start_http1 } else { Simulators::start };
    let simulators = start(arguments.listen)?;
    if !arguments.bare {
        for credential in test_accounts() {
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

/// A vendor's facts, for scripts that measure or deploy something for each vendor.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    max_tokens: usize,
    max_merged: Option<usize>,
}

fn listed() -> Vec<Listed> {
    let listed = SIMULATORS.iter().map(|simulator| {
        let Limits { max_tokens, max_merged } = simulator.limits;
        Listed { name: simulator.name(), max_tokens, max_merged }
    });
    listed.collect()
}
