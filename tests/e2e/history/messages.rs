//! Messages to users and to a group, through every vendor. Phones change hands, and people read.

use std::sync::atomic::{AtomicUsize, Ordering};

use curlew_tests::{
    history::{Audience, Request},
    simulators::{Endpoint, Fault, FaultRule, SIMULATORS},
};
use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::json;
use shared::domain::id::UserId;

use super::{
    app_server::{AppServer, GROUP, again, group, user},
    turn::Turn,
};
use crate::harness::Phone;

const PHONES: usize = 14;
/// As many steps at the same time. Each running request has its own process.
const CLIENTS: usize = 3;

/// The people who get messages.
pub struct Cast<'r, 'w> {
    server: AppServer<'r, 'w>,
    phones: Vec<Phone>,
    steps: AtomicUsize,
}

impl<'r, 'w> Cast<'r, 'w> {
    /// Binds phones of every vendor, and puts the users into a group. Their vendors answer late, so that a process may
    /// die between a push and its record.
    pub async fn enter(server: AppServer<'r, 'w>) -> Self {
        let vendors = SIMULATORS.into_iter().map(|simulator| simulator.name()).cycle();
        let phones: Vec<Phone> = vendors
            .take(PHONES)
            .enumerate()
            .map(|(number, vendor)| Phone::new(vendor, &format!("u{number}")))
            .collect();
        let late = |phone: &Phone| {
            let answer = FaultRule::new(phone.vendor, Fault::Pass {}).at(Endpoint::Send);
            answer.for_token(&phone.token).delayed(300).always()
        };
        server.tenant.world.stack.vendors.add_faults(phones.iter().map(late)).await.unwrap();
        let cast = Self { server, phones, steps: AtomicUsize::new(0) };
        for phone in &cast.phones {
            server.tenant.notify_through(phone.vendor).await;
            server.bind(phone, &phone.user).await;
        }
        cast.make_group().await;
        cast
    }

    async fn make_group(&self) {
        let members: Vec<UserId> = self.phones.iter().map(|phone| user(&phone.user)).collect();
        let body = json!({"groupid": GROUP, "groupname": GROUP, "owner": members[0], "members": members[1..]});
        let request = Request::CreateGroup { group: group(), members };
        assert_eq!(self.server.run.change(request, Method::POST, "/chatgroups", &body).await, Some(200), "a group");
    }

    /// Goes on until the story is over.
    pub async fn play(&self, turn: &Turn) {
        let client = async |_| turn.repeat("IngestMessage", async |_| self.step().await).await;
        stream::iter(0..CLIENTS).for_each_concurrent(None, client).await;
    }

    /// Does what comes next: mostly messages, sometimes a phone changes hands or somebody reads.
    async fn step(&self) {
        let number = self.steps.fetch_add(1, Ordering::SeqCst);
        let phone = &self.phones[number % PHONES];
        match number % 16 {
            5 => self.server.send(Audience::Group(group())).await,
            6 | 14 => self.read(&user(&phone.user)).await,
            7 | 15 => self.server.bind(phone, &self.phones[(number + 1) % PHONES].user).await,
            _ => self.server.send_to(&phone.user).await,
        }
    }

    /// Pulls, and acknowledges every other message.
    async fn read(&self, user: &UserId) {
        if let Ok(messages) = self.server.run.pull(user).await {
            let ids: Vec<_> = messages.iter().step_by(2).map(|message| message.id).collect();
            if !ids.is_empty() {
                self.server.run.ack(user, ids).await;
            }
        }
    }

    /// Everybody comes back when nothing fails any more.
    pub async fn come_back(&self) {
        for phone in &self.phones {
            let user = user(&phone.user);
            self.server.run.pull(&user).await.unwrap();
            again(|| async { self.server.run.count(&user).await == Some(200) }).await;
        }
    }
}
