//! An operator deletes an app, and makes a new one of the same name.

use std::time::Duration;

use curlew_tests::history::{Answer, Request};
use serde_json::json;
use shared::domain::{
    id::{AppKey, NotifierName, UserId},
    vendor::Vendor,
};

use super::{
    operators::{PAUSE, REPEATS},
    sockets::user,
    steps::group_id,
    story::{GROUPS, USERS, Who},
    world::World,
};
use crate::wiring::OPERATOR_KEY;

/// How often an operator looks whether the name is free, and how long the operator waits between two looks.
const LOOKS: usize = 80;
const BETWEEN_LOOKS: Duration = Duration::from_secs(30);

impl World {
    /// Deletes an app, and makes a new one once the name is free. Nothing happens while another operator is at it.
    pub async fn renew_app(&self, app: u8) {
        if !self.without_token.borrow_mut().insert(app) {
            return;
        }
        let key = self.app(app);
        let path = format!("/management/apps/{}/{}", key.org(), key.app());
        let deleting = || self.managing("DELETE", path.clone(), OPERATOR_KEY, json!({}));
        self.insist(app, Some(Request::DeleteApp), deleting).await;
        self.name_is_free(&path).await;
        self.create_again(app, &key).await;
        self.renew_client_secret(app).await;
        self.furnish_again(app, &key).await;
    }

    /// Waits until the erasure of the app is over. Its last sweep comes a quarter of an hour after the deletion.
    async fn name_is_free(&self, path: &str) {
        for _ in 0..LOOKS {
            let showing = self.managing("GET", path.to_owned(), OPERATOR_KEY, json!({}));
            if let Some((404, _)) = self.call(&showing).await {
                return;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Creates an app. After a lost answer the name is taken by the app itself.
    async fn create_again(&self, app: u8, key: &AppKey) {
        let created = json!({"org": key.org(), "app": key.app(), "settings": {}});
        for _ in 0..REPEATS {
            let creating = self.managing("POST", "/management/apps".into(), OPERATOR_KEY, created.clone());
            let call = self.recorder.ask(&self.app(app), Request::CreateApp);
            let answered = self.call(&creating).await;
            let is_created = matches!(answered, Some((status, _)) if status < 300);
            self.recorder.answer(call, if is_created { Answer::Accepted } else { Answer::Unknown });
            if is_created {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn furnish_again(&self, app: u8, key: &AppKey) {
        let of_app = |rest: &str| format!("/{}/{}/{rest}", key.org(), key.app());
        for (_, spec, one) in &self.interfaces {
            let notifier = NotifierName::parse(one.notifier).unwrap();
            let vendor = Vendor::parse(spec.name()).unwrap();
            let body = || {
                let account = self.phones.account(key, &notifier);
                json!({"name": one.notifier, "vendor": spec.name(), "credential": account.record})
            };
            let adding = || self.managing("POST", of_app("notifiers"), &self.app_token(app), body());
            let request = Request::PutNotifier { notifier: notifier.clone(), vendor, enabled: true, credential: true };
            if let Some(created) = self.insist(app, Some(request), adding).await {
                self.enter_report_address(app, &created);
            }
        }
        for group in 0..GROUPS {
            let members: Vec<UserId> = (0..USERS).map(|number| user(Who { app, user: number })).collect();
            let group = group_id(group);
            let named = members.iter().map(|member| (key.clone(), group.clone(), member.clone()));
            self.members.borrow_mut().extend(named);
            let body = json!({"groupid": group, "members": members});
            let adding = || self.managing("POST", of_app("chatgroups"), &self.app_token(app), body.clone());
            self.insist(app, Some(Request::CreateGroup { group, members }), adding).await;
        }
    }
}
