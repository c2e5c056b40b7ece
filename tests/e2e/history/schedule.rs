//! The schedule, the round through the credentials that it starts, and what waits for its time.

use std::time::Duration;

use shared::{
    crypto::system::System,
    domain::{credential_check::CHECKED_EVERY, id::AppKey},
    ports::{
        callbacks::{ListCallbacks, RemoveCallbacks, StoreCallbacks, StoredCallback},
        clock::Clock,
        credential_watch::{CREDENTIALS, HOLD, MoveWatch, TakeWatch, WatchSlice},
    },
};

use super::turn::Turn;
use crate::harness::Tenant;

/// The time that an invocation of the round gets before it is started anew.
const SLICE: Duration = Duration::from_secs(3);

/// Runs the schedule again and again. While it is the turn of `watch-credentials`, a round goes on at the app.
pub async fn play(tenant: &Tenant<'_>, turn: &Turn) {
    let watches = turn.repeat("WatchCredentials", async |number| {
        if number == 0 || turn.is_of("WatchCredentials") {
            let_the_round_be_due(tenant).await;
            run(tenant).await;
            // The next step would take the round away from the invocation.
            tokio::time::sleep(SLICE).await;
        }
    });
    let runs = turn.repeat("RunSchedule", async |_| run(tenant).await);
    futures::future::join(watches, runs).await;
}

/// Runs the schedule, as EventBridge does every minute.
async fn run(tenant: &Tenant<'_>) {
    // It fails when its process dies.
    _ = tenant.world.stack.cloud.invoke("RunSchedule").await;
}

/// Lets the round through the credentials go on now, with this app.
async fn let_the_round_be_due(tenant: &Tenant<'_>) {
    let (runtime, now) = (tenant.world.stack.cloud.runtime(), System::default().now());
    let before = AppKey::new(&tenant.app.org, &tenant.app.app[..tenant.app.app.len() - 1]).unwrap();
    // The first take makes the walk known. By the second time every slice is due, also one that is under way.
    for at in [now, now.plus(48 * CHECKED_EVERY)] {
        if let Some(slice) = runtime.take_watch(CREDENTIALS, at, HOLD).await.unwrap() {
            let slice = WatchSlice { round: now, ..slice };
            assert!(runtime.move_watch(CREDENTIALS, &slice, Some(&before), now).await.unwrap());
            return;
        }
    }
}

/// Makes the app's stored callbacks due, as if their time had come, and runs the schedule.
pub async fn let_callbacks_be_due(tenant: &Tenant<'_>) {
    let (runtime, app, now) = (tenant.world.stack.cloud.runtime(), &tenant.key, System::default().now());
    let (stored, _) = runtime.stored_callbacks(app, now, 100).await.unwrap();
    if stored.is_empty() {
        return;
    }
    let due: Vec<_> = stored.iter().map(|one| StoredCallback { due: Some(now), ..one.clone() }).collect();
    runtime.remove_callbacks(app, &stored).await.unwrap();
    runtime.store_callbacks(app, &due, now).await.unwrap();
    run(tenant).await;
}
