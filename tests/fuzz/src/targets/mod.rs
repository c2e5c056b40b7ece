//! The targets, in the order of their names.

mod bodies;
mod callback_answers;
mod credentials;
mod cursors;
mod events;
mod frames;
mod ids;
mod queue_records;
mod receipts;
mod routes;
mod templates;
mod tokens;
mod urls;
mod vendor_answers;

/// A fuzz target.
#[derive(Debug)]
pub struct Target {
    /// its name, and that of its corpus
    pub name: &'static str,
    /// whose bytes it reads
    pub reads: &'static str,
    /// panics when a promise is broken
    pub check: fn(&[u8]),
}

/// All targets.
pub static TARGETS: &[Target] = &[
    Target { name: "bodies", reads: "bodies of messages, instant pushes and acknowledgements", check: bodies::check },
    Target {
        name: "callback_answers",
        reads: "answers of apps' servers, byte by byte",
        check: callback_answers::check,
    },
    Target {
        name: "credentials",
        reads: "credentials and options of notifiers, with their keys",
        check: credentials::check,
    },
    Target { name: "cursors", reads: "cursors of offline messages", check: cursors::check },
    Target { name: "events", reads: "events of the functions that no gateway checks", check: events::check },
    Target { name: "frames", reads: "frames and handshakes of connections", check: frames::check },
    Target { name: "ids", reads: "ids, names, zones and times of day", check: ids::check },
    Target { name: "queue_records", reads: "records of every queue", check: queue_records::check },
    Target { name: "receipts", reads: "vendors' receipts", check: receipts::check },
    Target { name: "routes", reads: "requests to every route, with idempotency keys", check: routes::check },
    Target { name: "templates", reads: "patterns of templates and their arguments", check: templates::check },
    Target {
        name: "token_answers",
        reads: "answers of vendors' endpoints of access tokens",
        check: vendor_answers::of_tokens,
    },
    Target { name: "tokens", reads: "access tokens", check: tokens::check },
    Target { name: "urls", reads: "addresses that tenants choose", check: urls::check },
    Target {
        name: "vendor_answers",
        reads: "vendors' answers to pushes, with Retry-After",
        check: vendor_answers::of_pushes,
    },
];
