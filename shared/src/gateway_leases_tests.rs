use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use futures::future::join_all;

use super::*;
use crate::{
    domain::{
        gateway::Renewal,
        presence::{PresenceEvent, PresenceStatus},
    },
    testing::{chance::FixedClock, sample},
};

const TTL: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(300);

/// A table that answers slowly, and sometimes fails.
#[derive(Default)]
struct Slow {
    leases: Mutex<HashMap<GatewayId, GatewayLease>>,
    reads: AtomicUsize,
    broken: AtomicUsize,
    seconds: AtomicUsize,
}

#[async_trait]
impl ReadGateways for Slow {
    async fn gateway_lease(&self, _: &AppKey, gateway: &GatewayId) -> Result<Option<GatewayLease>, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_secs(self.seconds.load(Ordering::SeqCst) as u64)).await;
        if self.broken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(StoreError::Throttled);
        }
        Ok(self.leases.lock().unwrap().get(gateway).copied())
    }
}

/// A table, the clock, and the cache under test.
struct World {
    table: Arc<Slow>,
    clock: FixedClock,
    leases: GatewayLeases,
    app: AppKey,
}

impl World {
    fn new() -> Self {
        let (table, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let leases = GatewayLeases::new(table.clone(), Arc::new(clock.clone()));
        Self { table, clock, leases, app: sample::app_key("acme#chat") }
    }

    fn renew(&self, name: &str, ttl: Duration) {
        let mut leases = self.table.leases.lock().unwrap();
        let renewal = Renewal { at: self.clock.now(), ttl, started_at: None, grace: GRACE };
        let next = GatewayLease::after(leases.get(&sample::gateway(name)), &renewal);
        leases.insert(sample::gateway(name), next);
    }

    /// Returns a device that was reported now.
    fn device(&self, gateway: Option<&str>, status: PresenceStatus) -> Presence {
        let event = |status| PresenceEvent {
            gateway: gateway.map(sample::gateway),
            ..sample::event("ann", "phone", "s1", status, self.clock.now())
        };
        let online = Presence::after(None, &event(PresenceStatus::Online), GRACE);
        Presence::after(online.presence(), &event(status), GRACE).presence().cloned().unwrap()
    }

    /// Returns whether the device is online now.
    async fn online(&self, device: &Presence) -> Result<bool, StoreError> {
        let mut device = device.clone();
        self.leases.apply(&self.app, &mut [&mut device]).await?;
        Ok(device.is_online(self.clock.now()))
    }

    fn reads(&self) -> usize {
        self.table.reads.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn those_who_ask_within_five_seconds_share_a_read() {
    let world = World::new();
    world.renew("gw7", TTL);
    let device = world.device(Some("gw7"), PresenceStatus::Online);
    assert!(join_all((0..100).map(|_| world.online(&device))).await.into_iter().all(Result::unwrap));
    world.clock.advance(KEPT - SECOND);
    assert!(world.online(&device).await.unwrap());
    assert_eq!(world.reads(), 1);
    world.clock.advance(SECOND);
    assert!(world.online(&device).await.unwrap());
    assert_eq!(world.reads(), 2);
}

#[tokio::test]
async fn nothing_is_read_for_devices_without_a_gateway_or_without_a_connection() {
    let world = World::new();
    world.renew("gw7", TTL);
    assert!(world.online(&world.device(None, PresenceStatus::Online)).await.unwrap());
    assert!(!world.online(&world.device(Some("gw7"), PresenceStatus::Offline)).await.unwrap());
    assert!(!world.online(&world.device(Some("gw7"), PresenceStatus::Kicked)).await.unwrap());
    assert_eq!(world.reads(), 0);
}

#[tokio::test]
async fn each_gateway_is_read_once_for_all_of_its_devices() {
    let world = World::new();
    world.renew("gw7", TTL);
    let mut devices = ["gw7", "gw8", "gw7", "gw8"].map(|name| world.device(Some(name), PresenceStatus::Online));
    world.clock.advance(TTL);
    world.leases.apply(&world.app, &mut devices.iter_mut().collect::<Vec<_>>()).await.unwrap();
    let now = world.clock.now();
    assert_eq!(devices.map(|device| device.is_online(now)), [false, true, false, true]);
    assert_eq!(world.reads(), 2);
}

#[tokio::test]
async fn a_lease_that_was_renewed_behind_the_cache_is_not_taken_for_ended() {
    let world = World::new();
    world.renew("gw7", Duration::from_secs(5));
    let device = world.device(Some("gw7"), PresenceStatus::Online);
    world.clock.advance(2 * SECOND);
    assert!(world.online(&device).await.unwrap());
    world.renew("gw7", Duration::from_secs(5));
    world.clock.advance(3 * SECOND);
    assert!(world.online(&device).await.unwrap());
    assert_eq!(world.reads(), 2);
}

#[tokio::test]
async fn an_ended_lease_is_read_every_five_seconds_and_counts_again_when_it_was_renewed() {
    let world = World::new();
    world.renew("gw7", TTL);
    let device = world.device(Some("gw7"), PresenceStatus::Online);
    world.clock.advance(TTL);
    for _ in 0..10 {
        assert!(!world.online(&device).await.unwrap());
    }
    assert_eq!(world.reads(), 1);
    let device = world.device(Some("gw7"), PresenceStatus::Online);
    world.renew("gw7", TTL);
    world.leases.forget(&world.app, &sample::gateway("gw7"));
    assert!(world.online(&device).await.unwrap());
    assert_eq!(world.reads(), 2);
}

#[tokio::test]
async fn a_lease_that_was_read_holds_until_its_end_while_the_table_fails() {
    let world = World::new();
    world.renew("gw7", TTL);
    let device = world.device(Some("gw7"), PresenceStatus::Online);
    assert!(world.online(&device).await.unwrap());
    world.table.broken.store(usize::MAX, Ordering::SeqCst);
    world.clock.advance(TTL - SECOND);
    assert!(join_all((0..10).map(|_| world.online(&device))).await.into_iter().all(Result::unwrap));
    assert_eq!(world.reads(), 2);
    world.clock.advance(SECOND);
    assert!(join_all((0..10).map(|_| world.online(&device))).await.iter().all(Result::is_err));
    assert_eq!(world.reads(), 3);
    world.table.broken.store(0, Ordering::SeqCst);
    world.clock.advance(REMEMBERED);
    assert!(!world.online(&device).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_slow_table_holds_up_nobody_while_a_lease_lasts() {
    let world = World::new();
    world.renew("gw7", TTL);
    let device = world.device(Some("gw7"), PresenceStatus::Online);
    assert!(world.online(&device).await.unwrap());
    world.clock.advance(KEPT);
    world.table.seconds.store(9, Ordering::SeqCst);
    let began = tokio::time::Instant::now();
    assert!(join_all((0..100).map(|_| world.online(&device))).await.into_iter().all(Result::unwrap));
    assert_eq!(began.elapsed(), STALE_AFTER);
    assert_eq!(world.reads(), 2);
}

#[tokio::test]
async fn many_gateways_do_not_fill_the_memory() {
    let world = World::new();
    let mut devices: Vec<Presence> = (0..MAX_GATEWAYS + 10)
        .map(|number| world.device(Some(&format!("gw{number}")), PresenceStatus::Online))
        .collect();
    world.leases.apply(&world.app, &mut devices.iter_mut().collect::<Vec<_>>()).await.unwrap();
    assert!(world.leases.cached.lock().len() <= MAX_GATEWAYS);
}
