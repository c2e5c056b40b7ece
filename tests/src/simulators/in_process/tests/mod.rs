//! Calls of the product's own clients to vendors, over sockets and in process.

mod contract;
mod repeated;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, json};
use shared::domain::binding::DeviceToken;
use shared::domain::id::{AppKey, NotifierName};
use shared::domain::push::{Notification, SemanticClass};
use shared::domain::vendor::Vendor;
use shared::ports::access_tokens::TokenOwner;
use shared::ports::clock::{Clock, Entropy};
use shared::ports::vendor::{CallReport, Credential, VendorCall, VendorClient};
use shared::testing::memory::MemoryRuntime;
use shared::tls::ExtraCas;
use vendors::transport::{BaseUrl, Transport};
use vendors::{Deps, client};

use crate::simulators::{Account, Endpoint, Fault, FaultRule, Interface, Spec};

/// A push interface, with the product's client for it.
pub struct Sender {
    interface: &'static Interface,
    client: Arc<dyn VendorClient>,
    credential: Credential,
    pushes: usize,
}

impl Sender {
    pub fn new(
        (spec, interface): (&'static Spec, &'static Interface),
        (base_url, transport): (BaseUrl, Transport),
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let base_url = Some(base_url);
        let deps = Deps {
            access_tokens: Arc::new(MemoryRuntime::default()),
            clock,
            entropy,
            base_url,
            transport,
            extra_cas: ExtraCas::none(),
        };
        let client = client(Vendor::parse(spec.name()).unwrap(), &deps);
        let credential = Credential::new((interface.account)().record, "fingerprint".to_owned());
        Self { interface, client, credential, pushes: 0 }
    }

    /// Pushes with the credential of this account from now on.
    pub fn enter(&mut self, account: &Account) {
        self.credential = Credential::new(account.record.clone(), format!("fingerprint of {}", account.record));
    }

    /// Returns the tokens of the next push: two phones that got nothing before, or one where each has its own request. The
    /// order of requests that are under way at once is not fixed over sockets.
    pub fn next_tokens(&self) -> Vec<String> {
        let count = if self.client.requests_at_once(2) == 1 { 2 } else { 1 };
        let name = |phone: usize| format!("mark0123456789abcde{:03}", self.pushes * 2 + phone);
        (0..count).map(|phone| (self.interface.device_token_of)(&name(phone))).collect()
    }

    /// Sends a push to the next tokens.
    pub async fn push(&mut self) -> CallReport {
        let tokens: Vec<DeviceToken> =
            self.next_tokens().iter().map(|token| DeviceToken::parse(token).unwrap()).collect();
        self.pushes += 1;
        let owner = TokenOwner {
            app: AppKey::new("acme", "chat").unwrap(),
            notifier: NotifierName::parse(self.interface.notifier).unwrap(),
        };
        let notification = notification(self.pushes);
        let call = VendorCall {
            owner: &owner,
            credential: &self.credential,
            options: &Map::new(),
            notification: &notification,
            ttl: Duration::from_secs(86_400),
            receipt_url: None,
            tokens: &tokens,
        };
        self.client.send(call).await
    }
}

fn notification(number: usize) -> Notification {
    let id = format!("01K{number:023}");
    let custom = json!({"f": "alice", "t": "bob", "m": id});
    Notification {
        title: "Alice".to_owned(),
        body: format!("Message {number}"),
        custom: custom.as_object().cloned().unwrap_or_default(),
        class: SemanticClass::Im,
        replace_id: id,
        badge: true,
        options: Map::new(),
    }
}

/// Returns the faults of a vendor's sheet, and those that all vendors share. `token` is a phone of the next push.
pub fn faults(spec: &Spec, token: &str) -> Vec<FaultRule> {
    let faults = &spec.faults;
    let rule = |fault: Fault| FaultRule::new(spec.name(), fault).at(Endpoint::Send);
    let throttled = (faults.throttled)();
    let with_hint = FaultRule { fault: throttled.fault.clone().with_header("Retry-After", "7"), ..throttled.clone() };
    let of_sheet = [
        Some(throttled),
        Some(with_hint),
        Some((faults.unavailable)()),
        Some((faults.credential_refused)()),
        faults.quota_used_up.map(|rule| rule()),
        faults.ambiguous_refusal.map(|code| rule(Fault::code(code))),
        spec.access_tokens.as_ref().map(|access_tokens| (access_tokens.expired)()),
    ];
    let shared = [
        rule(Fault::Unregistered {}).for_token(token),
        rule(Fault::Pass {}).delayed(30),
        rule(Fault::html(502)),
        rule(Fault::Empty { status: 200 }),
        rule(Fault::Garbage { status: 200 }).after_delivery(),
        rule(Fault::Truncated { mid_body: false }).after_delivery(),
        rule(Fault::Truncated { mid_body: true }).after_delivery(),
        rule(Fault::Close {}),
        rule(Fault::Close {}).after_delivery(),
        rule(Fault::Reset {}),
        rule(Fault::Reset {}).after_delivery(),
        FaultRule::new(spec.name(), Fault::status(500)).at(Endpoint::Token),
        FaultRule::new(spec.name(), Fault::Close {}).at(Endpoint::Token),
    ];
    of_sheet.into_iter().flatten().chain(shared).collect()
}

/// Returns a document in which ids, access tokens and times look alike.
pub fn shape(text: &str) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let mut shape = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| is_word(letter) != is_word(first)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        let made_up = part.len() > 30 || part.len() > 8 && part.bytes().any(|byte| byte.is_ascii_digit());
        shape.push_str(if is_word(first) && made_up { "#" } else { part });
        rest = behind;
    }
    shape
}

/// Returns a report as text, ids apart.
pub fn told(report: &CallReport) -> String {
    let answer = report.answer.shown();
    shape(&format!("{:?} {answer}", report.outcomes))
}
