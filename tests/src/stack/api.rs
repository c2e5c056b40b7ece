//! Curlew's HTTP API, as an IM server, an app's client and an operator call it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{crypto::system::System, ports::clock::Clock};

use super::StackError;
use crate::simulators::plain_http;

/// The characters that are escaped in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The texts of all error answers that a client got.
pub type Refusals = Arc<Mutex<Vec<String>>>;

/// The secrets in all answers that a client got: tokens, client secrets, addresses of receipts.
pub type Issued = Arc<Mutex<BTreeSet<String>>>;

/// The API of one stack.
#[derive(Debug, Clone)]
pub struct Api {
    base_url: String,
    operator_key: String,
    http: reqwest::Client,
    refusals: Refusals,
    issued: Issued,
}

/// An answer of the API, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// the HTTP status
    pub status: u16,
    /// the body, `null` if it is no JSON
    pub body: Value,
    /// the body as it came
    pub text: String,
}

impl Answer {
    /// Returns the body of a success.
    pub fn success(self) -> Result<Value, StackError> {
        if (200..300).contains(&self.status) { Ok(self.body) } else { Err(StackError::Refused(self)) }
    }
}

impl Api {
    /// Returns the API at this address.
    pub fn new(base_url: &str, operator_key: &str) -> Result<Self, StackError> {
        Ok(Self {
            base_url: base_url.to_owned(),
            operator_key: operator_key.to_owned(),
            http: plain_http(Duration::from_secs(30)).build()?,
            refusals: Refusals::default(),
            issued: Issued::default(),
        })
    }

    /// Collects the text of every error answer, and every secret that an answer issues, from now on.
    #[must_use]
    pub fn noting(self, refusals: Refusals, issued: Issued) -> Self {
        Self { refusals, issued, ..self }
    }

    /// Returns the URL of a path that is percent-encoded already.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// Makes a call of any route. `path` is percent-encoded already.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method, self.url(path));
        Call { request, refusals: self.refusals.clone(), issued: self.issued.clone() }
    }

    /// Makes a call with the operator key.
    pub fn operator_call(&self, method: Method, path: &str) -> Call {
        self.call(method, path).bearer(&self.operator_key)
    }

    /// Creates an app and gets its first access token.
    pub async fn create_app(&self, org: &str, app: &str, settings: Value) -> Result<App, StackError> {
        let body = json!({"org": org, "app": app, "settings": settings});
        let made = self.operator_call(Method::POST, "/management/apps").json(&body).send().await?.success()?;
        let mut app = App {
            api: self.clone(),
            org: org.to_owned(),
            app: app.to_owned(),
            client_id: text(&made, "client_id")?,
            client_secret: text(&made, "client_secret")?,
            token: String::new(),
        };
        app.token = app.app_token(None).await?;
        Ok(app)
    }

    /// Removes an app.
    pub async fn delete_app(&self, org: &str, app: &str) -> Result<(), StackError> {
        let path = format!("/management/apps/{}/{}", segment(org), segment(app));
        self.operator_call(Method::DELETE, &path).send().await?.success().map(drop)
    }
}

/// One call of the API.
#[derive(Debug)]
pub struct Call {
    request: RequestBuilder,
    refusals: Refusals,
    issued: Issued,
}

impl Call {
    /// Adds an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// Adds an `Idempotency-Key`, so that the call may be repeated.
    #[must_use]
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    /// Adds a body that need not be JSON.
    #[must_use]
    pub fn body(self, body: impl Into<String>) -> Self {
        Self { request: self.request.header("content-type", "application/json").body(body.into()), ..self }
    }

    /// Sends the call. It repeats the call while the API answers that it is too often.
    pub async fn send(self) -> Result<Answer, StackError> {
        let mut request = self.request;
        let response = loop {
            let again = request.try_clone();
            let response = request.send().await?;
            match again {
                Some(again) if response.status() == StatusCode::TOO_MANY_REQUESTS => request = again,
                _ => break response,
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let status = response.status().as_u16();
        let text = response.text().await?;
        if status >= 400 {
            self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
        }
        let body = serde_json::from_str(&text).unwrap_or_default();
        note_issued(&body, &mut self.issued.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Answer { status, body, text })
    }
}

/// Collects the secrets in an answer.
fn note_issued(body: &Value, found: &mut BTreeSet<String>) {
    match body {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("access_token" | "client_secret", Value::String(secret)) => drop(found.insert(secret.clone())),
            ("receipt_url", Value::String(url)) => found.extend(url.rsplit('/').next().map(str::to_owned)),
            _ => note_issued(value, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| note_issued(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One app, with its client credentials and an app token.
#[derive(Debug, Clone)]
pub struct App {
    /// the stack's API
    pub api: Api,
    /// first part of the app key
    pub org: String,
    /// second part of the app key
    pub app: String,
    /// its client id
    pub client_id: String,
    /// its client secret
    pub client_secret: String,
    /// an app token
    pub token: String,
}

/// What a gateway reports of a device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// the user
    pub user: String,
    /// the device
    pub device_id: String,
    /// the session
    pub session: String,
    /// `online`, `heartbeat`, `offline`, `kicked` or `logout`
    pub status: String,
    /// the time, in Unix milliseconds
    pub ts: i64,
}

impl Event {
    /// Returns an event of this moment.
    pub fn now(user: &str, device_id: &str, session: &str, status: &str) -> Self {
        let [user, device_id, session, status] = [user, device_id, session, status].map(str::to_owned);
        Self { user, device_id, session, status, ts: System::default().now().as_millis() }
    }
}

impl App {
    /// Makes a call below the app's path, with the app token. `path` is percent-encoded already.
    pub fn call(&self, method: Method, path: &str) -> Call {
        self.anonymous_call(method, path).bearer(&self.token)
    }

    /// Makes a call below the app's path without a token.
    pub fn anonymous_call(&self, method: Method, path: &str) -> Call {
        self.api.call(method, &format!("/{}/{}{path}", segment(&self.org), segment(&self.app)))
    }

    // ---- tokens ----

    /// Returns an app token. Without a lifetime it has the API's default.
    pub async fn app_token(&self, ttl_seconds: Option<u64>) -> Result<String, StackError> {
        let mut body = json!({
            "grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret,
        });
        if let Some(seconds) = ttl_seconds {
            body["ttl"] = json!(seconds);
        }
        let answer = self.anonymous_call(Method::POST, "/token").json(&body).send().await?.success()?;
        text(&answer, "access_token")
    }

    /// Returns a token of one user.
    pub async fn user_token(&self, user: &str) -> Result<String, StackError> {
        let body = json!({"grant_type": "inherit", "username": user, "autoCreateUser": true});
        text(&self.call(Method::POST, "/token").json(&body).send().await?.success()?, "access_token")
    }

    // ---- notifiers ----

    /// Configures a vendor's certificate.
    pub async fn create_notifier(&self, name: &str, vendor: &str, credential: &Value) -> Result<Value, StackError> {
        let body = json!({"name": name, "vendor": vendor, "credential": credential});
        self.call(Method::POST, "/notifiers").json(&body).send().await?.success()
    }

    /// Returns a notifier with its health.
    pub async fn notifier(&self, name: &str) -> Result<Value, StackError> {
        self.call(Method::GET, &format!("/notifiers/{}", segment(name))).send().await?.success()
    }

    /// Changes a notifier.
    pub async fn change_notifier(&self, name: &str, change: &Value) -> Result<Value, StackError> {
        self.call(Method::PUT, &format!("/notifiers/{}", segment(name))).json(change).send().await?.success()
    }

    /// Sends one test push. Returns `data` with the vendor's answer.
    pub async fn test_notifier(&self, name: &str, device_token: &str) -> Result<Value, StackError> {
        let path = format!("/notifiers/{}/test", segment(name));
        let body = json!({"device_token": device_token});
        data(self.call(Method::POST, &path).json(&body).send().await?.success()?)
    }

    // ---- bindings ----

    /// Binds a device token. Returns the device's bindings.
    pub async fn bind(
        &self,
        user: &str,
        device_id: &str,
        device_token: &str,
        notifier: &str,
    ) -> Result<Vec<Value>, StackError> {
        let path = format!("/users/{}/push/binding", segment(user));
        let body = json!({"device_id": device_id, "device_token": device_token, "notifier_name": notifier});
        entities(self.call(Method::PUT, &path).json(&body).send().await?.success()?)
    }

    /// Returns all bindings of a user.
    pub async fn bindings(&self, user: &str) -> Result<Vec<Value>, StackError> {
        let path = format!("/users/{}/push/binding", segment(user));
        entities(self.call(Method::GET, &path).send().await?.success()?)
    }

    /// Logs a device out.
    pub async fn log_out(&self, user: &str, device_id: &str, unbind: bool) -> Result<(), StackError> {
        let path = format!("/users/{}/push/logout", segment(user));
        let body = json!({"device_id": device_id, "unbind_token": unbind});
        self.call(Method::POST, &path).json(&body).send().await?.success().map(drop)
    }

    // ---- presence ----

    /// Reports presence events. Returns the result of each.
    pub async fn report(&self, events: &[Event]) -> Result<Vec<Value>, StackError> {
        let answer = self.call(Method::POST, "/presence/events").json(&json!({"events": events})).send().await?;
        list(data(answer.success()?)?, "data")
    }

    /// Reports one event of this moment, in the session `s1` of the device.
    pub async fn report_now(&self, user: &str, device_id: &str, status: &str) -> Result<Value, StackError> {
        self.report_in("s1", user, device_id, status).await
    }

    /// Reports one event of this moment, in a session of the device.
    pub async fn report_in(
        &self,
        session: &str,
        user: &str,
        device_id: &str,
        status: &str,
    ) -> Result<Value, StackError> {
        let mut results = self.report(&[Event::now(user, device_id, session, status)]).await?;
        results.pop().ok_or(StackError::Lacking("a result"))
    }

    /// Returns whether a user is online.
    pub async fn is_online(&self, user: &str) -> Result<bool, StackError> {
        let path = format!("/users/{}/status", segment(user));
        let states = data(self.call(Method::GET, &path).send().await?.success()?)?;
        let state = states.as_object().and_then(|states| states.values().next());
        Ok(state.and_then(Value::as_str).ok_or(StackError::Lacking("a state"))? == "online")
    }

    // ---- settings of users ----

    /// Sets a user's settings for the app or one conversation. `conversation` is `user/<peer>` or `chatgroup/<group>`.
    pub async fn set_notification(&self, user: &str, conversation: &str, wish: &Value) -> Result<Value, StackError> {
        let path = format!("/users/{}/notification/{conversation}", segment(user));
        data(self.call(Method::PUT, &path).json(wish).send().await?.success()?)
    }

    /// Changes a user: nickname, display style, time zone.
    pub async fn change_user(&self, user: &str, change: &Value) -> Result<Value, StackError> {
        self.call(Method::PUT, &format!("/users/{}", segment(user))).json(change).send().await?.success()
    }

    /// Creates a template.
    pub async fn create_template(&self, template: &Value) -> Result<Value, StackError> {
        data(self.call(Method::POST, "/notification/template").json(template).send().await?.success()?)
    }

    // ---- why ----

    /// Returns what would become of a message to one receiver, and why.
    pub async fn explain(&self, message: &Value) -> Result<Value, StackError> {
        data(self.call(Method::POST, "/push/explain").json(message).send().await?.success()?)
    }

    /// Returns what became of a message, and why.
    pub async fn trace(&self, user: &str, msg_id: &str) -> Result<Value, StackError> {
        let path = format!("/push/trace/{}?user={}", segment(msg_id), segment(user));
        data(self.call(Method::GET, &path).send().await?.success()?)
    }

    // ---- messages ----

    /// Sends a message. Returns the message id of each receiver.
    pub async fn send(&self, message: &Value) -> Result<BTreeMap<String, String>, StackError> {
        ids(self.call(Method::POST, "/messages/users").json(message).send().await?)
    }

    /// Sends a message under an `Idempotency-Key`. Returns the message id of each receiver.
    pub async fn send_once(&self, message: &Value, key: &str) -> Result<BTreeMap<String, String>, StackError> {
        ids(self.call(Method::POST, "/messages/users").idempotency_key(key).json(message).send().await?)
    }

    /// Returns a text message with a title and a content for its notification.
    pub fn text(from: &str, to: &[&str], text: &str, title: &str, content: &str) -> Value {
        json!({
            "from": from, "to": to, "type": "txt", "body": {"msg": text},
            "ext": {"em_push_ext": {"title": title, "content": content}},
        })
    }
}

fn ids(answer: Answer) -> Result<BTreeMap<String, String>, StackError> {
    serde_json::from_value(data(answer.success()?)?).map_err(|_| StackError::Lacking("message ids"))
}

/// Returns a path segment, percent-encoded.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn text(body: &Value, name: &'static str) -> Result<String, StackError> {
    body[name].as_str().map(str::to_owned).ok_or(StackError::Lacking(name))
}

fn data(mut body: Value) -> Result<Value, StackError> {
    body.get_mut("data").map(Value::take).ok_or(StackError::Lacking("data"))
}

fn entities(mut body: Value) -> Result<Vec<Value>, StackError> {
    list(body["entities"].take(), "entities")
}

fn list(value: Value, name: &'static str) -> Result<Vec<Value>, StackError> {
    match value {
        Value::Array(list) => Ok(list),
        _ => Err(StackError::Lacking(name)),
    }
}
