//! Failures and delays on demand.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{Chaos, lock};
use crate::{ports::error::StoreError, testing::chance::FixedClock};

/// Makes the next calls of a fake fail with [`StoreError::Unavailable`]. Planned failures happen in the order in which
/// they were planned.
#[derive(Debug, Default)]
pub struct Faults {
    plans: Mutex<Vec<Plan>>,
    slow: Mutex<Vec<(Option<String>, Duration)>>,
    slow_once: Mutex<Vec<(String, Duration)>>,
    stalls: Mutex<Vec<(String, FixedClock, Duration)>>,
    cuts: Mutex<Vec<(String, usize)>>,
    calls: Calls,
    throttle: Mutex<Option<Throttle>>,
    corrupt: Mutex<Vec<(String, String)>>,
    throttled: Mutex<Vec<(String, String)>>,
    stuck: Mutex<Vec<(String, String)>>,
    hangs: Mutex<Vec<(String, usize)>>,
    chaos: Mutex<Option<Arc<dyn Chaos>>>,
}

/// Counts of calls, reads included. They are no state of a fake, so its `Debug` shows nothing of them.
#[derive(Default)]
struct Calls(Mutex<HashMap<String, usize>>);

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

/// One call of so many succeeds.
#[derive(Debug)]
struct Throttle {
    of: usize,
    met: usize,
}

#[derive(Debug)]
struct Plan {
    /// the name of a port's method; `None` for any
    method: Option<String>,
    /// whether the call takes effect before it fails
    takes_effect: bool,
    /// how many calls succeed first
    skips: usize,
    times: usize,
}

impl Faults {
    /// Makes the next `times` calls of any method fail without effect.
    pub fn fail_next(&self, times: usize) {
        self.plan(None, false, times);
    }

    /// Makes the next `times` calls of this method fail without effect.
    pub fn fail_next_of(&self, method: &str, times: usize) {
        self.plan(Some(method), false, times);
    }

    /// Makes the next `times` calls of this method fail after their effect, as if the answer were lost.
    pub fn lose_answer_of(&self, method: &str, times: usize) {
        self.plan(Some(method), true, times);
    }

    /// Lets the next `calls` of this method succeed, and makes the one after them fail after its effect.
    pub fn lose_answer_after(&self, method: &str, calls: usize) {
        lock(&self.plans).push(Plan { method: Some(method.to_owned()), takes_effect: true, skips: calls, times: 1 });
    }

    /// Makes the next call of this method fail after so many of its rows.
    pub fn cut_off(&self, method: &str, after: usize) {
        lock(&self.cuts).push((method.to_owned(), after));
    }

    /// Lets the next `calls` of this method succeed, and makes the one after them hang without effect. A test that then
    /// drops the caller lets its process die there.
    pub fn hang_after(&self, method: &str, calls: usize) {
        lock(&self.hangs).push((method.to_owned(), calls));
    }

    /// Moves the clock before the next call of this method begins.
    pub fn stall(&self, method: &str, clock: &FixedClock, by: Duration) {
        lock(&self.stalls).push((method.to_owned(), clock.clone(), by));
    }

    /// Returns how many planned failures have not happened yet. A test that plans failures asserts that none is left.
    pub fn left(&self) -> usize {
        let planned: usize = lock(&self.plans).iter().map(|plan| plan.times).sum();
        planned + lock(&self.cuts).len() + lock(&self.stalls).len() + lock(&self.hangs).len()
    }

    /// Returns how often this method was called.
    pub fn calls_of(&self, method: &str) -> usize {
        lock(&self.calls.0).get(method).copied().unwrap_or_default()
    }

    /// Makes every later call of any method take this long.
    pub fn slow_down(&self, by: Duration) {
        lock(&self.slow).push((None, by));
    }

    /// Makes every later call of this method take this long.
    pub fn slow_down_of(&self, method: &str, by: Duration) {
        lock(&self.slow).push((Some(method.to_owned()), by));
    }

    /// Makes the next call of this method take this long.
    pub fn slow_next_of(&self, method: &str, by: Duration) {
        lock(&self.slow_once).push((method.to_owned(), by));
    }

    /// Makes every call of this method that changes `name` fail as unreadable.
    pub fn corrupt(&self, method: &str, name: &str) {
        lock(&self.corrupt).push((method.to_owned(), name.to_owned()));
    }

    /// Throttles every call of this method that changes `name`.
    pub fn throttle_of(&self, method: &str, name: &str) {
        lock(&self.throttled).push((method.to_owned(), name.to_owned()));
    }

    /// Makes every call of this method that changes `name` take effect, and never return.
    pub fn stick_at(&self, method: &str, name: &str) {
        lock(&self.stuck).push((method.to_owned(), name.to_owned()));
    }

    /// Asks `chaos` about every later call, before anything planned.
    pub fn ask(&self, chaos: Arc<dyn Chaos>) {
        *lock(&self.chaos) = Some(chaos);
    }

    /// Ends all failures by name.
    pub fn mend(&self) {
        [&self.corrupt, &self.throttled, &self.stuck].iter().for_each(|planned| lock(planned).clear());
    }

    /// Fails if the name is throttled.
    pub(super) fn meet_throttle(&self, method: &str, name: &str) -> Result<(), StoreError> {
        match lock(&self.throttled).iter().any(|(of, throttled)| of == method && throttled == name) {
            true => Err(StoreError::Throttled),
            false => Ok(()),
        }
    }

    /// Never returns if the name is stuck.
    pub(super) async fn meet_silence(&self, method: &str, name: &str) {
        let stuck = lock(&self.stuck).iter().any(|(of, stuck)| of == method && stuck == name);
        if stuck {
            std::future::pending::<()>().await;
        }
    }

    /// Fails if the name is corrupt.
    pub(super) fn read(&self, method: &str, name: &str) -> Result<(), StoreError> {
        match lock(&self.corrupt).iter().any(|(of, corrupt)| of == method && corrupt == name) {
            true => Err(StoreError::Corrupt(format!("planned of {method}"))),
            false => Ok(()),
        }
    }

    /// Throttles all but the last of every `of` later calls.
    pub fn throttle(&self, of: usize) {
        *lock(&self.throttle) = Some(Throttle { of, met: 0 });
    }

    /// Ends all delays and throttles.
    pub fn at_full_speed(&self) {
        lock(&self.slow).clear();
        *lock(&self.throttle) = None;
    }

    /// Waits as long as planned, then fails if a failure without effect is planned for this call.
    pub async fn before(&self, method: &str) -> Result<(), StoreError> {
        *lock(&self.calls.0).entry(method.to_owned()).or_default() += 1;
        let chaos = self.chaos();
        if let Some(chaos) = chaos {
            chaos.before(method).await?;
        }
        if self.hangs(method) {
            std::future::pending::<()>().await;
        }
        let once = {
            let mut once = lock(&self.slow_once);
            once.iter().position(|(of, _)| of == method).map(|place| once.remove(place))
        };
        if let Some((_, by)) = once {
            tokio::time::sleep(by).await;
        }
        let slow = lock(&self.slow).iter().find(|(of, _)| of.as_deref().is_none_or(|of| of == method)).cloned();
        if let Some((_, by)) = slow {
            tokio::time::sleep(by).await;
        }
        if let Some(throttle) = lock(&self.throttle).as_mut() {
            throttle.met += 1;
            if !throttle.met.is_multiple_of(throttle.of) {
                return Err(StoreError::Throttled);
            }
        }
        {
            let mut stalls = lock(&self.stalls);
            if let Some(place) = stalls.iter().position(|(of, ..)| of == method) {
                let (_, clock, by) = stalls.remove(place);
                clock.advance(by);
            }
        }
        self.meet(method, false)
    }

    /// Fails if the call must be cut off before its next row.
    pub(super) fn meet_row(&self, method: &str) -> Result<(), StoreError> {
        self.chaos().map_or(Ok(()), |chaos| chaos.before_row(method))?;
        let mut cuts = lock(&self.cuts);
        let Some(place) = cuts.iter().position(|(of, _)| of == method) else {
            return Ok(());
        };
        if cuts[place].1 == 0 {
            cuts.remove(place);
            return Err(StoreError::Unavailable(format!("{method} was cut off").into()));
        }
        cuts[place].1 -= 1;
        Ok(())
    }

    /// Fails if a failure after the effect is planned for this call.
    pub(super) fn after(&self, method: &str) -> Result<(), StoreError> {
        self.chaos().map_or(Ok(()), |chaos| chaos.after(method))?;
        self.meet(method, true)
    }

    /// Returns whether this call hangs. It hangs once.
    fn hangs(&self, method: &str) -> bool {
        let mut hangs = lock(&self.hangs);
        let Some(place) = hangs.iter().position(|(of, _)| of == method) else {
            return false;
        };
        match &mut hangs[place].1 {
            0 => {
                hangs.remove(place);
                true
            }
            calls => {
                *calls -= 1;
                false
            }
        }
    }

    fn chaos(&self) -> Option<Arc<dyn Chaos>> {
        lock(&self.chaos).clone()
    }

    fn plan(&self, method: Option<&str>, takes_effect: bool, times: usize) {
        lock(&self.plans).push(Plan { method: method.map(str::to_owned), takes_effect, skips: 0, times });
    }

    fn meet(&self, method: &str, took_effect: bool) -> Result<(), StoreError> {
        let mut plans = lock(&self.plans);
        let met = plans.iter_mut().find(|plan| {
            plan.times > 0
                && plan.takes_effect == took_effect
                && plan.method.as_deref().is_none_or(|planned| planned == method)
        });
        match met {
            Some(plan) if plan.skips > 0 => {
                plan.skips -= 1;
                Ok(())
            }
            Some(plan) => {
                plan.times -= 1;
                Err(StoreError::Unavailable(format!("planned failure of {method}").into()))
            }
            None => Ok(()),
        }
    }
}
