//! All faults that a plan can choose from: those of the vendor's sheet, and those of any HTTP server.

use crate::simulators::Spec;
use crate::simulators::engine::{Endpoint, Fault, FaultRule, Meaning};

/// More milliseconds than a client waits for an answer.
const TOO_LATE_MS: u64 = 45_000;
const SLOW_MS: u64 = 4_000;

/// A fault to choose.
pub struct Kind {
    /// The fault in plain words.
    pub label: String,
    /// The rule for its first request.
    pub rule: FaultRule,
    /// How many requests in a row it may meet.
    pub max_times: u32,
}

fn kind(label: impl Into<String>, means: Meaning, rule: FaultRule, max_times: u32) -> Kind {
    Kind { label: label.into(), rule: rule.meaning(means), max_times }
}

/// Returns the faults of a vendor. Each names its endpoint.
pub fn kinds(spec: &Spec) -> Vec<Kind> {
    let mut kinds = of_sheet(spec);
    for endpoint in [Endpoint::Send, Endpoint::Revoke] {
        kinds.extend(of_any_server(spec, endpoint));
    }
    if spec.access_tokens.is_some() {
        kinds.extend(of_any_server(spec, Endpoint::Token));
    }
    kinds
}

fn of_sheet(spec: &Spec) -> Vec<Kind> {
    let faults = &spec.faults;
    let throttled = (faults.throttled)();
    let with_hint = |seconds: u64| FaultRule {
        fault: throttled.fault.clone().with_header("Retry-After", seconds.to_string()),
        ..throttled.clone()
    };
    let send = |fault: Fault| FaultRule::new(spec.name(), fault).at(Endpoint::Send);
    let mut kinds = vec![
        kind("throttled, without Retry-After", Meaning::Later, throttled.clone(), 4),
        kind("throttled, Retry-After 7 s", Meaning::Later, with_hint(7), 4),
        kind("throttled, Retry-After 10 min", Meaning::Later, with_hint(600), 1),
        kind("the vendor's internal error", Meaning::Later, (faults.unavailable)(), 4),
        kind(
            "every token is called unregistered",
            Meaning::Unregistered { really: false },
            send(Fault::Unregistered {}),
            2,
        ),
        kind("the credential is refused", Meaning::Credential, (faults.credential_refused)(), 3),
    ];
    kinds.extend(faults.quota_used_up.map(|rule| kind("the quota is used up", Meaning::QuotaUsedUp, rule(), 2)));
    kinds.extend(faults.ambiguous_refusal.map(|code| {
        kind(
            format!("refused with {code}, for a token or the credential"),
            Meaning::CredentialOrToken,
            send(Fault::code(code)),
            2,
        )
    }));
    kinds.extend(
        spec.access_tokens.as_ref().map(|access_tokens| {
            kind("the access token is called expired", Meaning::Later, (access_tokens.expired)(), 2)
        }),
    );
    kinds
}

fn of_any_server(spec: &Spec, endpoint: Endpoint) -> Vec<Kind> {
    let rule = |fault: Fault| FaultRule::new(spec.name(), fault).at(endpoint);
    let busy = Fault::status(503).with_header("Retry-After", "5");
    vec![
        kind("HTTP 500", Meaning::Later, rule(Fault::status(500)), 3),
        kind("HTTP 502, a proxy's page", Meaning::Later, rule(Fault::html(502)), 3),
        kind("HTTP 503, Retry-After 5 s", Meaning::Later, rule(busy), 3),
        kind("HTTP 500, although it took effect", Meaning::Later, rule(Fault::status(500)).after_delivery(), 1),
        kind("no answer, without effect", Meaning::Unclear, rule(Fault::Hang {}), 2),
        kind("no answer, although it took effect", Meaning::Unclear, rule(Fault::Hang {}).after_delivery(), 2),
        Kind { label: "the answer is slow".to_owned(), rule: rule(Fault::Pass {}).delayed(SLOW_MS), max_times: 3 },
        kind("the answer is too late", Meaning::Unclear, rule(Fault::Pass {}).delayed(TOO_LATE_MS), 2),
        kind("the connection is closed, without effect", Meaning::Unclear, rule(Fault::Close {}), 3),
        kind(
            "the connection is closed, although it took effect",
            Meaning::Unclear,
            rule(Fault::Close {}).after_delivery(),
            3,
        ),
        kind("the connection is reset, without effect", Meaning::Unclear, rule(Fault::Reset {}), 2),
        kind(
            "the connection is reset, although it took effect",
            Meaning::Unclear,
            rule(Fault::Reset {}).after_delivery(),
            2,
        ),
        kind(
            "half an answer, then the connection ends",
            Meaning::Unclear,
            rule(Fault::Truncated { mid_body: true }).after_delivery(),
            2,
        ),
        kind("half an answer, without effect", Meaning::Unclear, rule(Fault::Truncated { mid_body: false }), 2),
        kind(
            "half an answer, although it took effect",
            Meaning::Unclear,
            rule(Fault::Truncated { mid_body: false }).after_delivery(),
            2,
        ),
        kind("an answer that is no JSON, without effect", Meaning::Unclear, rule(Fault::Garbage { status: 200 }), 2),
        kind(
            "an answer that is no JSON, although it took effect",
            Meaning::Unclear,
            rule(Fault::Garbage { status: 200 }).after_delivery(),
            2,
        ),
        kind(
            "an empty answer, although it took effect",
            Meaning::Unclear,
            rule(Fault::Empty { status: 200 }).after_delivery(),
            2,
        ),
        kind(
            "an answer of a megabyte, although it took effect",
            Meaning::Unclear,
            rule(Fault::Huge { status: 200, bytes: 1 << 20 }).after_delivery(),
            1,
        ),
    ]
}
