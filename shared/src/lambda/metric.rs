//! The metrics of Curlew.
//!
//! Every dimension has few values, because CloudWatch charges for each set of them. No value comes from a caller or a
//! vendor: names are those of enums, of queues and of the vendors' tables of codes.

pub use super::metric_lines::Metrics;

/// The variable with the namespace. Each stack has its own, so stacks in one account are counted separately.
pub const METRIC_NAMESPACE: &str = "METRIC_NAMESPACE";

/// The metrics of Curlew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// receivers with a decision
    Decisions,
    /// device tokens whose push ended
    PushOutcomes,
    /// vendor answers other than success
    VendorCodes,
    /// the time of vendor calls
    VendorLatency,
    /// accepted pushes whose delivery the vendor should report
    ReceiptsExpected,
    /// bindings removed because the vendor unregistered the token
    TokensRemoved,
    /// notifiers disabled because their vendor refuses the credential
    NotifiersDisabled,
    /// checks of credentials
    CredentialChecks,
    /// credentials that may not be able to push, or soon will not be
    CredentialsAtRisk,
    /// receipts of vendors
    Receipts,
    /// frames posted to connections
    Frames,
    /// queue records dead-lettered
    RecordsDeadLettered,
    /// calls of apps' servers
    Callbacks,
    /// events for apps' servers that could not be queued
    CallbacksLost,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 14] = [
        Self::Decisions,
        Self::PushOutcomes,
        Self::VendorCodes,
        Self::VendorLatency,
        Self::ReceiptsExpected,
        Self::TokensRemoved,
        Self::NotifiersDisabled,
        Self::CredentialChecks,
        Self::CredentialsAtRisk,
        Self::Receipts,
        Self::Frames,
        Self::RecordsDeadLettered,
        Self::Callbacks,
        Self::CallbacksLost,
    ];

    /// Returns the name in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decisions => "Decisions",
            Self::PushOutcomes => "PushOutcomes",
            Self::VendorCodes => "VendorCodes",
            Self::VendorLatency => "VendorLatency",
            Self::ReceiptsExpected => "ReceiptsExpected",
            Self::TokensRemoved => "TokensRemoved",
            Self::NotifiersDisabled => "NotifiersDisabled",
            Self::CredentialChecks => "CredentialChecks",
            Self::CredentialsAtRisk => "CredentialsAtRisk",
            Self::Receipts => "Receipts",
            Self::Frames => "Frames",
            Self::RecordsDeadLettered => "RecordsDeadLettered",
            Self::Callbacks => "Callbacks",
            Self::CallbacksLost => "CallbacksLost",
        }
    }

    /// Returns the names of the dimensions.
    pub const fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::Decisions => &["reason"],
            Self::PushOutcomes => &["vendor", "outcome"],
            Self::VendorCodes => &["vendor", "code"],
            Self::VendorLatency | Self::ReceiptsExpected | Self::TokensRemoved => &["vendor"],
            Self::NotifiersDisabled => &[],
            Self::CredentialChecks => &["vendor", "result"],
            Self::CredentialsAtRisk => &["risk"],
            Self::Receipts => &["vendor", "event"],
            Self::Frames => &["outcome"],
            Self::RecordsDeadLettered => &["queue"],
            Self::Callbacks => &["outcome"],
            Self::CallbacksLost => &[],
        }
    }

    /// Returns what the metric counts, in the words of the documents.
    pub const fn counts(self) -> &'static str {
        match self {
            Self::Decisions => "receivers decided; `reason` is a [reason](reasons.md), or `push`",
            Self::PushOutcomes => "device tokens whose push ended; `outcome` is a [reason](reasons.md), or `accepted`",
            Self::VendorCodes => {
                "answers of vendors other than success; `code` is one of the vendor's tables, or `other`: the log has the vendor's own"
            }
            Self::VendorLatency => "duration of a vendor call, ms",
            Self::ReceiptsExpected => {
                "accepted pushes whose delivery the vendor should [report](api.md#receipts) to this stack"
            }
            Self::TokensRemoved => "bindings removed because their vendor called the token unregistered",
            Self::NotifiersDisabled => "notifiers disabled because their vendor refuses the credential",
            Self::CredentialChecks => {
                "checks of credentials; `result` is `valid`, `refused`, `unclear`, `not_offered` or `skipped`"
            }
            Self::CredentialsAtRisk => {
                "notifiers whose credential is at risk, once an hour each; `risk` is `refused`, `failing` or `expires`"
            }
            Self::Receipts => "receipts of vendors",
            Self::Frames => "frames posted to connections; `outcome` is `accepted`, `gone`, `throttled` or `failed`",
            Self::RecordsDeadLettered => "queue records dead-lettered",
            Self::Callbacks => {
                "events for apps' servers; `outcome` is `delivered`, `failed`, `stored`, `deferred`, `gone` (410) or `dropped`"
            }
            Self::CallbacksLost => "events for apps' servers that could not be queued",
        }
    }

    /// Returns CloudWatch's word for what a value is.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::VendorLatency => "Milliseconds",
            Self::Decisions
            | Self::PushOutcomes
            | Self::VendorCodes
            | Self::ReceiptsExpected
            | Self::TokensRemoved
            | Self::NotifiersDisabled
            | Self::CredentialChecks
            | Self::CredentialsAtRisk
            | Self::Receipts
            | Self::Frames
            | Self::RecordsDeadLettered
            | Self::Callbacks
            | Self::CallbacksLost => "Count",
        }
    }
}
