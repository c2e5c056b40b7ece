//! Scripted faults. Rules are kept in order. The first one that matches a request is played and used up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::device::TokenState;
use super::meaning::Meaning;
use super::vendor::Endpoint;

/// A fault, with the requests that it meets and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The vendor.
    pub vendor: String,
    /// If absent, every endpoint matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// Only requests that name this device token match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_token: Option<String>,
    /// How many requests it meets. `null` means all requests, until faults are cleared.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// How many matching requests pass before it. They count whatever other rule they meet.
    #[serde(default)]
    pub skip: u32,
    /// Delay before the answer. The message is delivered before the delay.
    #[serde(default)]
    pub delay_ms: u64,
    /// Whether the request takes effect although its answer is broken.
    #[serde(default)]
    pub delivered: bool,
    /// What the answer means for the device tokens, where neither fault nor vendor tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Meaning>,
    /// The fault.
    pub fault: Fault,
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The vendor's own answer; with a delay, a late one.
    Pass {},
    /// This answer instead of the vendor's.
    Answer {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        body: String,
    },
    /// The vendor's answer for one of its result codes, with another `status` or `headers` where they are given.
    Code {
        code: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// A result for single device tokens. The rest of the request is handled as usual.
    TokenResult { code: String },
    /// Single device tokens are unregistered, as after the removal of the app. The rest of the request is handled as
    /// usual.
    Unregistered {},
    /// Status without a body.
    Empty { status: u16 },
    /// Bytes that are no JSON.
    Garbage { status: u16 },
    /// A body of about that many bytes.
    Huge { status: u16, bytes: usize },
    /// Half of the vendor's answer, with the length of that half. With `mid_body`, the length is that of the whole
    /// answer, and the connection ends.
    Truncated {
        #[serde(default)]
        mid_body: bool,
    },
    /// The connection (HTTP/2: the stream) ends without an answer.
    Close {},
    /// The TCP connection is reset (HTTP/2: the stream, because others share the connection).
    Reset {},
    /// No answer is ever sent.
    Hang {},
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's type")]
fn once() -> Option<u32> {
    Some(1)
}

impl FaultRule {
    /// Returns a rule for the next request of a vendor.
    pub fn new(vendor: &str, fault: Fault) -> Self {
        Self {
            vendor: vendor.to_owned(),
            endpoint: None,
            match_token: None,
            times: once(),
            skip: 0,
            delay_ms: 0,
            delivered: false,
            means: None,
            fault,
        }
    }

    /// Matches only this endpoint.
    #[must_use]
    pub fn at(self, endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), ..self }
    }

    /// Matches only requests that name this device token.
    #[must_use]
    pub fn for_token(self, token: impl Into<String>) -> Self {
        Self { match_token: Some(token.into()), ..self }
    }

    /// Meets this many requests.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Meets all requests, until faults are cleared.
    #[must_use]
    pub fn always(self) -> Self {
        Self { times: None, ..self }
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn skipping(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// Delays the answer.
    #[must_use]
    pub fn delayed(self, delay_ms: u64) -> Self {
        Self { delay_ms, ..self }
    }

    /// Says what the answer means for the device tokens.
    #[must_use]
    pub fn meaning(self, means: Meaning) -> Self {
        Self { means: Some(means), ..self }
    }

    /// Lets the request take effect although its answer is broken.
    #[must_use]
    pub fn after_delivery(self) -> Self {
        Self { delivered: true, ..self }
    }

    fn fits(&self, vendor: &str, endpoint: Endpoint, targets: &[String]) -> bool {
        self.vendor == vendor
            && self.times != Some(0)
            && self.endpoint.is_none_or(|wanted| wanted == endpoint)
            && self.match_token.as_ref().is_none_or(|token| targets.contains(token))
    }
}

impl Fault {
    /// Returns an answer with a status and nothing else.
    pub fn status(status: u16) -> Self {
        Self::Answer { status, headers: BTreeMap::new(), body: String::new() }
    }

    /// Returns the vendor's answer for one of its result codes.
    pub fn code(code: &str) -> Self {
        Self::Code { code: code.to_owned(), status: None, headers: BTreeMap::new() }
    }

    /// Returns the error page of a proxy.
    pub fn html(status: u16) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        Self::Answer { status, headers: BTreeMap::new(), body: page }.with_header("content-type", "text/html")
    }

    /// Adds a header to the fault's answer, if it has one.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } | Self::Code { headers, .. } = &mut self {
            headers.insert(name.to_ascii_lowercase(), value.into());
        }
        self
    }

    /// Returns whether the fault is a result of single device tokens.
    pub fn is_of_tokens(&self) -> bool {
        matches!(self, Self::TokenResult { .. } | Self::Unregistered {})
    }

    /// Returns whether the request takes effect under this fault even when the rule does not say so.
    pub(super) fn lets_through(&self) -> bool {
        matches!(self, Self::Pass {}) || self.is_of_tokens()
    }
}

/// The result that a rule gives to a device token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedResult {
    /// The state that the vendor judges by.
    pub state: TokenState,
    /// What the answer means, where the state does not tell it.
    pub means: Option<Meaning>,
}

/// The rules that are not used up, in order.
#[derive(Debug, Default)]
pub struct Faults(Vec<FaultRule>);

impl Faults {
    /// Adds a rule behind all others.
    pub fn push(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    /// Returns the rules that are not used up.
    pub fn pending(&self) -> &[FaultRule] {
        &self.0
    }

    /// Removes the rules of one vendor or of all.
    pub fn clear(&mut self, vendor: Option<&str>) {
        self.0.retain(|rule| vendor.is_some_and(|name| rule.vendor != name));
    }

    /// Uses up the first rule that matches the request as a whole.
    pub fn take(&mut self, vendor: &str, endpoint: Endpoint, targets: &[String]) -> Option<FaultRule> {
        let mut taken = None;
        for rule in self.0.iter_mut().filter(|rule| !rule.fault.is_of_tokens()) {
            if rule.fits(vendor, endpoint, targets) && !rule.passes() && taken.is_none() {
                taken = Some(rule.clone());
                rule.count_down();
            }
        }
        self.0.retain(|rule| rule.times != Some(0));
        taken
    }

    /// Uses up the rules with results of single targets. For each token its first rule counts.
    pub fn take_results(
        &mut self,
        vendor: &str,
        endpoint: Endpoint,
        targets: &[String],
    ) -> BTreeMap<String, ScriptedResult> {
        let mut results = BTreeMap::new();
        for rule in self.0.iter_mut().filter(|rule| rule.fault.is_of_tokens()) {
            if !rule.fits(vendor, endpoint, targets) || rule.passes() {
                continue;
            }
            let state = match &rule.fault {
                Fault::TokenResult { code } => TokenState::Scripted(code.clone()),
                _ => TokenState::Unregistered,
            };
            let concerned = rule.match_token.as_ref().map_or(targets, std::slice::from_ref);
            let fresh: Vec<&String> = concerned.iter().filter(|token| !results.contains_key(*token)).collect();
            if !fresh.is_empty() {
                let result = ScriptedResult { state, means: rule.means };
                results.extend(fresh.into_iter().map(|token| (token.clone(), result.clone())));
                rule.count_down();
            }
        }
        self.0.retain(|rule| rule.times != Some(0));
        results
    }
}

impl FaultRule {
    /// Returns whether a matching request passes, and counts it.
    fn passes(&mut self) -> bool {
        let passes = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        passes
    }

    fn count_down(&mut self) {
        if let Some(times) = &mut self.times {
            *times -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn rules_are_played_in_order_and_used_up() {
        let mut faults = Faults::default();
        faults.push(FaultRule::new("v", Fault::status(500)).times(2));
        faults.push(FaultRule::new("v", Fault::status(429)).at(Endpoint::Send));
        let mut next = |endpoint| faults.take("v", endpoint, &[]).map(|rule| rule.fault);
        assert_eq!(next(Endpoint::Send), Some(Fault::status(500)));
        assert_eq!(next(Endpoint::Token), Some(Fault::status(500)));
        assert_eq!(next(Endpoint::Token), None);
        assert_eq!(next(Endpoint::Send), Some(Fault::status(429)));
        assert_eq!(next(Endpoint::Send), None);
    }

    #[test]
    fn a_rule_for_a_token_waits_for_that_token() {
        let mut faults = Faults::default();
        faults.push(FaultRule::new("v", Fault::status(500)).for_token("a").always());
        assert!(faults.take("v", Endpoint::Send, &targets(&["b"])).is_none());
        assert!(faults.take("w", Endpoint::Send, &targets(&["a"])).is_none());
        assert!(faults.take("v", Endpoint::Send, &targets(&["b", "a"])).is_some());
        assert!(faults.take("v", Endpoint::Send, &targets(&["a"])).is_some());
        faults.clear(Some("w"));
        assert_eq!(faults.pending().len(), 1);
        faults.clear(None);
        assert!(faults.pending().is_empty());
    }

    #[test]
    fn several_tokens_of_one_request_get_results_of_their_own() {
        let mut faults = Faults::default();
        let result = |code: &str| Fault::TokenResult { code: code.to_owned() };
        faults.push(FaultRule::new("v", result("x")).for_token("a"));
        faults.push(FaultRule::new("v", result("y")).for_token("c"));
        faults.push(FaultRule::new("v", result("z")).for_token("a"));
        let results = faults.take_results("v", Endpoint::Send, &targets(&["a", "b", "c"]));
        let scripted = |code: &str| ScriptedResult { state: TokenState::Scripted(code.to_owned()), means: None };
        assert_eq!(results, BTreeMap::from([("a".into(), scripted("x")), ("c".into(), scripted("y"))]));
        assert_eq!(faults.take_results("v", Endpoint::Send, &targets(&["a"]))["a"], scripted("z"));
    }

    #[test]
    fn a_rule_that_skips_counts_every_request_that_it_matches() {
        let mut faults = Faults::default();
        faults.push(FaultRule::new("v", Fault::status(500)));
        faults.push(FaultRule::new("v", Fault::status(429)).at(Endpoint::Send).skipping(2));
        faults.push(FaultRule::new("v", Fault::Unregistered {}).for_token("a").always().skipping(1));
        let mut next = |endpoint| {
            let gone = !faults.take_results("v", endpoint, &targets(&["a"])).is_empty();
            (faults.take("v", endpoint, &targets(&["a"])).map(|rule| rule.fault), gone)
        };
        assert_eq!(next(Endpoint::Send), (Some(Fault::status(500)), false));
        assert_eq!(next(Endpoint::Token), (None, true));
        assert_eq!(next(Endpoint::Send), (None, true));
        assert_eq!(next(Endpoint::Send), (Some(Fault::status(429)), true));
    }

    #[test]
    fn the_wire_form_is_small_and_strict() {
        let read = serde_json::from_str::<FaultRule>;
        let rule = read(r#"{"vendor":"v","fault":{"kind":"close"},"delivered":true}"#).unwrap();
        assert_eq!(rule, FaultRule::new("v", Fault::Close {}).after_delivery());
        assert_eq!(read(r#"{"vendor":"v","times":null,"fault":{"kind":"hang"}}"#).unwrap().times, None);
        assert!(read(r#"{"vendor":"v","fault":{"kind":"empty","statsu":200}}"#).is_err());
    }
}
