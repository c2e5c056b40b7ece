//! Rounds through many apps: each notifier once, within bounds, whatever fails.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::{credential_check::CHECKED_EVERY, id::AppKey, notifier::MAX_NOTIFIERS, time::Timestamp, vendor::Vendor},
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        apps::ManageApps,
        clock::Clock,
        credential_check::{CheckCredentials, CheckResult, CheckedNotifier, MAX_CHECKED},
        credential_watch::{CREDENTIALS, HOLD, TakeWatch, WatchSlice},
        error::StoreError,
    },
    testing::{
        memory::{MemoryApps, MemoryRuntime},
        sample,
    },
};
use tokio::time::{Instant, sleep, timeout};

use crate::{WatchCredentials, handle};

const MINUTE: Duration = Duration::from_secs(60);
/// The function's time, as the template says, without what the answer needs.
const INVOCATION: Duration = Duration::from_secs(149);

/// Shows the time of tokio's clock, which a test stops.
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_768_467_600_000).plus(self.0.elapsed())
    }
}

/// The vendors' functions: they count who was asked, and take their time.
struct Vendors {
    asked: Mutex<BTreeMap<(AppKey, String), usize>>,
    sizes: Mutex<Vec<usize>>,
    takes: fn(Vendor) -> Duration,
    result: fn(Vendor) -> CheckResult,
}

#[async_trait]
impl CheckCredentials for Vendors {
    async fn check(&self, vendor: Vendor, notifiers: &[CheckedNotifier]) -> Result<Vec<CheckResult>, StoreError> {
        for one in notifiers {
            let key = (one.app.clone(), one.notifier.to_string());
            *self.asked.lock().unwrap().entry(key).or_default() += 1;
        }
        self.sizes.lock().unwrap().push(notifiers.len());
        sleep((self.takes)(vendor)).await;
        Ok(vec![(self.result)(vendor); notifiers.len()])
    }
}

struct World {
    apps: Arc<MemoryApps>,
    runtime: Arc<MemoryRuntime>,
    vendors: Arc<Vendors>,
    clock: Arc<TokioClock>,
    watch: WatchCredentials,
}

impl World {
    fn start(takes: fn(Vendor) -> Duration, result: fn(Vendor) -> CheckResult) -> Self {
        let (apps, runtime) = (Arc::new(MemoryApps::default()), Arc::new(MemoryRuntime::default()));
        let vendors = Arc::new(Vendors { asked: Mutex::default(), sizes: Mutex::default(), takes, result });
        let clock = Arc::new(TokioClock(Instant::now()));
        let watch = WatchCredentials {
            walk: runtime.clone(),
            apps: apps.clone(),
            health: runtime.clone(),
            vendors: vendors.clone(),
            clock: clock.clone(),
        };
        Self { apps, runtime, vendors, clock, watch }
    }

    /// Creates apps with so many notifiers of a vendor each.
    async fn with(self, apps: usize, notifiers: usize, vendor: Vendor) -> Self {
        for number in 0..apps {
            let now = self.clock.now();
            let app = sample::app(&sample::app_key(&format!("acme#{}{number:05}", vendor.name())), now);
            self.apps.create_app(&app).await.unwrap();
            for number in 0..notifiers {
                let notifier = sample::notifier(&format!("n{number:03}"), vendor, now);
                self.apps.create_notifier(&app.key, &notifier).await.unwrap();
            }
        }
        self
    }

    /// Waits until the first round is due.
    async fn an_hour_later(self) -> Self {
        assert!(self.take().await.is_none());
        sleep(CHECKED_EVERY).await;
        self
    }

    async fn take(&self) -> Option<WatchSlice> {
        self.runtime.take_watch(CREDENTIALS, self.clock.now(), HOLD).await.unwrap()
    }

    /// Runs slices minute by minute until this time. Returns how many there were.
    async fn run_until(&self, end: Instant) -> usize {
        let mut slices = 0;
        while Instant::now() < end {
            if let Some(slice) = self.take().await {
                let begun = Instant::now();
                handle(&slice, &self.watch, Deadline::after(INVOCATION), &Metrics::default()).await;
                assert!(begun.elapsed() <= INVOCATION, "the slice took {:?}", begun.elapsed());
                slices += 1;
            }
            sleep(MINUTE).await;
        }
        slices
    }

    fn times_asked(&self) -> Vec<usize> {
        self.vendors.asked.lock().unwrap().values().copied().collect()
    }
}

fn two_seconds(_: Vendor) -> Duration {
    Duration::from_secs(2)
}

fn valid(_: Vendor) -> CheckResult {
    CheckResult::Valid
}

#[tokio::test(start_paused = true)]
async fn a_round_through_ten_thousand_notifiers_asks_each_once_an_hour_in_bounded_slices() {
    let world = World::start(two_seconds, valid).with(90, MAX_NOTIFIERS, Vendor::Fcm).await;
    let world = world.with(1000, 1, Vendor::Honor).await.an_hour_later().await;
    let begun = Instant::now();
    let slices = world.run_until(begun + CHECKED_EVERY * 3 / 4).await;
    assert_eq!(world.times_asked(), vec![1; 10_000], "in {slices} slices");
    assert_eq!(world.vendors.sizes.lock().unwrap().iter().max(), Some(&MAX_CHECKED));
    world.run_until(begun + CHECKED_EVERY * 7 / 4).await;
    assert_eq!(world.times_asked(), vec![2; 10_000]);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_hangs_costs_a_slice_one_call_and_no_other_vendor_anything() {
    let takes = |vendor| Duration::from_secs(if vendor == Vendor::Fcm { 3600 } else { 1 });
    let world = World::start(takes, valid).with(3, MAX_NOTIFIERS, Vendor::Fcm).await;
    let world = world.with(300, 1, Vendor::Honor).await.an_hour_later().await;
    let begun = Instant::now();
    world.run_until(begun + CHECKED_EVERY / 2).await;
    let asked = world.vendors.asked.lock().unwrap().clone();
    let of = |vendor: &str| asked.keys().filter(|(app, _)| app.to_string().contains(vendor)).count();
    assert_eq!(of("honor"), 300);
    assert!(of("fcm") <= 3 * MAX_CHECKED, "{}", of("fcm"));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_ends_the_process_is_skipped_and_the_round_goes_on() {
    let world = World::start(two_seconds, valid).with(4, MAX_NOTIFIERS, Vendor::Fcm).await.an_hour_later().await;
    let slice = world.take().await.unwrap();
    let metrics = Metrics::default();
    // The process dies in the second call of the first page.
    let work = handle(&slice, &world.watch, Deadline::after(INVOCATION), &metrics);
    assert!(timeout(Duration::from_secs(3), work).await.is_err());
    assert_eq!(world.times_asked().len(), 2 * MAX_CHECKED);
    assert!(world.take().await.is_none(), "the slice is still held");
    sleep(HOLD).await;
    world.run_until(Instant::now() + MINUTE).await;
    assert_eq!(world.times_asked(), vec![1; 2 * MAX_CHECKED + 3 * MAX_NOTIFIERS]);
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_came_late_stops_when_another_goes_on() {
    let world = World::start(two_seconds, valid).with(2, 1, Vendor::Fcm).await.an_hour_later().await;
    let late = world.take().await.unwrap();
    sleep(HOLD).await;
    let next = world.take().await.unwrap();
    for slice in [&late, &next] {
        handle(slice, &world.watch, Deadline::after(INVOCATION), &Metrics::default()).await;
    }
    assert_eq!(world.times_asked(), [1, 1], "the late one asked nobody");
}

#[tokio::test(start_paused = true)]
async fn an_app_that_cannot_be_read_keeps_no_other_from_being_checked() {
    let world = World::start(two_seconds, valid).with(3, 2, Vendor::Fcm).await.an_hour_later().await;
    world.apps.faults.corrupt("app_summary", "acme#fcm00001");
    world.run_until(Instant::now() + MINUTE).await;
    assert_eq!(world.times_asked(), [1; 4]);
    world.apps.faults.mend();
    world.apps.faults.fail_next_of("listed_apps", 1);
    sleep(CHECKED_EVERY).await;
    world.run_until(Instant::now() + 2 * HOLD).await;
    assert_eq!(world.times_asked(), [2, 2, 1, 1, 2, 2], "the round that could not begin began again");
}
