//! Records every request to a vendor, with its answer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::request::Request;
use super::vendor::Endpoint;

/// Requests that are kept. In a long run the oldest are removed; the counts stay complete.
const KEPT: usize = 100_000;

/// A request with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The sequence number. It grows with each request.
    pub seq: u64,
    /// The time of arrival, in Unix milliseconds.
    pub at_ms: u64,
    /// The vendor.
    pub vendor: String,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The HTTP method.
    pub method: String,
    /// The path, without the vendor's prefix.
    pub path: String,
    /// The query.
    pub query: Option<String>,
    /// The HTTP version.
    pub version: String,
    /// The number of the connection. Requests with the same number shared it.
    pub connection: u64,
    /// The headers. Values that carry access tokens are replaced by fingerprints.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
    /// Device tokens it names.
    pub targets: Vec<String>,
    /// Why the vendor refused the request, even if a fault hid the refusal.
    pub refusal: Option<String>,
    /// How many notices reached phones.
    pub delivered: usize,
    /// The fault that was played, by kind.
    pub fault: Option<String>,
    /// The answer.
    pub answered: Answered,
}

/// What the caller received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// An HTTP answer.
    Http { status: u16, body: String },
    /// No answer: `close`, `reset`, `hang`, or an answer that was cut.
    Nothing(String),
}

impl Recorded {
    /// Returns the status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match &self.answered {
            Answered::Http { status, .. } => Some(*status),
            Answered::Nothing(_) => None,
        }
    }

    /// Returns a header of the request.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Totals since the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The totals, by vendor.
    pub vendors: BTreeMap<String, VendorCounts>,
}

/// Totals of one vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorCounts {
    /// Requests for access tokens.
    pub token_requests: u64,
    /// Send requests.
    pub sends: u64,
    /// Requests that remove notifications.
    #[serde(default)]
    pub revocations: u64,
    /// Requests to unknown paths.
    pub unknown: u64,
    /// Device tokens that sends named.
    pub targets: u64,
    /// Notices that reached phones.
    pub delivered: u64,
    /// Requests that the vendor refused for their form or authentication.
    pub refused: u64,
    /// Answers by status; `0` counts requests without an answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Connections with at least one request.
    pub connections: u64,
}

impl Counts {
    /// Returns the totals of one vendor; zeros if it got no request.
    pub fn of(&self, vendor: &str) -> VendorCounts {
        self.vendors.get(vendor).cloned().unwrap_or_default()
    }
}

/// Records requests.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: VecDeque<Recorded>,
    counts: Counts,
    connections: BTreeSet<(String, u64)>,
    last_seq: u64,
}

impl Recorder {
    /// Returns the sequence number of the next request.
    pub fn next_seq(&self) -> u64 {
        self.last_seq + 1
    }

    /// Records a request.
    pub fn push(&mut self, entry: Recorded) {
        self.last_seq = entry.seq;
        let first_on_connection = self.connections.insert((entry.vendor.clone(), entry.connection));
        self.counts.vendors.entry(entry.vendor.clone()).or_default().add(&entry, first_on_connection);
        self.kept.push_back(entry);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// Returns the kept requests, oldest first.
    pub fn kept(&self) -> impl DoubleEndedIterator<Item = &Recorded> {
        self.kept.iter()
    }

    /// Returns the totals.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Removes all requests. Sequence numbers go on, so that `after` stays valid.
    pub fn clear(&mut self) {
        *self = Self { last_seq: self.last_seq, ..Self::default() };
    }
}

impl VendorCounts {
    fn add(&mut self, entry: &Recorded, first_on_connection: bool) {
        match entry.endpoint {
            Endpoint::Token => self.token_requests += 1,
            Endpoint::Send => self.sends += 1,
            Endpoint::Revoke => self.revocations += 1,
            Endpoint::Unknown => self.unknown += 1,
        }
        if entry.endpoint == Endpoint::Send {
            self.targets += entry.targets.len() as u64;
        }
        self.delivered += entry.delivered as u64;
        self.refused += u64::from(entry.refusal.is_some());
        self.connections += u64::from(first_on_connection);
        *self.by_status.entry(entry.status().unwrap_or(0)).or_default() += 1;
    }
}

/// Returns the request's headers with fingerprints in place of secrets: of `authorization`, and of the vendor's own
/// header. Equal fingerprints mean the same secret.
pub(super) fn masked_headers(request: &Request, own: Option<&str>) -> Vec<(String, String)> {
    let mask = |(name, value): &(String, String)| match name == "authorization" || own == Some(name) {
        true => (name.clone(), masked(value)),
        false => (name.clone(), value.clone()),
    };
    request.headers.iter().map(mask).collect()
}

fn masked(value: &str) -> String {
    let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
    let fingerprint: String = digest(&SHA256, without_signature(secret).as_bytes()).as_ref()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{scheme} #{fingerprint}").trim_start().to_owned()
}

/// Returns a JWT without its signature, because PS256 signs the same claims differently each time.
fn without_signature(secret: &str) -> &str {
    let is_jwt = secret.starts_with("eyJ") && secret.matches('.').count() == 2;
    secret.rsplit_once('.').filter(|_| is_jwt).map_or(secret, |(signed, _)| signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_authorization_tells_tokens_apart_and_shows_none() {
        let first = masked("Bearer secret-one");
        assert!(first.starts_with("Bearer #") && !first.contains("secret"));
        assert_eq!(first, masked("Bearer secret-one"));
        assert_ne!(first, masked("Bearer secret-two"));
        assert!(!masked("secret").contains("secret"));
    }

    #[test]
    fn a_masked_jwt_tells_claims_apart_and_not_signatures() {
        assert_eq!(masked("Bearer eyJh.claims.one"), masked("Bearer eyJh.claims.two"));
        assert_ne!(masked("Bearer eyJh.claims.one"), masked("Bearer eyJh.others.one"));
        assert_ne!(masked("Bearer ya29.c.one"), masked("Bearer ya29.c.two"));
    }
}
