//! Who may hold a device token, and who holds it for certain.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use shared::domain::{
    id::{AppKey, DeviceId, NotifierName, UserId},
    time::Timestamp,
};

use super::{
    super::{AppChange, Event, Receipt, Request, VendorAnswer, VendorGot, What},
    call::Call,
    fact::{Fact, NEVER, Position, Span},
};

/// Time after a vendor's answer in which Curlew may remove the token: the rest of the invocation.
const REMOVAL: Duration = Duration::from_secs(60);
/// A request of so many tokens, of which the vendor calls so many of a hundred unregistered, removes none.
const MASS: usize = 20;
const MASS_PERCENT: usize = 80;
/// How long a token of such a request is suspect. A second report removes it.
const SUSPECT: Duration = Duration::from_secs(24 * 3600);
/// Bindings of a user above which the oldest goes, by default.
const MAX_BINDINGS: usize = 16;

/// What a token is bound for: the app and its notifier.
pub(super) type TokenKey<'h> = (&'h AppKey, &'h NotifierName, &'h str);

/// Who holds a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Holder<'h> {
    pub(super) user: &'h UserId,
    pub(super) device: &'h DeviceId,
}

/// A token that a user bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) key: TokenKey<'a>,
    pub(super) device: &'a DeviceId,
    /// when the user held it
    pub(super) fact: &'a Fact,
}

/// The bindings of a history: for each token, when each holder held it.
#[derive(Debug, Default)]
pub(super) struct Bindings<'h> {
    of_token: BTreeMap<TokenKey<'h>, BTreeMap<Holder<'h>, Fact>>,
    of_user: BTreeMap<(&'h AppKey, &'h UserId), BTreeSet<(TokenKey<'h>, &'h DeviceId)>>,
}

impl<'h> Bindings<'h> {
    pub(super) fn of(events: &'h [Event], calls: &[Call<'h>]) -> Self {
        let mut bindings = Self::default();
        for call in calls {
            bindings.begin(call);
        }
        for call in calls {
            bindings.end(call);
        }
        bindings.unregister(events);
        bindings.overflow(calls);
        bindings
    }

    fn begin(&mut self, call: &Call<'h>) {
        let Request::Bind { user, device, notifier, token } = call.request else { return };
        let Some(span) = call.effect() else { return };
        let key = (call.app, notifier, token.as_str());
        self.of_token.entry(key).or_default().entry(Holder { user, device }).or_default().begins(span);
        self.of_user.entry((call.app, user)).or_default().insert((key, device));
    }

    /// Notes what a call ends.
    fn end(&mut self, call: &Call<'h>) {
        let Some(span) = call.effect() else { return };
        let own = |user: &UserId, device: &DeviceId| {
            let (user, device) = (user.clone(), device.clone());
            move |holder: &Holder<'_>| *holder.user == user && *holder.device == device
        };
        match call.request {
            Request::Bind { user, device, notifier, token } => {
                let is_own = own(user, device);
                self.end_where(call.app, span, |key, holder| key.1 == notifier && (key.2 == token) != is_own(holder));
            }
            Request::Unbind { user, device, notifier } => {
                let is_own = own(user, device);
                self.end_where(call.app, span, |key, holder| key.1 == notifier && is_own(holder));
            }
            Request::LogOut { user, device, unbind: true } => {
                let is_own = own(user, device);
                self.end_where(call.app, span, |_, holder| is_own(holder));
            }
            Request::EraseUser { user } => self.end_where(call.app, span, |_, holder| holder.user == user),
            Request::DeleteApp => self.end_where(call.app, span, |_, _| true),
            _ => {}
        }
    }

    fn end_where(&mut self, app: &AppKey, span: Span, ends: impl Fn(&TokenKey<'_>, &Holder<'_>) -> bool) {
        for (key, holders) in self.of_token.iter_mut().filter(|(key, _)| key.0 == app) {
            holders.iter_mut().filter(|(holder, _)| ends(key, holder)).for_each(|(_, fact)| fact.ends(span));
        }
    }

    // ---- what ends a binding without a call ----

    /// Notes which tokens a vendor called unregistered. Curlew may remove them then.
    fn unregister(&mut self, events: &'h [Event]) {
        let spared = unregistered_in_masses(events);
        let mut suspects: HashMap<(&AppKey, &NotifierName, &str), Timestamp> = HashMap::new();
        for (position, event) in events.iter().enumerate() {
            let removal = || Span {
                began: position,
                ended: events.partition_point(|later| later.at <= event.at.plus(REMOVAL)),
                certain: false,
            };
            match &event.what {
                What::VendorGot(got) if matches!(got.answer, VendorAnswer::Unregistered { .. }) => {
                    let key = (&got.app, &got.notifier, got.token.as_str());
                    let suspect = suspects.insert(key, event.at).is_some_and(|since| event.at.since(since) < SUSPECT);
                    if suspect || !spared.contains(&request_of(got)) {
                        self.remove(|one| *one == key, removal(), NEVER);
                    }
                }
                What::Receipt(Receipt { app, token, unregistered: true, happened, .. }) => {
                    // Who binds a token later has the app.
                    let later = events.partition_point(|earlier| earlier.at <= *happened);
                    self.remove(|(of, _, one)| *of == app && one == token, removal(), later);
                }
                _ => {}
            }
        }
    }

    /// Ends what may have begun before the event `later`.
    fn remove(&mut self, is_such: impl Fn(&TokenKey<'_>) -> bool, span: Span, later: Position) {
        let such = self.of_token.iter_mut().filter(|(key, _)| is_such(key));
        such.flat_map(|(_, holders)| holders.values_mut()).for_each(|fact| fact.ends_if_before(span, later));
    }

    /// Lets every binding of a user who may have had too many end at any time.
    fn overflow(&mut self, calls: &[Call<'h>]) {
        let any_time = Span { began: 0, ended: NEVER, certain: false };
        let limit = |app: &AppKey| {
            let changed = calls.iter().filter(|call| call.app == app && call.effect().is_some());
            let limits = changed.filter_map(|call| match call.request {
                Request::ChangeApp(AppChange::MaxBindings(max)) => Some(usize::from(*max)),
                _ => None,
            });
            limits.min().unwrap_or(MAX_BINDINGS).min(MAX_BINDINGS)
        };
        for ((app, user), tokens) in &self.of_user {
            let slots: HashSet<_> = tokens.iter().map(|((_, notifier, _), device)| (device, notifier)).collect();
            if slots.len() <= limit(app) {
                continue;
            }
            for (key, device) in tokens {
                let holder = Holder { user, device };
                let fact = self.of_token.get_mut(key).and_then(|holders| holders.get_mut(&holder));
                fact.into_iter().for_each(|fact| fact.ends(any_time));
            }
        }
    }

    // ---- questions ----

    /// Returns the holders of a token that anybody bound, and when each held it.
    pub(super) fn holders<'a>(&'a self, key: &TokenKey<'a>) -> impl Iterator<Item = (&'a Holder<'a>, &'a Fact)> {
        self.of_token.get(key).into_iter().flatten()
    }

    /// Returns every token that a user bound, with its device and when the user held it.
    pub(super) fn of_user<'a>(&'a self, app: &'a AppKey, user: &'a UserId) -> impl Iterator<Item = Held<'a>> {
        let tokens = self.of_user.get(&(app, user)).into_iter().flatten();
        tokens.filter_map(move |(key, device)| {
            let fact = self.of_token.get(key)?.get(&Holder { user, device })?;
            Some(Held { key: *key, device, fact })
        })
    }

    /// Returns every binding of an app: token, holder, and when it held.
    pub(super) fn of_app<'a>(
        &'a self,
        app: &'a AppKey,
    ) -> impl Iterator<Item = (&'a TokenKey<'a>, &'a Holder<'a>, &'a Fact)> {
        let of_app = self.of_token.iter().filter(move |(key, _)| key.0 == app);
        of_app.flat_map(|(key, holders)| holders.iter().map(move |(holder, fact)| (key, holder, fact)))
    }

    /// Returns the apps in which anybody bound this token.
    pub(super) fn apps_with(&self, token: &str) -> BTreeSet<&AppKey> {
        self.of_token.keys().filter(|key| key.2 == token).map(|key| key.0).collect()
    }
}

type RequestKey<'h> = (&'h AppKey, &'h NotifierName, u64);

fn request_of(got: &VendorGot) -> RequestKey<'_> {
    (&got.app, &got.notifier, got.request)
}

/// Returns the requests of many tokens of which the vendor called most unregistered.
fn unregistered_in_masses(events: &[Event]) -> HashSet<RequestKey<'_>> {
    let mut requests: HashMap<RequestKey<'_>, (usize, usize)> = HashMap::new();
    for event in events {
        let What::VendorGot(got) = &event.what else { continue };
        let (all, unregistered) = requests.entry(request_of(got)).or_default();
        *all += 1;
        *unregistered += usize::from(matches!(got.answer, VendorAnswer::Unregistered { .. }));
    }
    let is_mass = |(all, unregistered): &(usize, usize)| *all >= MASS && unregistered * 100 >= all * MASS_PERCENT;
    requests.into_iter().filter(|(_, counts)| is_mass(counts)).map(|(request, _)| request).collect()
}
