//! The vendors: their real clients over simulators in process, which the story's troubles disturb.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use curlew_tests::simulators::{
    Account, Delivery, Device, Endpoint, Fault, FaultRule, Filter, InProcess, Interface, ReceiptEvent, Report,
    SIMULATORS, Spec,
};
use shared::{
    domain::{
        id::{AppKey, NotifierName},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{clock::Clock, vendor::VendorCall},
    testing::chance::FixedClock,
    tls::ExtraCas,
};

use super::{random::mix, recorder::Recorder, story::VendorTrouble, weather::Weather};
use crate::wiring::Services;

/// An account of a notifier, as the vendor's console has it.
struct Registered {
    vendor: Vendor,
    account: Account,
    /// a text that no earlier credential of the account contains
    mark: String,
}

/// What all vendors know, and who writes down what they get.
pub struct Phones {
    pub recorder: Recorder,
    pub weather: Arc<Weather>,
    simulators: InProcess,
    /// the interface of each notifier
    interfaces: BTreeMap<String, usize>,
    /// the account of each notifier
    accounts: Mutex<BTreeMap<(AppKey, NotifierName), Registered>>,
    /// the tokens of phones without the app
    unregistered: Mutex<BTreeSet<String>>,
    /// when the app was last removed from a phone
    uninstalled: Mutex<BTreeMap<String, Timestamp>>,
    pub clock: FixedClock,
    requests: AtomicU64,
}

impl Phones {
    /// Returns phones that all have the app, and vendors that know no account.
    pub fn new(
        seed: u64,
        clock: FixedClock,
        (recorder, weather): (Recorder, Arc<Weather>),
        interfaces: BTreeMap<String, usize>,
    ) -> Arc<Self> {
        let of_simulators = clock.clone();
        let now = move || u64::try_from(of_simulators.now().as_millis()).unwrap();
        let simulators = InProcess::new(Box::new(now), seed);
        let (accounts, unregistered, uninstalled, requests) = Default::default();
        Arc::new(Self {
            recorder,
            weather,
            simulators,
            interfaces,
            accounts,
            unregistered,
            uninstalled,
            clock,
            requests,
        })
    }

    // ---- the vendors' consoles ----

    /// Makes a notifier's account.
    pub fn register(&self, app: &AppKey, notifier: &NotifierName, vendor: Vendor, account: Account) {
        self.simulators.add_credential(account.credential(vendor.name())).unwrap();
        let registered = Registered { vendor, mark: account.secret.clone(), account };
        self.accounts.lock().unwrap().insert((app.clone(), notifier.clone()), registered);
    }

    /// Returns a notifier's account.
    pub fn account(&self, app: &AppKey, notifier: &NotifierName) -> Account {
        self.accounts.lock().unwrap()[&(app.clone(), notifier.clone())].account.clone()
    }

    /// Replaces the secret of a notifier's account. Returns the new one.
    pub fn replace_secret(&self, app: &AppKey, notifier: &NotifierName, interface: &Interface) -> String {
        let mut accounts = self.accounts.lock().unwrap();
        let registered = accounts.get_mut(&(app.clone(), notifier.clone())).unwrap();
        let drawn = mix(self.next_request());
        let mark = format!("{drawn:016x}{:016x}", mix(drawn));
        let account = (interface.with_secret)(&registered.account, &mark);
        let [old, new] = [&registered.account, &account].map(|one| one.credential(registered.vendor.name()));
        self.simulators.replace_secret(&old, new).unwrap();
        let secret = account.secret.clone();
        *registered = Registered { vendor: registered.vendor, account, mark };
        secret
    }

    /// Returns whether a call's credential has a secret that was replaced.
    pub fn is_outdated(&self, call: &VendorCall<'_>) -> bool {
        let accounts = self.accounts.lock().unwrap();
        let registered = &accounts[&(call.owner.app.clone(), call.owner.notifier.clone())];
        !call.credential.expose().to_string().contains(&registered.mark)
    }

    // ---- phones ----

    /// Returns what a new process of a vendor's function needs to call it.
    pub fn deps(&self, services: &Services) -> vendors::Deps {
        vendors::Deps {
            access_tokens: services.runtime.clone(),
            clock: services.clock(),
            entropy: services.entropy.clone(),
            base_url: Some(InProcess::base_url()),
            transport: self.simulators.transport(),
            extra_cas: ExtraCas::none(),
        }
    }

    /// Removes the app from a phone.
    pub fn uninstall(&self, vendor: &str, token: &str) {
        self.simulators.add_devices([Device::unregistered(vendor, token)]).unwrap();
        self.unregistered.lock().unwrap().insert(token.to_owned());
        self.uninstalled.lock().unwrap().insert(token.to_owned(), self.clock.now());
    }

    /// Installs the app again. The vendor knows the same token again.
    pub fn install(&self, vendor: &str, token: &str) {
        self.simulators.add_devices([Device::live(vendor, token)]).unwrap();
        self.unregistered.lock().unwrap().remove(token);
    }

    /// Returns when the app was last removed from a phone.
    pub fn uninstalled_at(&self, token: &str) -> Option<Timestamp> {
        self.uninstalled.lock().unwrap().get(token).copied()
    }

    /// Returns what reached a phone.
    pub fn deliveries(&self, filter: &Filter) -> Vec<Delivery> {
        self.simulators.deliveries(filter)
    }

    /// Returns the vendor's report on one push.
    pub fn report_on(&self, delivery: &Delivery, event: ReceiptEvent, at: Timestamp) -> Option<Report> {
        let at = u64::try_from(at.as_millis()).unwrap();
        self.simulators.report_on(delivery, event, at, "").ok()
    }

    /// Returns whether a phone has the app no more.
    pub fn is_uninstalled(&self, token: &str) -> bool {
        self.unregistered.lock().unwrap().contains(token)
    }

    /// Returns how many pushes a phone got.
    pub fn delivered(&self, vendor: Vendor, token: &str) -> u64 {
        self.simulators.device(vendor.name(), token).delivered
    }

    /// Returns the number of a new request.
    pub fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst)
    }

    /// Lets the story's trouble meet the next request of a vendor.
    pub fn disturb(&self, vendor: Vendor, notifier: &str) {
        let interface = self.interfaces.get(notifier);
        let Some(trouble) = interface.and_then(|interface| self.weather.of_vendor(*interface)) else {
            return;
        };
        let spec = SIMULATORS.into_iter().find(|spec| spec.name() == vendor.name()).unwrap();
        let rule = rule(spec, trouble);
        self.simulators.add_faults(rule.map(|rule| rule.at(Endpoint::Send))).unwrap();
    }
}

/// Returns the fault of a vendor, if it has such a fault.
fn rule(spec: &Spec, trouble: VendorTrouble) -> Option<FaultRule> {
    let new = |fault| Some(FaultRule::new(spec.name(), fault));
    match trouble {
        VendorTrouble::Limits(None) => Some((spec.faults.throttled)()),
        VendorTrouble::Limits(Some(seconds)) => {
            let headers = BTreeMap::from([("retry-after".to_owned(), seconds.to_string())]);
            new(Fault::Answer { status: 429, headers, body: String::new() })
        }
        VendorTrouble::Down => new(Fault::Empty { status: 503 }),
        VendorTrouble::InternalError => Some((spec.faults.unavailable)()),
        VendorTrouble::TakesSilently => new(Fault::Hang {}).map(|rule| FaultRule { delivered: true, ..rule }),
        VendorTrouble::Silent => new(Fault::Hang {}),
        VendorTrouble::ClosesAfterEffect => new(Fault::Close {}).map(|rule| FaultRule { delivered: true, ..rule }),
        VendorTrouble::RefusesCredential => Some((spec.faults.credential_refused)()),
        VendorTrouble::QuotaUsedUp => spec.faults.quota_used_up.map(|rule| rule()),
        VendorTrouble::Nonsense => new(Fault::Garbage { status: 200 }),
        VendorTrouble::Refuses => {
            let code = spec.faults.ambiguous_refusal?;
            new(Fault::Code { code: code.to_owned(), status: None, headers: BTreeMap::new() })
        }
    }
}
