//! The app's server: it repeats a call until it succeeds.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use curlew_tests::{
    history::{Audience, Request, Sending},
    stack::{App, Recorder},
};
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::id::{DeviceId, GroupId, NotifierName, UserId};

use crate::harness::{Phone, Tenant, canary, until};

/// The app's group.
pub const GROUP: &str = "birds";

/// The app's server. All its calls are recorded.
#[derive(Clone, Copy)]
pub struct AppServer<'r, 'w> {
    pub run: &'r Recorder<'w>,
    pub tenant: &'r Tenant<'w>,
}

impl AppServer<'_, '_> {
    /// Sends a message until it is accepted.
    pub async fn send(&self, to: Audience) {
        let text = text();
        let (path, names) = match &to {
            Audience::Group(group) => ("/messages/chatgroups", vec![group.as_str().to_owned()]),
            Audience::Users(users) | Audience::Members { users, .. } => {
                ("/messages/users", users.iter().map(|user| user.as_str().to_owned()).collect())
            }
            Audience::Everyone => unreachable!("that is a task"),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let body = App::text("sender", &names, &text, &text, &text);
        let sending = Sending { key: Some(canary::fresh()), ..Sending::chat(&text, user("sender"), to.clone()) };
        again(|| async { self.run.send(&sending, path, &body).await.is_some_and(|answer| answer.status == 200) }).await;
    }

    /// Sends a message to one user until it is accepted.
    pub async fn send_to(&self, name: &str) {
        self.send(Audience::Users(vec![user(name)])).await;
    }

    /// Binds a phone's token to the same device of a user, until that succeeds.
    pub async fn bind(&self, phone: &Phone, name: &str) {
        let Phone { device, token, .. } = phone;
        let body = json!({"device_id": device, "device_token": token, "notifier_name": phone.notifier()});
        let request = Request::Bind {
            user: user(name),
            device: DeviceId::parse(device).unwrap(),
            notifier: NotifierName::parse(&phone.notifier()).unwrap(),
            token: token.clone(),
        };
        self.change(request, Method::PUT, &format!("/users/{name}/push/binding"), &body).await;
    }

    /// Adds a user to the group, until that succeeds.
    pub async fn join(&self, name: &str) {
        let request = Request::Join { group: group(), users: vec![user(name)] };
        self.change(request, Method::POST, &format!("/chatgroups/{GROUP}/users/{name}"), &json!({})).await;
    }

    /// Makes a call until it succeeds. A repeat may be refused where an attempt without an answer succeeded.
    pub async fn change(&self, request: Request, method: Method, path: &str, body: &Value) {
        let unclear = AtomicBool::new(false);
        again(|| async {
            match self.run.change(request.clone(), method.clone(), path, body).await {
                Some(200..300) => true,
                Some(status @ 400..500) if status != 409 => {
                    assert!(unclear.load(Ordering::SeqCst), "{path}: {status}");
                    true
                }
                _ => {
                    unclear.store(true, Ordering::SeqCst);
                    false
                }
            }
        })
        .await;
    }
}

pub fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

pub fn group() -> GroupId {
    GroupId::parse(GROUP).unwrap()
}

/// Returns a text that is no part of another: secrets end with a number.
pub fn text() -> String {
    format!("{}z", canary::secret())
}

/// Repeats a call until it succeeds.
pub async fn again<F: Future<Output = bool>>(call: impl Fn() -> F) {
    until("a success", async || {
        if call().await {
            return Some(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        None
    })
    .await;
}
