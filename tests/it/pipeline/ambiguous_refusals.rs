//! Refusals whose cause may be a token or the credential. One user's token disables no notifier; many tokens of several
//! users do.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, SIMULATORS, Spec, device_token};
use serde_json::json;
use shared::domain::{ambiguous_refusal::SUCCESS_NOTED_EVERY, id::MessageId, reason::Reason};

use super::harness::{Stack, TestApp};

/// Returns the vendors with such a code. The vendor refuses a whole request for one token under it.
fn refusals() -> impl Iterator<Item = (&'static Spec, &'static str)> {
    SIMULATORS.into_iter().filter_map(|simulator| Some((simulator, simulator.faults.ambiguous_refusal?)))
}

/// A vendor that refuses some tokens.
struct World {
    stack: Stack,
    app: TestApp,
    notifier: &'static str,
    vendor: &'static str,
    code: &'static str,
}

impl World {
    async fn start((simulator, code): (&'static Spec, &'static str)) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let (notifier, vendor) = (simulator.interface().notifier, simulator.name());
        Self { stack, app, notifier, vendor, code }
    }

    async fn good(&self, user: &str, device: &str) -> String {
        let token = device_token(self.vendor).unwrap();
        self.stack.bind(&self.app, user, device, self.notifier, &token).await;
        token
    }

    async fn bad(&self, user: &str, device: &str) -> String {
        let token = self.good(user, device).await;
        let rule = FaultRule::new(self.vendor, Fault::code(self.code)).at(Endpoint::Send).for_token(&token).always();
        self.stack.simulators.add_faults([rule]).unwrap();
        token
    }

    async fn push(&self, user: &str) -> MessageId {
        let id = self.stack.send(&self.app, &[user], json!({})).await[0];
        self.stack.drain().await;
        id
    }

    async fn reason(&self, user: &str, id: MessageId) -> Option<Reason> {
        self.stack.stored(&self.app, user, id).await.outcomes[0].reason
    }

    async fn state(&self) -> String {
        let path = self.app.path(&format!("notifiers/{}", self.notifier));
        let shown = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
        shown["state"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn one_token_stops_its_own_pushes_and_not_the_apps() {
    for refusal in refusals() {
        let world = World::start(refusal).await;
        world.bad("ann", "phone").await;
        let token = world.good("bob", "phone").await;
        for _ in 0..3 {
            let id = world.push("ann").await;
            assert_eq!(world.reason("ann", id).await, Some(Reason::PushYetButFail), "{}", world.vendor);
        }
        assert_eq!(world.state().await, "enabled", "{}", world.vendor);
        world.push("bob").await;
        assert_eq!(world.stack.shown(world.vendor, &token), 1, "{}", world.vendor);
    }
}

#[tokio::test]
async fn all_tokens_of_one_user_stop_nobody_elses_pushes() {
    for refusal in refusals() {
        let world = World::start(refusal).await;
        for device in 0..16 {
            world.bad("ann", &format!("phone-{device}")).await;
        }
        for _ in 0..2 {
            world.push("ann").await;
        }
        assert_eq!(world.state().await, "enabled", "{}", world.vendor);
        let token = world.good("bob", "phone").await;
        world.push("bob").await;
        assert_eq!(world.stack.shown(world.vendor, &token), 1, "{}", world.vendor);
    }
}

#[tokio::test]
async fn three_tokens_of_two_users_switch_the_notifier_off() {
    for refusal in refusals() {
        let world = World::start(refusal).await;
        for (user, device) in [("ann", "one"), ("ann", "two"), ("bob", "one")] {
            world.bad(user, device).await;
        }
        world.push("ann").await;
        assert_eq!(world.state().await, "enabled", "{}", world.vendor);
        world.push("bob").await;
        assert_eq!(world.state().await, "disabled", "{}", world.vendor);
        let id = world.push("bob").await;
        assert_eq!(world.reason("bob", id).await, Some(Reason::NotifierDisabled), "{}", world.vendor);

        // After an operator enables the notifier again, earlier refusals do not count.
        let path = world.app.path(&format!("notifiers/{}", world.notifier));
        world.stack.ok("PUT", &path, &world.app.token, json!({"state": "enabled"})).await;
        world.stack.clock.advance(Duration::from_secs(61));
        world.push("bob").await;
        assert_eq!(world.state().await, "enabled", "{}", world.vendor);
    }
}

#[tokio::test]
async fn a_success_in_between_takes_back_the_suspicion() {
    for refusal in refusals() {
        let world = World::start(refusal).await;
        for user in ["ann", "bob", "dan"] {
            world.bad(user, "phone").await;
        }
        world.good("carl", "phone").await;
        for user in ["ann", "bob", "carl", "dan"] {
            world.push(user).await;
        }
        assert_eq!(world.state().await, "enabled", "{}", world.vendor);
        world.stack.clock.advance(SUCCESS_NOTED_EVERY + Duration::from_millis(1));
        for (user, state) in [("ann", "enabled"), ("bob", "enabled"), ("dan", "disabled")] {
            world.push(user).await;
            assert_eq!(world.state().await, state, "{} {user}", world.vendor);
        }
    }
}

#[tokio::test]
async fn a_success_in_the_same_batch_takes_back_the_suspicion() {
    for refusal in refusals() {
        let world = World::start(refusal).await;
        let users = ["ann", "bob", "carl", "dan"];
        for user in &users[..3] {
            world.bad(user, "phone").await;
        }
        let token = world.good("dan", "phone").await;
        // Notes are written while refusals are judged, and may fail. A batch also counts its own successes.
        world.stack.runtime.faults.fail_next_of("note_success", 2);
        world.stack.send(&world.app, &users, json!({})).await;
        world.stack.drain().await;
        let (state, shown) = (world.state().await, world.stack.shown(world.vendor, &token));
        assert_eq!((state.as_str(), shown), ("enabled", 1), "{}", world.vendor);
    }
}

/// Creates a group with a device of each of these members, and the further devices of `bad` users.
async fn group(world: &World, members: &[String], bad: &[(&str, usize)]) -> Vec<String> {
    let users: Vec<&str> = members.iter().map(String::as_str).chain(bad.iter().map(|(user, _)| *user)).collect();
    let group = json!({"groupid": "g", "members": users});
    world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
    for (user, tokens) in bad {
        for device in 0..*tokens {
            world.bad(user, &format!("phone-{device}")).await;
        }
    }
    let mut tokens = Vec::new();
    for member in members {
        tokens.push(world.good(member, "phone").await);
    }
    tokens
}

async fn push_to_group(world: &World) {
    let message = json!({"from": "bob", "to": ["g"], "type": "txt", "body": {"msg": "hello"}});
    world.stack.ok("POST", &world.app.path("messages/chatgroups"), &world.app.token, message).await;
    world.stack.drain().await;
}

#[tokio::test]
async fn what_users_bound_costs_the_other_members_of_a_group_nothing() {
    let bad: [&[(&str, usize)]; 6] = [
        &[("user-07a", 1)],
        // They sort before, among and after the others, as many as a user may have.
        &[("a", 12)],
        &[("a", 16)],
        &[("user-20a", 16)],
        &[("z", 16)],
        // Another user has a bad token too: three tokens of two users, and no success yet.
        &[("a", 16), ("b", 1)],
    ];
    for refusal in refusals() {
        for bad in bad {
            let world = World::start(refusal).await;
            let members: Vec<String> = (0..60).map(|member| format!("user-{member:02}")).collect();
            let tokens = group(&world, &members, bad).await;
            push_to_group(&world).await;
            for token in &tokens {
                assert_eq!(world.stack.delivered(world.vendor, token), 1, "{} {bad:?}", world.vendor);
            }
            assert_eq!(world.state().await, "enabled", "{} {bad:?}", world.vendor);
        }
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_for_every_member_of_a_group_switches_the_notifier_off() {
    for refusal in refusals() {
        let world = World::start(refusal).await;
        let bad: Vec<String> = (0..60).map(|member| format!("user-{member:02}")).collect();
        let bad: Vec<(&str, usize)> = bad.iter().map(|user| (user.as_str(), 1)).collect();
        group(&world, &[], &bad).await;
        push_to_group(&world).await;
        assert_eq!(world.state().await, "disabled", "{}", world.vendor);
    }
}
