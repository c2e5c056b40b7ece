//! Pushes of tasks that their sender takes back, each for one user.

use std::{collections::BTreeMap, time::Duration};

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, fcm};
use serde_json::{Value, json};
use shared::{
    domain::{reason::Reason, task::TaskCounts},
    ports::clock::Clock,
};

use super::{harness::FCM, socket::Socket, task_world::World};

/// Starts an app of two users, `u0` and `u1`, with phones whose notifications can be revoked.
async fn two_users() -> World {
    let mut world = World::with(0, json!({})).await;
    for user in ["u0", "u1"] {
        let token = fcm::device_token();
        world.stack.bind(&world.app, user, "phone", FCM, &token).await;
        world.tokens.push(token);
    }
    world
}

impl World {
    /// Takes the push to `u1` back.
    async fn recall(&self) {
        let recalled = json!({"msg_id": self.ids_of(1)[0], "to": "u1", "chat_type": "chat", "force": true});
        self.stack.ok("POST", &self.app.path("messages/msg_recall"), &self.app.token, recalled).await;
    }

    /// Returns how many notifications the phones show, and how many they got.
    fn phones(&self) -> ([usize; 2], [u64; 2]) {
        let of = |number: usize| &self.tokens[number];
        let shown = [0, 1].map(|number| self.stack.shown("fcm", of(number)));
        (shown, [0, 1].map(|number| self.stack.delivered("fcm", of(number))))
    }

    async fn trace(&self) -> Value {
        let path = self.app.path(&format!("push/trace/{}?user=u1", self.ids_of(1)[0]));
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"].clone()
    }
}

#[tokio::test]
async fn a_recalled_push_leaves_the_phone_of_its_user_and_no_other() {
    for strategy in [0, 2] {
        let world = two_users().await;
        world.task(strategy).await;
        world.stack.drain().await;
        assert_eq!(world.phones().0, [1, 1]);
        world.recall().await;
        world.stack.drain().await;
        assert_eq!(world.phones().0, [1, 0], "strategy {strategy}");
        assert!(world.trace().await["recalled_at"].is_number(), "strategy {strategy}");
    }
}

#[tokio::test]
async fn a_recalled_push_that_its_vendor_put_off_is_not_pushed() {
    for strategy in [0, 2] {
        let world = two_users().await;
        let busy = FaultRule::new("fcm", Fault::status(503)).at(Endpoint::Send).always();
        world.stack.simulators.add_faults([busy]).unwrap();
        let id = world.task(strategy).await;
        while world.stack.step().await {}
        world.recall().await;
        let end = world.stack.clock.now().plus(Duration::from_secs(90));
        while let Some(next) = world.stack.next_visible().filter(|next| *next < end) {
            world.stack.clock.set(next.max(world.stack.clock.now()));
            while world.stack.step().await {}
        }
        world.stack.simulators.clear_faults(None);
        world.stack.drain().await;
        assert_eq!(world.phones(), ([1, 0], [1, 0]), "strategy {strategy}");
        let refused = BTreeMap::from([(Reason::MessageDelivered, 1)]);
        let counts = TaskCounts { accepted: 1, refused, ..TaskCounts::default() };
        assert_eq!(world.counts(id).await, counts, "strategy {strategy}");
    }
}

#[tokio::test]
async fn a_push_that_is_recalled_before_its_decision_goes_nowhere_and_counts_as_refused() {
    for strategy in [0, 2, 3, 4] {
        let world = two_users().await;
        let sockets = [
            Socket::connect(&world.stack, &world.app, "u0", "tablet").await,
            Socket::connect(&world.stack, &world.app, "u1", "tablet").await,
        ];
        world.stack.drain().await;
        for socket in &sockets {
            socket.send(r#"{"action":"ping"}"#).await;
            socket.frames();
        }
        let id = world.task(strategy).await;
        world.stack.step().await;
        world.stack.clock.advance(Duration::from_secs(6));
        world.recall().await;
        world.stack.drain().await;
        assert_eq!((world.phones().1[1], sockets[1].frames().len()), (0, 0), "strategy {strategy}");
        assert_eq!(world.trace().await["reason"], "message delivered", "strategy {strategy}");
        let counts = world.counts(id).await;
        let refused = BTreeMap::from([(Reason::MessageDelivered, 1)]);
        assert_eq!((counts.accepted, counts.refused), (1, refused), "strategy {strategy}");
    }
}
