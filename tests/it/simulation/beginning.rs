//! What stands before a story begins: apps with notifiers, and groups.

use curlew_tests::{
    history::{Answer, Request, What},
    simulators::Identity,
};
use serde_json::{Value, json};
use shared::domain::{
    id::{AppKey, NotifierName, UserId},
    vendor::Vendor,
};

use super::{
    sockets::user,
    steps::group_id,
    story::{APPS, Function, GROUPS, USERS, Who},
    world::{Call, World},
};
use crate::wiring::OPERATOR_KEY;

impl World {
    /// Makes the apps of a story.
    pub async fn furnish(&self) {
        for app in 0..APPS {
            let key = AppKey::new("acme", &format!("a{app}")).unwrap();
            let call = self.recorder.ask(&key, Request::CreateApp);
            let token = self.create(&key).await;
            self.recorder.answer(call, Answer::Accepted);
            self.servers.add(app, &key);
            self.apps.borrow_mut().push((key, token));
            self.add_notifiers(app).await;
            self.add_users(app).await;
            self.add_groups(app).await;
        }
    }

    async fn create(&self, key: &AppKey) -> String {
        let created = json!({"org": key.org(), "app": key.app(), "settings": {}});
        let client = self.must("POST", "/management/apps".into(), OPERATOR_KEY, created).await;
        let grant = json!({
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        });
        let issued = self.must("POST", format!("/{}/{}/token", key.org(), key.app()), "", grant).await;
        issued["access_token"].as_str().unwrap().to_owned()
    }

    async fn add_notifiers(&self, app: u8) {
        let key = self.app(app);
        for (_, spec, interface) in &self.interfaces {
            let account = if app == 0 { (interface.account)() } else { (interface.new_account)(&identity(app)) };
            let body = json!({"name": interface.notifier, "vendor": spec.name(), "credential": account.record});
            let notifier = NotifierName::parse(interface.notifier).unwrap();
            let vendor = Vendor::parse(spec.name()).unwrap();
            self.phones.register(&key, &notifier, vendor, account.clone());
            let request = Request::PutNotifier { notifier, vendor, enabled: true, credential: true };
            let call = self.recorder.ask(&key, request);
            let path = format!("/{}/{}/notifiers", key.org(), key.app());
            let created = self.must("POST", path, &self.app_token(app), body).await;
            self.enter_report_address(app, &created);
            self.recorder.answer(call, Answer::Accepted);
            self.recorder.add(What::Secret { kind: "credential".into(), text: account.secret });
        }
    }

    async fn add_users(&self, app: u8) {
        let key = self.app(app);
        for number in 0..USERS {
            let name = user(Who { app, user: number });
            let call = self.recorder.ask(&key, Request::CreateUser { user: name.clone() });
            let call_of = Call {
                function: Function::ConfigureUser,
                method: "POST",
                path: format!("/{}/{}/users", key.org(), key.app()),
                token: self.app_token(app),
                key: None,
                body: json!({"username": name}),
            };
            let (status, body) = self.call(&call_of).await.unwrap();
            assert_eq!(status, 200, "{body}");
            self.recorder.answer(call, Answer::Accepted);
        }
    }

    async fn add_groups(&self, app: u8) {
        let key = self.app(app);
        for group in 0..GROUPS {
            // The second group begins with fewer members, so that some join.
            let names = (0..USERS - 2 * group).map(|number| UserId::parse(&format!("u{number}")).unwrap());
            let (group, members) = (group_id(group), names.collect::<Vec<_>>());
            let body = json!({"groupid": group, "members": members});
            let named = members.iter().map(|member| (key.clone(), group.clone(), member.clone()));
            self.members.borrow_mut().extend(named);
            let call = self.recorder.ask(&key, Request::CreateGroup { group, members });
            self.must("POST", format!("/{}/{}/chatgroups", key.org(), key.app()), &self.app_token(app), body).await;
            self.recorder.answer(call, Answer::Accepted);
        }
    }

    /// Makes a call of `manage-app` that must succeed.
    async fn must(&self, method: &'static str, path: String, token: &str, body: Value) -> Value {
        let call = Call { function: Function::ManageApp, method, path, token: token.to_owned(), key: None, body };
        let (status, body) = self.call(&call).await.unwrap();
        assert!((200..300).contains(&status), "{} {}: {status} {body}", call.method, call.path);
        body
    }
}

/// Returns what makes an app's accounts differ from those of others.
fn identity(app: u8) -> Identity {
    let name = format!("app{app:013}");
    Identity { number: 1_000_000 + u64::from(app), secret: format!("secretof{name}"), name }
}
