//! Whose turn it is: most tests run side by side, some alone, one after all others.

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static DOOR: RwLock<()> = RwLock::const_new(());
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// The tests that come after all others; the last in the alphabet, because the runner starts tests in that order and one with a
/// single thread would wait for ever otherwise.
const LAST: &str = "whole_run::";
/// How long the last tests wait for the others.
const LONGEST_RUN: Duration = Duration::from_secs(900);

/// A test's turn; it ends when it is dropped.
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

/// Beside others.
pub async fn side_by_side() -> Turn {
    Turn { _door: Door::Shared(DOOR.read().await) }
}

/// With nobody else: for tests that stop or kill what all use, or count all there is.
pub async fn alone() -> Turn {
    Turn { _door: Door::Own(DOOR.write().await) }
}

/// When all tests but those of [`LAST`] have ended.
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

/// The tests that the runner was asked for.
fn chosen_tests() -> Vec<String> {
    let itself = std::env::current_exe().expect("this program has a path");
    let listed = Command::new(itself).args(std::env::args().skip(1)).args(["--list", "--format", "terse"]).output();
    let listed = String::from_utf8(listed.expect("the tests can be listed").stdout).expect("the list is text");
    listed.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}
