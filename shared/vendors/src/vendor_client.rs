//! The client of every vendor: what a process keeps for it, around the vendor's own push.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::BoxFuture;
use shared::{
    domain::{
        binding::DeviceToken,
        outcome::{CallError, Outcome},
        time::Timestamp,
        vendor::Vendor,
    },
    name_ports,
    ports::{
        access_tokens::{ShareAccessTokens, TokenOwner},
        clock::{Clock, Entropy},
        vendor::{
            CallReport, Credential, RenewAccessToken, RenewCall, Renewed, RevokeNotifications, Revoked, SendMerged,
            VendorCall, VendorClient,
        },
    },
    tls::ExtraCas,
};

use crate::{
    access_token::{Access, AccessTokens, Authorized, Issuer, Unshared, renew},
    reporting::{Failure, RequestSizes, Secrets},
    transport::{BaseUrl, Http, Limits, Transport},
};

/// Minimum characters of a device token that no code may show. Those of the vendors are longer.
const MIN_TOKEN: usize = 20;

/// What a vendor's client needs.
#[derive(Clone)]
pub struct Deps {
    /// where processes share access tokens
    pub access_tokens: Arc<dyn ShareAccessTokens>,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// random bits
    pub entropy: Arc<dyn Entropy>,
    /// stands for the vendor's hosts, see [`VENDOR_BASE_URL`](crate::transport::VENDOR_BASE_URL)
    pub base_url: Option<BaseUrl>,
    /// carries the requests
    pub transport: Transport,
    /// trusted besides Mozilla's, see [`VENDOR_CA_PEM`](crate::transport::VENDOR_CA_PEM)
    pub extra_cas: ExtraCas,
}

name_ports! { Deps { access_tokens, clock, entropy } without { base_url, transport, extra_cas } }

impl fmt::Debug for Deps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deps").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

type Sent<'a, T> = BoxFuture<'a, Result<T, Failure>>;
type Push = for<'a> fn(&'a Client, &'a VendorCall<'a>) -> Sent<'a, CallReport>;
type MaxMerged = fn(&Credential) -> usize;
type PushMerged = for<'a> fn(&'a Client, &'a VendorCall<'a>, &'a [VendorCall<'a>]) -> Sent<'a, Vec<Outcome>>;

type Renew = for<'a> fn(&'a Client, &'a RenewCall<'a>) -> Sent<'a, Renewed>;
type Revoke = for<'a> fn(&'a Client, &'a VendorCall<'a>) -> Sent<'a, Revoked>;

/// How calls are sent to a vendor.
#[derive(Clone, Copy)]
pub struct Protocol {
    max_tokens: usize,
    a_request_per_token: bool,
    limits: Limits,
    push: Push,
    merging: Option<(MaxMerged, PushMerged)>,
    renew: Option<Renew>,
    revoke: Option<Revoke>,
}

impl Protocol {
    /// Sends calls of at most so many tokens by `push`, with one request after the other.
    pub(crate) const fn new(max_tokens: usize, push: Push) -> Self {
        Self {
            max_tokens,
            a_request_per_token: false,
            limits: Limits::USUAL,
            push,
            merging: None,
            renew: None,
            revoke: None,
        }
    }

    /// The same for requests of one token each, which are all under way at once.
    pub(crate) const fn with_a_request_per_token(self) -> Self {
        Self { a_request_per_token: true, ..self }
    }

    /// The same with another bound for the time of a request.
    pub(crate) const fn within(self, total: Duration) -> Self {
        Self { limits: Limits { total, ..Limits::USUAL }, ..self }
    }

    /// The same for a vendor that takes different notifications in one request: at most `max_tokens` with a credential, 1 if
    /// its requests cannot be merged. `push` also gets the first of the calls.
    pub(crate) const fn merging(self, max_tokens: MaxMerged, push: PushMerged) -> Self {
        Self { merging: Some((max_tokens, push)), ..self }
    }

    /// The same for a vendor with access tokens, which `renew` renews.
    pub(crate) const fn renewing(self, renew: Renew) -> Self {
        Self { renew: Some(renew), ..self }
    }

    /// The same for a vendor that revokes notifications by `revoke`.
    pub(crate) const fn revoking(self, revoke: Revoke) -> Self {
        Self { revoke: Some(revoke), ..self }
    }
}

/// Speaks the protocol of one vendor. It connects to nothing before its first push.
pub(crate) struct Client {
    protocol: Protocol,
    pub(crate) http: Http,
    /// access tokens that processes share
    pub(crate) access_tokens: AccessTokens,
    /// access tokens that each process signs itself, for HarmonyOS; nobody shares them
    pub(crate) own_tokens: AccessTokens,
    pub(crate) clock: Arc<dyn Clock>,
    /// how many tokens a request may carry, for Honor
    pub(crate) request_sizes: RequestSizes,
}

impl Client {
    pub(crate) fn new(vendor: Vendor, protocol: Protocol, deps: &Deps) -> Self {
        let tokens = |shared| AccessTokens::new(shared, Arc::clone(&deps.clock), Arc::clone(&deps.entropy));
        let http = Http::new(vendor, deps.base_url.clone(), Arc::clone(&deps.clock));
        Self {
            protocol,
            http: http.with_limits(protocol.limits).over(deps.transport.clone()).trusting(deps.extra_cas.clone()),
            access_tokens: tokens(Arc::clone(&deps.access_tokens)),
            own_tokens: tokens(Arc::new(Unshared)),
            clock: Arc::clone(&deps.clock),
            request_sizes: RequestSizes::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Renews the access token of a call that `issuer` issues.
    pub(crate) async fn renewed(&self, call: &RenewCall<'_>, issuer: &dyn Issuer) -> Result<Renewed, Failure> {
        Ok(if renew(&self.access_tokens, call, issuer).await? { Renewed::Issued } else { Renewed::StillGood })
    }

    /// Returns the requests of a call to one of the vendor's addresses, with the access token that `issuer` issues.
    pub(crate) async fn authorized<'a>(
        &'a self,
        call: &VendorCall<'a>,
        issuer: &'a dyn Issuer,
        url: &str,
    ) -> Result<Authorized<'a>, Failure> {
        let access = Access::open(&self.access_tokens, call, issuer).await?;
        Ok(Authorized::new(&self.http, url, access)?)
    }
}

/// All codes and message ids of all vendors pass here.
impl Client {
    /// Takes secrets and device tokens out of the codes and message ids of calls' outcomes.
    fn redact_outcomes(&self, outcomes: &mut Result<Vec<Outcome>, CallError>, calls: &[VendorCall<'_>]) {
        let Some(first) = calls.first() else { return };
        let mut secrets = self.secrets(first.credential, first.owner);
        let tokens = calls.iter().flat_map(|call| call.tokens).map(DeviceToken::expose);
        if let Ok(outcomes) = outcomes {
            secrets.redact_message_ids(outcomes, tokens.clone());
            if outcomes.iter().all(|one| matches!(one, Outcome::Accepted { .. })) {
                return;
            }
        }
        // A user may choose a short token, such as a code of the vendor, and so hide it from everybody.
        tokens.filter(|token| token.len() >= MIN_TOKEN).for_each(|token| secrets.add(token));
        match outcomes {
            Ok(outcomes) => secrets.redact_codes(outcomes),
            Err(error) => secrets.redact_error(error),
        }
    }

    fn redacted(&self, mut error: CallError, credential: &Credential, owner: &TokenOwner) -> CallError {
        self.secrets(credential, owner).redact_error(&mut error);
        error
    }

    fn secrets(&self, credential: &Credential, owner: &TokenOwner) -> Secrets {
        let mut secrets = Secrets::of_record(credential.expose());
        for token in self.access_tokens.known(owner).into_iter().chain(self.own_tokens.known(owner)) {
            secrets.add(token.expose());
        }
        secrets
    }
}

#[async_trait]
impl VendorClient for Client {
    fn max_tokens(&self) -> usize {
        self.protocol.max_tokens
    }

    fn requests_at_once(&self, tokens: usize) -> usize {
        if self.protocol.a_request_per_token { tokens } else { 1 }
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        let mut report = (self.protocol.push)(self, &call).await.unwrap_or_else(CallReport::from);
        self.redact_outcomes(&mut report.outcomes, &[call]);
        report
    }

    fn merging(&self) -> Option<&dyn SendMerged> {
        self.protocol.merging.is_some().then_some(self as _)
    }

    fn renewing(&self) -> Option<&dyn RenewAccessToken> {
        self.protocol.renew.is_some().then_some(self as _)
    }

    fn revoking(&self) -> Option<&dyn RevokeNotifications> {
        self.protocol.revoke.is_some().then_some(self as _)
    }
}

#[async_trait]
impl RenewAccessToken for Client {
    async fn renew(&self, call: RenewCall<'_>) -> Result<Renewed, CallError> {
        match self.protocol.renew {
            Some(renew) => {
                renew(self, &call).await.map_err(|failure| self.redacted(failure.error, call.credential, call.owner))
            }
            None => Ok(Renewed::NotOffered),
        }
    }
}

#[async_trait]
impl RevokeNotifications for Client {
    async fn revoke(&self, call: VendorCall<'_>) -> Result<Revoked, CallError> {
        match self.protocol.revoke {
            Some(revoke) => {
                revoke(self, &call).await.map_err(|failure| self.redacted(failure.error, call.credential, call.owner))
            }
            None => Ok(Revoked::NotOffered),
        }
    }
}

#[async_trait]
impl SendMerged for Client {
    fn max_merged(&self, credential: &Credential) -> usize {
        self.protocol.merging.map_or(1, |(max_tokens, _)| max_tokens(credential))
    }

    async fn send_merged(&self, calls: &[VendorCall<'_>]) -> Result<Vec<Outcome>, CallError> {
        match (self.protocol.merging, calls.first()) {
            (Some((_, push)), Some(first)) => {
                let mut outcomes = push(self, first, calls).await.map_err(|failure| failure.error);
                self.redact_outcomes(&mut outcomes, calls);
                outcomes
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Issues access tokens for one account. Each vendor's `auth` says how.
pub(crate) struct Issuing<'a, Account> {
    pub(crate) client: &'a Client,
    pub(crate) account: &'a Account,
}
