//! The operations of [`Control`](super::Control) on simulators in another process.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::control::{
    Deliveries, Devices, Expire, Expired, Failure, Health, Identified, Query, Requests, Reset, Rules, Unknown,
};
use super::engine::{
    Counts, Delivery, Device, DeviceView, FaultRule, Filter, NewCredential, Part, ReceiptOrder, Recorded, UnknownTokens,
};

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The simulators cannot be reached, or the answer cannot be read.
    #[error("the simulators cannot be reached")]
    Unreachable(#[from] reqwest::Error),
    /// The simulators refused the call, for this reason.
    #[error("the simulators refuse: {0}")]
    Refused(String),
}

type Result<T> = std::result::Result<T, ClientError>;

/// A client for the control interface.
#[derive(Clone, Debug)]
pub struct SimulatorClient {
    base_url: String,
    http: reqwest::Client,
}

impl SimulatorClient {
    /// Returns a client for `http://host:port`.
    pub fn new(base_url: &str) -> Result<Self> {
        let http = plain_http(Duration::from_secs(10)).build()?;
        Ok(Self { base_url: base_url.trim_end_matches('/').to_owned(), http })
    }

    /// Returns the base URL of the simulators.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the names of the simulated vendors.
    pub async fn vendors(&self) -> Result<Vec<String>> {
        let Health { vendors } = self.get("health", &()).await?;
        Ok(vendors)
    }

    // ---- what the vendors know ----

    /// Registers an account with its vendor and returns its identifier.
    pub async fn add_credential(&self, credential: &NewCredential) -> Result<String> {
        let answer: Value = self.read(self.request(Method::POST, "credentials").json(credential)).await?;
        Ok(answer["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Removes an account from its vendor. Access tokens that it was given stay valid.
    pub async fn remove_credential(&self, vendor: &str, id: &str) -> Result<()> {
        let which = Identified { vendor: Some(vendor.to_owned()), id: Some(id.to_owned()), token: None };
        self.done(self.request(Method::DELETE, "credentials").query(&which)).await
    }

    /// Registers device tokens.
    pub async fn add_devices(&self, devices: impl IntoIterator<Item = Device>) -> Result<()> {
        self.post("devices", &Devices { devices: devices.into_iter().collect() }).await
    }

    /// Sets the state of device tokens that nobody registered.
    pub async fn set_unknown_tokens(&self, vendor: &str, are: UnknownTokens) -> Result<()> {
        self.post("unknown-tokens", &Unknown { vendor: vendor.to_owned(), are }).await
    }

    // ---- faults ----

    /// Adds fault rules.
    pub async fn add_faults(&self, rules: impl IntoIterator<Item = FaultRule>) -> Result<()> {
        self.post("faults", &Rules { rules: rules.into_iter().collect() }).await
    }

    /// Returns the rules that are not used up.
    pub async fn faults(&self) -> Result<Vec<FaultRule>> {
        let Rules { rules } = self.get("faults", &()).await?;
        Ok(rules)
    }

    /// Removes the rules of one vendor or of all.
    pub async fn clear_faults(&self, vendor: Option<&str>) -> Result<()> {
        self.done(self.request(Method::DELETE, "faults").query(&of_vendor(vendor))).await
    }

    /// Ends the access tokens of one vendor or of all, and returns how many.
    pub async fn expire_tokens(&self, vendor: Option<&str>) -> Result<usize> {
        let body = Expire { vendor: vendor.map(str::to_owned) };
        let Expired { expired } = self.read(self.request(Method::POST, "expire-tokens").json(&body)).await?;
        Ok(expired)
    }

    /// Clears these parts.
    pub async fn reset(&self, parts: &[Part]) -> Result<()> {
        self.post("reset", &Reset { parts: Some(parts.to_vec()) }).await
    }

    // ---- what happened ----

    /// Returns the requests that match a filter, oldest first.
    pub async fn requests(&self, filter: &Filter) -> Result<Vec<Recorded>> {
        self.wait_for_requests(filter, 0, Duration::ZERO).await
    }

    /// Returns the deliveries that match a filter, oldest first.
    pub async fn deliveries(&self, filter: &Filter) -> Result<Vec<Delivery>> {
        self.wait_for_deliveries(filter, 0, Duration::ZERO).await
    }

    /// Makes a vendor report on the last push to a phone. Returns the status of the answer that the vendor got.
    pub async fn send_receipt(&self, order: &ReceiptOrder) -> Result<u16> {
        let answer: Value = self.read(self.request(Method::POST, "receipts").json(order)).await?;
        Ok(answer["status"].as_u64().and_then(|status| status.try_into().ok()).unwrap_or_default())
    }

    /// Returns the totals of each vendor.
    pub async fn counts(&self) -> Result<Counts> {
        self.get("counts", &()).await
    }

    /// Returns what a phone shows.
    pub async fn device(&self, vendor: &str, token: &str) -> Result<DeviceView> {
        self.get("device", &Identified { vendor: Some(vendor.to_owned()), token: Some(token.to_owned()), id: None })
            .await
    }

    /// Returns all phones that are registered or were reached, of one vendor or of all.
    pub async fn devices(&self, vendor: Option<&str>) -> Result<Vec<DeviceView>> {
        let Devices { devices } = self.get("devices", &of_vendor(vendor)).await?;
        Ok(devices)
    }

    /// Waits until `at_least` requests match the filter or the time is over. Returns the matches.
    pub async fn wait_for_requests(
        &self,
        filter: &Filter,
        at_least: usize,
        longest: Duration,
    ) -> Result<Vec<Recorded>> {
        let Requests { requests } = self.wait("requests", filter, at_least, longest).await?;
        Ok(requests)
    }

    /// Waits until `at_least` deliveries match the filter or the time is over. Returns the matches.
    pub async fn wait_for_deliveries(
        &self,
        filter: &Filter,
        at_least: usize,
        longest: Duration,
    ) -> Result<Vec<Delivery>> {
        let Deliveries { deliveries } = self.wait("deliveries", filter, at_least, longest).await?;
        Ok(deliveries)
    }

    // ---- HTTP ----

    async fn wait<T: DeserializeOwned>(
        &self,
        what: &str,
        filter: &Filter,
        at_least: usize,
        longest: Duration,
    ) -> Result<T> {
        let wait_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let query = Query::new(filter, at_least, wait_ms);
        self.read(self.request(Method::GET, what).query(&query).timeout(longest + Duration::from_secs(10))).await
    }

    async fn get<T: DeserializeOwned>(&self, what: &str, query: &impl Serialize) -> Result<T> {
        self.read(self.request(Method::GET, what).query(query)).await
    }

    async fn post(&self, what: &str, body: &impl Serialize) -> Result<()> {
        self.done(self.request(Method::POST, what).json(body)).await
    }

    fn request(&self, method: Method, what: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/_sim/{what}", self.base_url))
    }

    async fn done(&self, request: RequestBuilder) -> Result<()> {
        answered(request).await.map(|_| ())
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        Ok(answered(request).await?.json().await?)
    }
}

fn of_vendor(vendor: Option<&str>) -> Identified {
    Identified { vendor: vendor.map(str::to_owned), ..Identified::default() }
}

async fn answered(request: RequestBuilder) -> Result<reqwest::Response> {
    let answer = request.send().await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status();
    let text = answer.text().await?;
    let why = serde_json::from_str::<Failure>(&text).map_or(text, |failure| failure.error);
    Err(ClientError::Refused(format!("{status}: {why}")))
}

/// Returns a client that never uses TLS, because it trusts no certificate.
pub fn plain_http(timeout: Duration) -> reqwest::ClientBuilder {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the default protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(timeout)
}
