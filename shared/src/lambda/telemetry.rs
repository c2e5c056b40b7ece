//! Logs: JSON lines on standard output, which Lambda stores unchanged.
//!
//! A message is a fixed sentence. Values go into dotted fields. Never log tokens of any kind, credentials, message text
//! or notification text.

use std::io::stdout;

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::Vars;

/// The variable with the minimum level: `error`, `warn`, `info`, `debug` or `trace`.
pub const LOG_LEVEL: &str = "LOG_LEVEL";

/// The crates that follow [`LOG_LEVEL`]. Other crates log requests and answers below the level `warn`, with tokens,
/// credentials and messages.
pub const OWN_CRATES: [&str; 16] = [
    "shared",
    "check_presence",
    "configure_user",
    "deliver_callback",
    "erase_data",
    "explain_push",
    "handle_receipt",
    "hold_connection",
    "ingest_message",
    "manage_app",
    "push_vendor",
    "register_token",
    "report_presence",
    "run_schedule",
    "serve_console",
    "watch_credentials",
];

/// Starts logging. An unknown level counts as `info`.
pub fn init(vars: &dyn Vars) {
    let level = vars.get(LOG_LEVEL).and_then(|text| text.parse().ok()).unwrap_or(LevelFilter::INFO);
    subscriber(level, stdout).init();
}

fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(level)
        .with_writer(writer)
        .finish()
        .with(targets.with_targets(OWN_CRATES.map(|name| (name, level))))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Returns what our crates and other crates write at this level.
    fn written(level: LevelFilter) -> String {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = log.clone();
        tracing::subscriber::with_default(subscriber(level, move || Shared(writer.clone())), || {
            tracing::trace!("ours, traced");
            tracing::info!("ours, told");
            tracing::trace!(target: "aws_smithy_runtime::client::orchestrator", body = "secret", "sdk");
            tracing::debug!(target: "aws_smithy_runtime_api::client::orchestrator", request = "secret", "sdk");
            tracing::info!(target: "hyper_util::client", body = "secret", "http");
            tracing::trace!(target: "h2::codec", frame = "secret", "http");
            tracing::debug!(target: "reqwest::connect", url = "secret", "http");
            tracing::trace!(target: "rustls::client", "secret");
            tracing::trace!(target: "log", body = "secret", "of a crate that uses the crate log");
            tracing::trace!(target: "lambda_runtime", event = "secret", "the runtime");
            tracing::warn!(target: "hyper_util::client", "others, warned");
        });
        let log = log.lock().unwrap();
        String::from_utf8(log.clone()).unwrap()
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_level_makes_other_crates_print_what_they_carry() {
        for (level, texts) in [
            (LevelFilter::TRACE, &["ours, traced", "ours, told", "others, warned"][..]),
            (LevelFilter::INFO, &["ours, told", "others, warned"]),
            (LevelFilter::ERROR, &[]),
        ] {
            let log = written(level);
            assert_eq!(log.lines().count(), texts.len(), "{level}: {log}");
            assert!(!log.contains("secret"), "{log}");
            assert!(texts.iter().all(|text| log.contains(text)), "{log}");
        }
    }
}
