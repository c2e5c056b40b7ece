//! One request at a time looks for a connection to a host.
//!
//! The first of several requests goes alone until its connection stands. The connection serves all others if the host speaks
//! HTTP/2. Otherwise each of them would have opened one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::departure::Departure;

/// The hosts that requests are under way to.
#[derive(Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Host>>);

#[derive(Default)]
struct Host {
    under_way: usize,
    /// the last request that looked for a connection
    first: Option<Departure>,
}

/// A request that is under way until this is dropped.
pub(super) struct UnderWay<'a> {
    hosts: &'a Hosts,
    name: String,
}

impl Hosts {
    /// Waits while another request looks for a connection. `again` says that the host refused this request on the connection
    /// of the others.
    pub(super) async fn enter(&self, name: &str, own: &Departure, again: bool) -> UnderWay<'_> {
        let first = self.register(name, own, again);
        let under_way = UnderWay { hosts: self, name: name.to_owned() };
        if let Some(first) = first {
            first.connected().await;
        }
        under_way
    }

    /// Returns the request to wait for.
    fn register(&self, name: &str, own: &Departure, again: bool) -> Option<Departure> {
        let mut hosts = self.lock();
        let host = hosts.entry(name.to_owned()).or_default();
        host.under_way += 1;
        let looking = host.first.clone().filter(Departure::looks_for_connection);
        if looking.is_none() && (host.under_way == 1 || again) {
            host.first = Some(own.clone());
        }
        looking
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Host>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut hosts = self.hosts.lock();
        if let Some(host) = hosts.get_mut(&self.name) {
            host.under_way -= 1;
            if host.under_way == 0 {
                hosts.remove(&self.name);
            }
        }
    }
}
