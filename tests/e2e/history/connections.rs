//! Phones with a connection of their own. They acknowledge what they get; some come and go, one stays to the end.

use std::{pin::pin, time::Duration};

use curlew_tests::stack::Connection;
use futures::future::{Either, join, join_all, select};
use shared::domain::id::DeviceId;

use super::{
    app_server::{AppServer, again, user},
    turn::Turn,
};
use crate::harness::{Phone, canary};

/// How long a phone that goes is connected after its messages were accepted.
const STAY: Duration = Duration::from_secs(1);

/// Phones that connect.
pub struct Connected<'r, 'w> {
    server: AppServer<'r, 'w>,
    comes_and_goes: [(Phone, String); 2],
    stays: (Phone, String),
}

impl<'r, 'w> Connected<'r, 'w> {
    /// Binds the phones, and gets a token of each user.
    pub async fn begin(server: AppServer<'r, 'w>) -> Self {
        let phone = async |name: &str| {
            let phone = Phone::new("fcm", name);
            server.bind(&phone, name).await;
            let token = server.tenant.app.user_token(name).await.unwrap();
            canary::note(&token);
            (phone, token)
        };
        Self { server, comes_and_goes: [phone("s0").await, phone("s1").await], stays: phone("s2").await }
    }

    /// Lets phones come and go, with a close frame and without, until the story is over. Messages come before, during
    /// and after a connection.
    pub async fn come_and_go(&self, turn: &Turn) {
        let lives = self.comes_and_goes.iter().map(|phone| {
            turn.repeat("HoldConnection", async move |number| {
                self.server.send_to(&phone.0.user).await;
                let Some(mut connection) = self.connect(phone).await else { return };
                let messages = async {
                    self.server.send_to(&phone.0.user).await;
                    tokio::time::sleep(STAY).await;
                };
                // Also when the connection ends early, the message is sent.
                if let Either::Left(((), messages)) = select(pin!(connection.serve()), pin!(messages)).await {
                    messages.await;
                }
                if number % 2 == 0 { connection.close().await } else { connection.leave() }
            })
        });
        let stays = turn.repeat("HoldConnection", async |_| self.server.send_to(&self.stays.0.user).await);
        join(join_all(lives), stays).await;
    }

    /// Keeps one phone connected. It connects again whenever its connection ends.
    pub async fn stay(&self) {
        loop {
            if let Some(mut connection) = self.connect(&self.stays).await {
                connection.serve().await;
            }
            tokio::time::sleep(STAY).await;
        }
    }

    async fn connect(&self, (phone, token): &(Phone, String)) -> Option<Connection<'r, 'w>> {
        let device = DeviceId::parse(&phone.device).unwrap();
        let query = [("device_id", phone.device.as_str()), ("token", token)];
        self.server.run.connect(&user(&phone.user), &device, self.server.tenant.open(&query, None)).await
    }

    /// Everybody comes back when nothing fails any more.
    pub async fn come_back(&self) {
        for (phone, _) in self.comes_and_goes.iter().chain([&self.stays]) {
            let user = user(&phone.user);
            self.server.run.pull(&user).await.unwrap();
            again(|| async { self.server.run.count(&user).await == Some(200) }).await;
        }
    }
}
