//! The proxy between the local stack's functions and its emulator. See `curlew_tests::aws_faults`.

use std::net::SocketAddr;

use clap::Parser;
use curlew_tests::aws_faults::serve;
use tokio::net::TcpListener;

/// Passes AWS calls on, and lets some of them fail.
#[derive(Parser)]
struct Arguments {
    /// Address to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// Address of the emulator.
    #[arg(long)]
    upstream: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { listen, upstream } = Arguments::parse();
    serve(TcpListener::bind(listen).await?, &upstream).await
}
