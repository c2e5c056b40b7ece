//! The operations by which tests control the simulators. The HTTP interface and in-process tests use the same ones.

mod http;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::client::plain_http;
use super::engine::{
    Counts, Credential, Delivery, Device, DeviceView, Engine, FaultRule, Filter, NewCredential, Part, ReceiptEvent,
    ReceiptOrder, Recorded, Report, UnknownTokens,
};

pub(super) use http::router;
pub(super) use wire::{
    Deliveries, Devices, Expire, Expired, Failure, Health, Identified, Query, Requests, Reset, Rules, Unknown,
};

/// An invalid registration, with the reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// The operations by which a test controls the simulators.
#[derive(Clone)]
pub struct Control {
    engine: Arc<Engine>,
}

impl Control {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    pub(super) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Returns the names of the simulated vendors.
    pub fn vendors(&self) -> Vec<&'static str> {
        self.engine.vendor_names()
    }

    // ---- what the vendors know ----

    /// Registers an account with its vendor and returns its identifier.
    pub fn add_credential(&self, credential: NewCredential) -> Result<String, Refused> {
        let id = self.identify(&credential)?;
        let NewCredential { vendor, record, token_lifetime_seconds } = credential;
        let simulator = self.engine.vendor(&vendor).ok_or_else(|| no_vendor(&vendor))?;
        let token_lifetime_seconds = token_lifetime_seconds.unwrap_or_else(|| simulator.token_lifetime_seconds());
        self.engine.world().credentials.put(Credential { vendor, id: id.clone(), record, token_lifetime_seconds });
        Ok(id)
    }

    /// Replaces the secret of an account, as when its owner makes a new one in the vendor's console. The vendor refuses the
    /// old secret from now on, and the access tokens that it issued for it.
    pub fn replace_secret(&self, old: &NewCredential, new: NewCredential) -> Result<(), Refused> {
        let id = self.identify(old)?;
        self.remove_credential(&old.vendor, &id);
        self.engine.world().access.expire_of(&old.vendor, &id);
        self.add_credential(new).map(drop)
    }

    /// Removes an account from its vendor. Access tokens that it was given stay valid. Returns `false` if there was no
    /// such account.
    pub fn remove_credential(&self, vendor: &str, id: &str) -> bool {
        self.engine.world().credentials.remove(vendor, id)
    }

    /// Registers device tokens.
    pub fn add_devices(&self, devices: impl IntoIterator<Item = Device>) -> Result<(), Refused> {
        let devices: Vec<Device> = devices.into_iter().collect();
        devices.iter().try_for_each(|device| self.known_vendor(&device.vendor))?;
        let mut world = self.engine.world();
        devices.into_iter().for_each(|device| world.devices.put(device));
        Ok(())
    }

    /// Sets the state of device tokens that nobody registered.
    pub fn set_unknown_tokens(&self, vendor: &str, are: UnknownTokens) -> Result<(), Refused> {
        self.known_vendor(vendor)?;
        self.engine.world().devices.set_unknown(vendor, are);
        Ok(())
    }

    // ---- faults ----

    /// Adds fault rules.
    pub fn add_faults(&self, rules: impl IntoIterator<Item = FaultRule>) -> Result<(), Refused> {
        let rules: Vec<FaultRule> = rules.into_iter().collect();
        rules.iter().try_for_each(|rule| self.known_vendor(&rule.vendor))?;
        let mut world = self.engine.world();
        rules.into_iter().for_each(|rule| world.faults.push(rule));
        Ok(())
    }

    /// Returns the rules that are not used up.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.engine.world().faults.pending().to_vec()
    }

    /// Removes the rules of one vendor or of all.
    pub fn clear_faults(&self, vendor: Option<&str>) {
        self.engine.world().faults.clear(vendor);
    }

    /// Moves the vendors' clocks forward, as a test moves that of the product.
    pub fn advance(&self, by: Duration) {
        self.engine.world().ahead_ms += u64::try_from(by.as_millis()).unwrap_or_default();
    }

    /// Ends the access tokens of one vendor or of all, and returns how many.
    pub fn expire_tokens(&self, vendor: Option<&str>) -> usize {
        self.engine.world().access.expire(vendor)
    }

    /// Clears these parts.
    pub fn reset(&self, parts: &[Part]) {
        let mut world = self.engine.world();
        parts.iter().for_each(|part| world.clear(*part));
    }

    // ---- what happened ----

    /// Returns the requests that match a filter, oldest first.
    pub fn requests(&self, filter: &Filter) -> Vec<Recorded> {
        self.engine.world().recorder.kept().filter(|request| filter.admits_request(request)).cloned().collect()
    }

    /// Returns the deliveries that match a filter, oldest first.
    pub fn deliveries(&self, filter: &Filter) -> Vec<Delivery> {
        let world = self.engine.world();
        let of_endpoint = |delivery: &Delivery| {
            filter.endpoint.is_none_or(|endpoint| endpoint == super::Endpoint::Send) && filter.admits_delivery(delivery)
        };
        world.phones.log().filter(|delivery| of_endpoint(delivery)).cloned().collect()
    }

    /// Returns the totals of each vendor.
    pub fn counts(&self) -> Counts {
        self.engine.world().recorder.counts().clone()
    }

    /// Returns what a phone shows.
    pub fn device(&self, vendor: &str, token: &str) -> DeviceView {
        self.engine.world().view(vendor, token)
    }

    /// Returns all phones that are registered or were reached, of one vendor or of all.
    pub fn devices(&self, vendor: Option<&str>) -> Vec<DeviceView> {
        self.engine.world().views(vendor)
    }

    /// Waits until `at_least` requests match the filter or the time is over. Returns the matches.
    pub async fn wait_for_requests(&self, filter: &Filter, at_least: usize, longest: Duration) -> Vec<Recorded> {
        self.wait(|| self.requests(filter), at_least, longest).await
    }

    /// Waits until `at_least` deliveries match the filter or the time is over. Returns the matches.
    pub async fn wait_for_deliveries(&self, filter: &Filter, at_least: usize, longest: Duration) -> Vec<Delivery> {
        self.wait(|| self.deliveries(filter), at_least, longest).await
    }

    async fn wait<T>(&self, look: impl Fn() -> Vec<T>, at_least: usize, longest: Duration) -> Vec<T> {
        let mut changes = self.engine.changes();
        let enough = async {
            loop {
                changes.mark_unchanged();
                let found = look();
                if found.len() >= at_least || changes.changed().await.is_err() {
                    return found;
                }
            }
        };
        tokio::time::timeout(longest, enough).await.unwrap_or_else(|_| look())
    }

    /// Returns the vendor's report on the last push to a phone.
    pub fn report(&self, vendor: &str, token: &str, event: ReceiptEvent, secret: &str) -> Result<Report, Refused> {
        self.known_vendor(vendor)?;
        let delivery = self.deliveries(&Filter::vendor(vendor).for_token(token)).pop();
        let delivery = delivery.ok_or_else(|| Refused("nothing reached this phone".to_owned()))?;
        self.report_on(&delivery, event, delivery.at_ms, secret)
    }

    /// Returns the vendor's report on one push, of something that happened at this time.
    pub fn report_on(
        &self,
        delivery: &Delivery,
        event: ReceiptEvent,
        at_ms: u64,
        secret: &str,
    ) -> Result<Report, Refused> {
        let vendor = &delivery.vendor;
        let simulator = self.engine.vendor(vendor).ok_or_else(|| no_vendor(vendor))?;
        let report = simulator.report(&delivery.notice, event, at_ms, secret);
        report.ok_or_else(|| Refused(format!("{vendor} does not report this")))
    }

    /// Makes a vendor report on the last push to a phone. Returns the status of the answer that the vendor got.
    pub async fn send_receipt(&self, order: &ReceiptOrder) -> Result<u16, Refused> {
        let ReceiptOrder { vendor, token, event, to, secret } = order;
        self.known_vendor(vendor)?;
        let to = reqwest::Url::parse(to).ok().filter(|url| url.host_str() == Some("127.0.0.1"));
        let mut to = to.ok_or_else(|| Refused("to must be an address on 127.0.0.1".to_owned()))?;
        let report = self.report(vendor, token, *event, secret)?;
        if let Some(named) = &report.address {
            let named = reqwest::Url::parse(named).map_err(|error| Refused(format!("{named}: {error}")))?;
            // What precedes `/push/report` depends on this host, so it is taken from `to`.
            let before = to.path().split_once("/push/report").map_or("", |(before, _)| before);
            to.set_path(&format!("{before}{}", named.path()));
        }
        let failed = |error: reqwest::Error| Refused(error.to_string());
        let http = plain_http(Duration::from_secs(10)).build().map_err(failed)?;
        let request = http.post(to).header("content-type", report.content_type).body(report.body);
        Ok(request.send().await.map_err(failed)?.status().as_u16())
    }

    fn identify(&self, NewCredential { vendor, record, .. }: &NewCredential) -> Result<String, Refused> {
        let simulator = self.engine.vendor(vendor).ok_or_else(|| no_vendor(vendor))?;
        simulator.credential_id(record).map_err(|why| Refused(format!("{vendor} credential: {why}")))
    }

    fn known_vendor(&self, vendor: &str) -> Result<(), Refused> {
        self.engine.vendor(vendor).map(|_| ()).ok_or_else(|| no_vendor(vendor))
    }
}

fn no_vendor(vendor: &str) -> Refused {
    Refused(format!("no vendor {vendor} is simulated here"))
}

impl NewCredential {
    /// Returns the registration of a record.
    pub fn new(vendor: &str, record: Value) -> Self {
        Self { vendor: vendor.to_owned(), record, token_lifetime_seconds: None }
    }

    /// Sets how many seconds an access token lives.
    #[must_use]
    pub fn with_token_lifetime(self, seconds: u64) -> Self {
        Self { token_lifetime_seconds: Some(seconds), ..self }
    }
}
