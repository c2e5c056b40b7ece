//! Orders the tests: most run side by side, some alone, one group after all others.

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static DOOR: RwLock<()> = RwLock::const_new(());
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// The tests that run after all others. The name is the last in the alphabet, because the runner starts tests in that
/// order. With a single thread, another name would wait for ever.
const LAST: &str = "whole_run::";
/// How long the last tests wait for the others.
const LONGEST_RUN: Duration = Duration::from_secs(900);

/// A test's turn. Dropping it ends the turn.
pub struct Turn {
    _door: Door,
}

#[expect(dead_code, reason = "held, not read")]
enum Door {
    Shared(RwLockReadGuard<'static, ()>),
    Own(RwLockWriteGuard<'static, ()>),
}

impl Drop for Turn {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits for a turn beside other tests.
pub async fn side_by_side() -> Turn {
    Turn { _door: Door::Shared(DOOR.read().await) }
}

/// Waits for a turn alone: for tests that stop or kill shared parts, or count everything.
pub async fn alone() -> Turn {
    Turn { _door: Door::Own(DOOR.write().await) }
}

/// Waits until all tests except those of [`LAST`] have ended.
pub async fn after_all_others() -> Turn {
    let others = chosen_tests().iter().filter(|name| !name.starts_with(LAST)).count();
    let ended = async {
        while ENDED.load(Ordering::SeqCst) < others {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LONGEST_RUN, ended).await.expect("the other tests end");
    alone().await
}

/// Returns the tests that the runner was asked for.
fn chosen_tests() -> Vec<String> {
    let itself = std::env::current_exe().expect("this program has a path");
    let listed = Command::new(itself).args(std::env::args().skip(1)).args(["--list", "--format", "terse"]).output();
    let listed = String::from_utf8(listed.expect("the tests can be listed").stdout).expect("the list is text");
    listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}
