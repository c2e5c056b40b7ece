//! Random sequences of binds, unbinds and removals, compared with a model.

use futures::future::join;

use super::{Case, UserStore, bindings::every_binding_owns_its_token, run::suite};
use crate::{
    domain::{
        binding::Binding,
        id::{DeviceId, NotifierName, UserId},
        time::Timestamp,
    },
    ports::{clock::Entropy, error::StoreError},
    testing::sample::{binding, device, notifier_name, user},
};

const USERS: [&str; 3] = ["ann", "bob", "cid"];
const DEVICES: [&str; 3] = ["phone", "tablet", "tv#2"];
const NOTIFIERS: [&str; 2] = ["fcm", "huawei#1"];
const TOKENS: [&str; 4] = ["t1", "t2", "t3", "t4"];
/// A small maximum, so that some bindings must be removed.
const MAX_BINDINGS: usize = 3;
/// Number of sequences of a suite, and their length.
const SEQUENCES: usize = 6;
const STEPS: usize = 40;

suite! { "random bindings" on dyn UserStore:
    any_sequence_ends_as_the_model_says,
    any_two_sequences_at_once_leave_each_token_one_owner,
}

async fn any_sequence_ends_as_the_model_says(users: &dyn UserStore, case: &Case) {
    for number in 0..SEQUENCES {
        play(users, &case.part(number), &random_steps(case, STEPS)).await;
    }
}

async fn any_two_sequences_at_once_leave_each_token_one_owner(users: &dyn UserStore, case: &Case) {
    for number in 0..SEQUENCES {
        race(users, &case.part(number), &random_steps(case, STEPS), &random_steps(case, STEPS)).await;
    }
}

/// One step of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    action: Action,
    user: &'static str,
    device: &'static str,
    notifier: &'static str,
    token: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Bind,
    Unbind,
    UnbindDevice,
    Remove,
}

impl Step {
    /// Returns the step for a number. Every number gives a step, and small numbers give simple ones.
    pub fn of(number: u32) -> Self {
        let mut rest = number as usize;
        let mut pick = |choices: usize| {
            let picked = rest % choices;
            rest /= choices;
            picked
        };
        // Most steps bind, so that there is something to unbind.
        let action = match pick(8) {
            0..=4 => Action::Bind,
            5 => Action::Unbind,
            6 => Action::UnbindDevice,
            _ => Action::Remove,
        };
        Self {
            action,
            user: USERS[pick(USERS.len())],
            token: TOKENS[pick(TOKENS.len())],
            device: DEVICES[pick(DEVICES.len())],
            notifier: NOTIFIERS[pick(NOTIFIERS.len())],
        }
    }

    fn binding(self, bound_at: Timestamp) -> Binding {
        binding(self.device, self.notifier, self.token, bound_at)
    }
}

/// Plays the steps, a second apart, and compares every answer and every user with the model.
pub async fn play(users: &dyn UserStore, case: &Case, steps: &[Step]) {
    let mut model = Model::default();
    for (second, step) in steps.iter().enumerate() {
        let at = case.at(second as u64);
        let (found, expected) = match step.action {
            Action::Remove => {
                let removed = remove(users, case, *step).await.unwrap();
                (format!("{removed}"), format!("{}", model.remove(*step)))
            }
            _ => (
                format!("{:?}", change(users, case, *step, at).await.unwrap()),
                format!("{:?}", model.change(*step, at)),
            ),
        };
        assert_eq!(found, expected, "the answer to step {second} of {steps:?}");
        for name in USERS {
            let found = users.bindings(&case.app, &user(name)).await.unwrap();
            assert_eq!(found, model.bindings(name), "{name} after step {second} of {steps:?}");
        }
    }
    every_binding_owns_its_token(users, case, &USERS).await;
    every_token_is_free(users, case).await;
}

/// Plays two sequences at the same time. The result is random, but no token may have two owners, or an owner that does
/// not have it bound.
pub async fn race(users: &dyn UserStore, case: &Case, one: &[Step], other: &[Step]) {
    let run = async |steps: &[Step]| {
        for (second, step) in steps.iter().enumerate() {
            let result = match step.action {
                Action::Remove => remove(users, case, *step).await.map(drop),
                _ => change(users, case, *step, case.at(second as u64)).await.map(drop),
            };
            match result {
                // The other sequence was faster again and again.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => panic!("step {second} of {steps:?}: {}", error.chain()),
            }
        }
    };
    join(run(one), run(other)).await;
    every_binding_owns_its_token(users, case, &USERS).await;
    every_token_is_free(users, case).await;
}

async fn change(users: &dyn UserStore, case: &Case, step: Step, at: Timestamp) -> Result<Vec<Binding>, StoreError> {
    let (whose, device) = (user(step.user), device(step.device));
    match step.action {
        Action::Unbind => users.unbind(&case.app, &whose, &device, Some(&notifier_name(step.notifier))).await,
        Action::UnbindDevice => users.unbind(&case.app, &whose, &device, None).await,
        Action::Bind | Action::Remove => users.bind(&case.app, &whose, &step.binding(at), MAX_BINDINGS).await,
    }
}

async fn remove(users: &dyn UserStore, case: &Case, step: Step) -> Result<bool, StoreError> {
    let dead = step.binding(case.at(1_000_000));
    let whose = user(step.user);
    users.remove_if_current(&case.app, &whose, &dead.device_id, &dead.notifier, &dead.token, dead.bound_at).await
}

/// Asserts that a new user can bind every token, so that no former owner is left.
async fn every_token_is_free(users: &dyn UserStore, case: &Case) {
    let newcomer = user("newcomer");
    for notifier in NOTIFIERS {
        for token in TOKENS {
            let bound = binding(token, notifier, token, case.at(0));
            users.bind(&case.app, &newcomer, &bound, TOKENS.len() * NOTIFIERS.len()).await.unwrap();
        }
    }
    let held = users.bindings(&case.app, &newcomer).await.unwrap();
    assert_eq!(held.len(), TOKENS.len() * NOTIFIERS.len());
}

/// The bindings of all users as a list.
#[derive(Debug, Default)]
struct Model(Vec<(UserId, Binding)>);

impl Model {
    fn change(&mut self, step: Step, at: Timestamp) -> Vec<Binding> {
        let (whose, device, notifier) = (user(step.user), device(step.device), notifier_name(step.notifier));
        let is_slot = |held: &Binding| held.device_id == device && held.notifier == notifier;
        match step.action {
            Action::Unbind => self.0.retain(|(owner, held)| *owner != whose || !is_slot(held)),
            Action::UnbindDevice => self.0.retain(|(owner, held)| *owner != whose || held.device_id != device),
            Action::Bind | Action::Remove => {
                let new = step.binding(at);
                let is_token = |held: &Binding| held.notifier == new.notifier && held.token == new.token;
                self.0.retain(|(owner, held)| !(is_token(held) || *owner == whose && is_slot(held)));
                self.0.push((whose.clone(), new));
                // Each step is later than all before it, so the list is sorted by age.
                if self.0.iter().filter(|(owner, _)| *owner == whose).count() > MAX_BINDINGS {
                    let oldest = self.0.iter().position(|(owner, _)| *owner == whose).unwrap();
                    self.0.remove(oldest);
                }
            }
        }
        self.bindings(step.user)
    }

    fn remove(&mut self, step: Step) -> bool {
        let (whose, dead) = (user(step.user), step.binding(Timestamp::from_millis(0)));
        let before = self.0.len();
        self.0.retain(|(owner, held)| *owner != whose || Binding { bound_at: dead.bound_at, ..held.clone() } != dead);
        self.0.len() < before
    }

    fn bindings(&self, name: &str) -> Vec<Binding> {
        let whose = user(name);
        let mut held: Vec<Binding> =
            self.0.iter().filter(|(owner, _)| *owner == whose).map(|(_, held)| held.clone()).collect();
        let key = |held: &Binding| -> (DeviceId, NotifierName) { (held.device_id.clone(), held.notifier.clone()) };
        held.sort_by_key(key);
        held
    }
}

fn random_steps(case: &Case, count: usize) -> Vec<Step> {
    (0..count).map(|_| Step::of((case.entropy.bits() >> 96) as u32)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{
        chance::{FixedClock, SeededEntropy},
        contract::Run,
        memory::MemoryUsers,
    };

    proptest! {
        #[test]
        fn any_sequence_on_the_fake_ends_as_the_model_says(
            numbers in proptest::collection::vec(any::<u32>(), 0..60),
        ) {
            use crate::ports::clock::Clock;
            let steps: Vec<Step> = numbers.into_iter().map(Step::of).collect();
            let mut run = Run::new(FixedClock::default().now(), &SeededEntropy::default());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let users = MemoryUsers::default();
            runtime.block_on(run.case("sequence", async |case: &Case| play(&users, case, &steps).await));
            let report = run.report();
            prop_assert!(report.broken.is_empty(), "{}", report);
        }
    }
}
