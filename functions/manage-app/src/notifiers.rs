//! Notifiers: the vendors' certificates, by name.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, header::HOST, request::Parts},
};
use serde_json::{Map, Value, json};
use shared::{
    crypto::encoding::sha256_hex,
    domain::{
        binding::DeviceToken,
        id::{AppKey, NotifierName},
        invalid::Invalid,
        notifier::{Notifier, NotifierState},
        push::SemanticClass,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{
        access::{Caller, path_param},
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply},
        once::once,
        serve::REACHED_AT,
    },
    ports::{
        apps::NotifierHealth,
        certificate_test::{TestPush, TestStatus},
        cipher::Purpose,
        clock::Entropy,
        error::StoreError,
        vendor::Warning,
    },
    vendors,
};

use crate::{ManageApp, page::Page};

/// The most that KMS encrypts at once. Source: AWS KMS API reference, "Encrypt".
pub const MOST_CREDENTIAL_BYTES: usize = 4096;
/// What a test push says unless its request says otherwise.
const TEST_TITLE: &str = "Curlew";
const TEST_CONTENT: &str = "Test push";

/// The notifier in the path.
pub struct PathNotifier(NotifierName);

impl<S: Send + Sync> FromRequestParts<S> for PathNotifier {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = path_param(parts, state, "name").await?;
        NotifierName::parse_as("name", &name).map(Self).map_err(ApiError::from)
    }
}

/// Where the API is reached from outside: as the operator says, else as this request reached it.
pub struct Address(String);

impl FromRequestParts<Arc<ManageApp>> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<ManageApp>) -> Result<Self, ApiError> {
        if let Some(url) = &state.public_base_url {
            return Ok(Self(url.clone()));
        }
        let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let host = text(parts.headers.get(REACHED_AT).or_else(|| parts.headers.get(HOST)));
        let host = host.or_else(|| parts.uri.authority().map(ToString::to_string));
        let scheme = text(parts.headers.get("x-forwarded-proto")).unwrap_or_else(|| "https".to_owned());
        Ok(Self(format!("{scheme}://{}", host.unwrap_or_default())))
    }
}

/// `POST /{org}/{app}/notifiers`
pub async fn create(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    address: Address,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let (address, parts, app) = (&address, &*parts, caller.app());
    let fields = Fields::parse(&body)?;
    let name = NotifierName::parse_as("name", fields.text("name")?)?;
    let vendor = Vendor::parse(fields.text("vendor")?)?;
    let credential = &read_credential(vendor, fields.object("credential")?)?;
    let options = read_options(vendor, fields.optional_object("options")?)?;
    let warnings = &warnings(vendor, &credential.push, &options)?;
    once(&*parts.claims, &*parts.clock, app, "notifiers", &headers, &body, |attempt| async move {
        let now = attempt.since;
        let notifier = Notifier {
            credential: parts.seal(app, &name, Purpose::Credential, &credential.push).await?,
            receipt_credential: parts.seal_signing(app, &name, credential).await?,
            receipt_secret: receipt_secret(&*parts.entropy),
            fingerprint: credential.fingerprint.clone(),
            name,
            vendor,
            state: NotifierState::Enabled,
            state_reason: None,
            state_since: now,
            options,
            created_at: now,
            updated_at: now,
        };
        match parts.apps.create_notifier(app, &notifier).await {
            Ok(()) => {}
            // A call that was cut off after it had created the notifier is taken up here.
            Err(StoreError::Conflict) if attempt.abandoned => {
                let created = parts.notifier(app, &notifier.name).await?;
                parts.configs.forget(app);
                return Ok(Reply::object(with(shown(&created, address), warnings)).created());
            }
            Err(StoreError::Conflict) => {
                return Err(ApiError::conflict(format!("the notifier {} exists", notifier.name)));
            }
            Err(error) => return Err(error.into()),
        }
        parts.configs.forget(app);
        Ok(Reply::object(with(shown(&notifier, address), warnings)).created())
    })
    .await
}

/// `GET /{org}/{app}/notifiers?limit&cursor`: by name; the cursor is the last name of the page before.
pub async fn list(State(parts): State<Arc<ManageApp>>, caller: Caller, address: Address, page: Page) -> Answer {
    caller.must_be_app()?;
    let config = parts.config(caller.app()).await?;
    let mut notifiers: Vec<&Notifier> = config.notifiers.values().collect();
    notifiers.sort_by(|a, b| a.name.cmp(&b.name));
    notifiers.retain(|notifier| page.cursor.as_deref().is_none_or(|cursor| notifier.name.as_str() > cursor));
    let more = notifiers.len() > page.limit;
    notifiers.truncate(page.limit);
    let mut data = Vec::with_capacity(notifiers.len());
    for notifier in &notifiers {
        data.push(Value::Object(parts.shown_with_health(caller.app(), notifier, &address).await?));
    }
    let mut reply = Map::from_iter([("data".to_owned(), json!(data)), ("count".to_owned(), json!(data.len()))]);
    if let Some(last) = notifiers.last().filter(|_| more) {
        reply.insert("cursor".into(), json!(last.name));
    }
    Ok(Reply::object(reply))
}

/// `GET /{org}/{app}/notifiers/{name}`
pub async fn show(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    address: Address,
    PathNotifier(name): PathNotifier,
) -> Answer {
    caller.must_be_app()?;
    let notifier = parts.notifier(caller.app(), &name).await?;
    Ok(Reply::object(parts.shown_with_health(caller.app(), &notifier, &address).await?))
}

/// `PUT /{org}/{app}/notifiers/{name}`: any of credential, options, state and a new report address. A new credential, or the state,
/// enables a notifier that its vendor's refusal had disabled.
pub async fn change(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    address: Address,
    PathNotifier(name): PathNotifier,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let app = caller.app();
    let fields = Fields::parse(&body)?;
    let mut notifier = parts.notifier(app, &name).await?;
    let seen = notifier.updated_at;
    let now = parts.clock.now().max(seen.plus(std::time::Duration::from_millis(1)));
    let state = fields.optional_text("state")?.map(NotifierState::parse).transpose()?;
    if let Some(options) = fields.optional_object("options")? {
        notifier.options = read_options(notifier.vendor, Some(options))?;
    }
    let (mut revived, mut found) = (false, None);
    if let Some(record) = fields.optional_object("credential")? {
        let credential = read_credential(notifier.vendor, record)?;
        found = Some(warnings(notifier.vendor, &credential.push, &notifier.options)?);
        notifier.credential = parts.seal(app, &name, Purpose::Credential, &credential.push).await?;
        notifier.receipt_credential = parts.seal_signing(app, &name, &credential).await?;
        notifier.fingerprint = credential.fingerprint;
        revived = notifier.state_reason.is_some();
    }
    if let Some(state) = state.or(revived.then_some(NotifierState::Enabled)) {
        set_state(&mut notifier, state, now);
    }
    if fields.optional_flag("rotate_receipt_secret")?.unwrap_or(false) {
        notifier.receipt_secret = receipt_secret(&*parts.entropy);
    }
    notifier.updated_at = now;
    parts.apps.update_notifier(app, &notifier, seen).await?;
    parts.configs.forget(app);
    let shown = parts.shown_with_health(app, &notifier, &address).await?;
    Ok(Reply::object(match found {
        Some(warnings) => with(shown, &warnings),
        None => shown,
    }))
}

/// `DELETE /{org}/{app}/notifiers/{name}`
pub async fn delete(State(parts): State<Arc<ManageApp>>, caller: Caller, PathNotifier(name): PathNotifier) -> Answer {
    caller.must_be_app()?;
    let existed = parts.apps.delete_notifier(caller.app(), &name).await?;
    parts.configs.forget(caller.app());
    if existed { Ok(Reply::data(json!({"name": name, "deleted": true}))) } else { Err(unknown(&name)) }
}

/// `POST /{org}/{app}/notifiers/{name}/test`: one push, with the vendor's raw answer. A success enables a notifier that its
/// vendor's refusal had disabled.
pub async fn test(
    State(parts): State<Arc<ManageApp>>,
    caller: Caller,
    PathNotifier(name): PathNotifier,
    RawBody(body): RawBody,
) -> Answer {
    caller.must_be_app()?;
    let app = caller.app();
    let fields = Fields::parse(&body)?;
    let push = TestPush {
        app: app.clone(),
        notifier: name.clone(),
        device_token: DeviceToken::parse(fields.text("device_token")?)?,
        title: fields.optional_text("title")?.unwrap_or(TEST_TITLE).to_owned(),
        content: fields.optional_text("content")?.unwrap_or(TEST_CONTENT).to_owned(),
        class: match fields.optional_text("class")? {
            Some(name) => SemanticClass::parse_as("class", name)?,
            None => SemanticClass::Im,
        },
    };
    let mut notifier = parts.notifier(app, &name).await?;
    let report = parts.tester.test(notifier.vendor, &push).await?;
    if report.status == TestStatus::Success && notifier.state_reason.is_some() {
        let seen = notifier.updated_at;
        let now = parts.clock.now().max(seen.plus(std::time::Duration::from_millis(1)));
        set_state(&mut notifier, NotifierState::Enabled, now);
        notifier.updated_at = now;
        parts.apps.update_notifier(app, &notifier, seen).await?;
        parts.configs.forget(app);
    }
    Ok(Reply::data(json!(report)))
}

// ---- parts of the calls ----

impl ManageApp {
    async fn notifier(&self, app: &AppKey, name: &NotifierName) -> Result<Notifier, ApiError> {
        self.config(app).await?.notifiers.remove(name).ok_or_else(|| unknown(name))
    }

    async fn seal(
        &self,
        app: &AppKey,
        name: &NotifierName,
        purpose: Purpose,
        record: &Value,
    ) -> Result<Vec<u8>, ApiError> {
        Ok(self.cipher.encrypt(app, name, purpose, record.to_string().as_bytes()).await?)
    }

    async fn seal_signing(
        &self,
        app: &AppKey,
        name: &NotifierName,
        credential: &Credential,
    ) -> Result<Option<Vec<u8>>, ApiError> {
        match &credential.signing {
            Some(signing) => self.seal(app, name, Purpose::Receipt, signing).await.map(Some),
            None => Ok(None),
        }
    }

    async fn shown_with_health(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        address: &Address,
    ) -> Result<Map<String, Value>, ApiError> {
        let seen = self.health.health(app, &notifier.name).await?;
        let mut health = json!({"state": notifier.state, "since": notifier.state_since});
        let optional = [
            ("reason", notifier.state_reason.clone().map(Value::from)),
            ("last_success", seen.last_success.map(|at| json!(at))),
            ("last_failure", seen.last_failure.map(|at| json!(at))),
            ("quota", used_up(&seen, notifier, self.clock.now())),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                health[name] = value;
            }
        }
        let mut shown = shown(notifier, address);
        shown.insert("health".into(), health);
        Ok(shown)
    }
}

/// The quotas that are used up now, by class.
fn used_up(health: &NotifierHealth, notifier: &Notifier, now: Timestamp) -> Option<Value> {
    let holding = health.quotas.iter().filter(|(_, quota)| quota.holds(&notifier.fingerprint, now));
    let shown: Map<String, Value> = holding
        .map(|(class, quota)| (class.name().to_owned(), json!({"code": quota.code, "until": quota.until})))
        .collect();
    (!shown.is_empty()).then_some(Value::Object(shown))
}

fn set_state(notifier: &mut Notifier, state: NotifierState, now: Timestamp) {
    notifier.state = state;
    notifier.state_reason = None;
    notifier.state_since = now;
}

fn shown(notifier: &Notifier, Address(base): &Address) -> Map<String, Value> {
    let mut shown = json!({
        "name": notifier.name,
        "vendor": notifier.vendor,
        "state": notifier.state,
        "options": notifier.options,
        "createdAt": notifier.created_at,
        "updatedAt": notifier.updated_at,
        "fingerprint": notifier.fingerprint,
    });
    if vendors::receipts(notifier.vendor).is_some() {
        let (vendor, secret) = (notifier.vendor, &notifier.receipt_secret);
        shown["receipt_url"] = json!(format!("{base}/push/report/{vendor}/{secret}"));
    }
    match shown {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What keeps the vendor from showing pushes as they are meant.
fn warnings(vendor: Vendor, credential: &Value, options: &Map<String, Value>) -> Result<Vec<Warning>, Invalid> {
    let credential = credential.as_object().cloned().unwrap_or_default();
    vendors::preflight::preflight(vendor, &credential, options, &SemanticClass::ALL)
}

fn with(mut shown: Map<String, Value>, warnings: &[Warning]) -> Map<String, Value> {
    shown.insert("warnings".into(), json!(warnings));
    shown
}

/// A credential record in its vendor's form.
struct Credential {
    /// what to push with
    push: Value,
    /// what reports are signed with
    signing: Option<Value>,
    /// tells credentials apart without showing them
    fingerprint: String,
}

fn read_credential(vendor: Vendor, record: &Map<String, Value>) -> Result<Credential, Invalid> {
    let mut push = vendors::rules(vendor).credential(record)?;
    let text = push.to_string();
    if text.len() > MOST_CREDENTIAL_BYTES {
        return Err(Invalid::new("credential", format!("must be at most {MOST_CREDENTIAL_BYTES} bytes as JSON")));
    }
    let signing = vendors::receipts(vendor).and_then(|reader| reader.take_signing(&mut push));
    Ok(Credential { push, signing, fingerprint: sha256_hex(text.as_bytes())[..16].to_owned() })
}

/// The unguessable part of a report address.
fn receipt_secret(entropy: &dyn Entropy) -> String {
    format!("{:032x}", entropy.bits())
}

fn read_options(vendor: Vendor, options: Option<&Map<String, Value>>) -> Result<Map<String, Value>, Invalid> {
    let mut options = options.cloned().unwrap_or_default();
    // As everywhere, `null` counts as missing.
    options.retain(|_, value| !value.is_null());
    vendors::rules(vendor).options(&options)?;
    vendors::rate::tokens_per_second(&options)?;
    Ok(options)
}

fn unknown(name: &NotifierName) -> ApiError {
    ApiError::not_found(format!("the app has no notifier {name}"))
}
