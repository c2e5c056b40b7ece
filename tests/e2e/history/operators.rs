//! Calls that change little, so that every function of the API has work.

use curlew_tests::{
    history::{Request, Wish},
    stack::App,
};
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{
    app_server::{AppServer, GROUP, again, group, user},
    turn::Turn,
};
use crate::harness::{Phone, canary};

/// A user whom these calls concern.
const GUEST: &str = "guest";
/// Files of the console that are loaded at the same time. They are answered within milliseconds.
const LOADED: usize = 3;

/// The app's operators, and a guest of the group.
pub struct Operators<'r, 'w> {
    server: AppServer<'r, 'w>,
    phone: Phone,
}

impl<'r, 'w> Operators<'r, 'w> {
    pub async fn begin(server: AppServer<'r, 'w>) -> Self {
        let phone = Phone::new("huawei", GUEST);
        server.bind(&phone, GUEST).await;
        Self { server, phone }
    }

    /// Goes on until the story is over.
    pub async fn play(&self, turn: &Turn) {
        let Self { server, phone } = self;
        let console = (0..LOADED).map(|_| turn.repeat("ServeConsole", async |_| self.load_the_console().await));
        tokio::join!(
            turn.repeat("ManageApp", async |number| {
                self.join_or_leave(number % 2 == 0).await;
                self.log_in().await;
            }),
            turn.repeat("ConfigureUser", async |_| self.wish().await),
            turn.repeat("RegisterToken", async |_| server.bind(phone, GUEST).await),
            turn.repeat("ReportPresence", async |_| _ = server.run.count(&user(GUEST)).await),
            turn.repeat("ExplainPush", async |_| self.explain().await),
            join_all(console),
        );
    }

    async fn join_or_leave(&self, joins: bool) {
        if joins {
            return self.server.join(GUEST).await;
        }
        let request = Request::Leave { group: group(), users: vec![user(GUEST)] };
        let path = format!("/chatgroups/{GROUP}/users/{GUEST}");
        self.server.change(request, Method::DELETE, &path, &json!({})).await;
    }

    /// Gets a token of the guest, which the stack's secret signs.
    async fn log_in(&self) {
        again(|| async {
            let token = self.server.tenant.app.user_token(GUEST).await.ok();
            token.iter().for_each(|token| canary::note(token));
            token.is_some()
        })
        .await;
    }

    async fn wish(&self) {
        let request = Request::Wish { user: user(GUEST), wish: Wish::Other("nickname".to_owned()) };
        self.server
            .change(request, Method::PUT, &format!("/users/{GUEST}"), &json!({"nickname": canary::secret()}))
            .await;
    }

    /// Explains a message that is not sent. It has no effect, so nothing is recorded.
    async fn explain(&self) {
        let message = App::text("sender", &[GUEST], &canary::secret(), &canary::secret(), &canary::secret());
        if let Ok(explained) = self.server.tenant.app.explain(&message).await {
            assert!(explained["verdict"].is_string(), "{explained}");
        }
    }

    async fn load_the_console(&self) {
        if let Ok(answer) = self.server.tenant.world.stack.api.call(Method::GET, "/console/").send().await {
            assert!(answer.status == 200 || answer.status >= 500, "{}", answer.status);
        }
    }
}
