//! Routes of notifiers: each holds one vendor credential under a name.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde_json::{Value, json};
use shared::{
    domain::{
        app::App,
        binding::DeviceToken,
        callback::event::{CallbackEvent, Happening, NotifierSwitched},
        id::{AppKey, NotifierName},
        invalid::Invalid,
        notifier::{MAX_NOTIFIERS, Notifier, NotifierState},
        push::SemanticClass,
        time::Timestamp,
        vendor::Vendor,
        visibility::Visibility,
    },
    lambda::{
        access::{Caller, path_param},
        address::Address,
        deadline::Deadline,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::RequestAttempt,
        list_page::ListPage,
        reader::Reader,
    },
    ports::{
        certificate_test::{CheckedCredential, TestPush, TestStatus},
        cipher::Purpose,
        error::StoreError,
    },
};

use crate::{
    ManageApp,
    credentials::{SaidExpiry, read_credential, read_options, receipt_secret},
    page_query::PageQuery,
};

/// Title and content of a test push whose request names none.
const TEST_TITLE: &str = "Curlew";
const TEST_CONTENT: &str = "Test push";

/// Maximum time to queue what the app's server is told.
const TELLING: Duration = Duration::from_secs(1);

/// The name of the notifier in the path.
pub struct PathNotifier(NotifierName);

impl<S: Send + Sync> FromRequestParts<S> for PathNotifier {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = path_param(parts, state, "name").await?;
        NotifierName::parse_as("name", &name).map(Self).map_err(ApiError::from)
    }
}

/// Creates a notifier (`POST /{org}/{app}/notifiers`).
pub async fn create(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    address: Address,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let (state, app) = (&*state, caller.app());
    let view = &state.view(&address, Visibility::Full);
    let fields = Fields::parse(&body)?;
    let name = NotifierName::parse_as("name", fields.text("name")?)?;
    let vendor = Vendor::parse(fields.text("vendor")?)?;
    let credential = &read_credential(vendor, fields.object("credential")?)?;
    let expiry = SaidExpiry::read(&fields)?;
    let options = read_options(vendor, fields.optional_object("options")?)?;
    let work = |attempt: RequestAttempt| async move {
        let now = attempt.since;
        let notifier = Notifier {
            credential: state.seal(app, &name, Purpose::Credential, &credential.push).await?,
            receipt_credential: state.seal_signing(app, &name, credential).await?,
            receipt_secret: receipt_secret(&*state.entropy),
            credential_expires_at: expiry.or(None),
            credential_facts: credential.facts.clone(),
            api: credential.api.clone(),
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
        let config = state.config(app).await?;
        if config.notifiers.len() >= MAX_NOTIFIERS && !config.notifiers.contains_key(&notifier.name) {
            let rule = format!("must not be new: an app has at most {MAX_NOTIFIERS} notifiers");
            return Err(Invalid::new("name", rule).into());
        }
        let health = state.health_of(app, &notifier.name).await?;
        match state.apps.create_notifier(app, &notifier).await {
            Ok(()) => {}
            // An earlier try of this call created the notifier and was interrupted before it answered.
            Err(StoreError::Conflict) if attempt.abandoned => {
                let created = state.notifier(app, &notifier.name).await?;
                state.configs.forget(app);
                return Ok(ApiReply::object(view.with_warnings(&created, &health)).created());
            }
            Err(StoreError::Conflict) => {
                return Err(ApiError::conflict(format!("the notifier {} exists", notifier.name)));
            }
            Err(error) => return Err(error.into()),
        }
        state.configs.forget(app);
        Ok(ApiReply::object(view.with_warnings(&notifier, &health)).created())
    };
    state.idempotent(&caller, "notifiers", &headers, &body).run(work).await
}

/// Lists notifiers by name (`GET /{org}/{app}/notifiers?limit&cursor`). The cursor is the last name of the previous
/// page.
pub async fn list(State(state): State<Arc<ManageApp>>, reader: Reader, address: Address, page: PageQuery) -> ApiResult {
    let visibility = reader.may_read()?;
    let config = state.config(reader.app()).await?;
    let mut notifiers: Vec<&Notifier> = config.notifiers.values().collect();
    notifiers.sort_by(|a, b| a.name.cmp(&b.name));
    notifiers.retain(|notifier| page.cursor.as_deref().is_none_or(|cursor| notifier.name.as_str() > cursor));
    let page = ListPage::cut(notifiers, page.limit);
    let names: Vec<NotifierName> = page.entries.iter().map(|notifier| notifier.name.clone()).collect();
    let health = state.health.health_of(reader.app(), &names).await?;
    let (pairs, view) = (page.entries.iter().zip(&health), state.view(&address, visibility));
    let data = pairs.map(|(one, seen)| Value::Object(view.with_health(one, seen))).collect();
    Ok(ApiReply::counted("data", data).with_cursor(page.cursor(|last| last.name.to_string())))
}

/// Shows a notifier (`GET /{org}/{app}/notifiers/{name}`).
pub async fn show(
    State(state): State<Arc<ManageApp>>,
    reader: Reader,
    address: Address,
    PathNotifier(name): PathNotifier,
) -> ApiResult {
    let visibility = reader.may_read()?;
    let notifier = state.notifier(reader.app(), &name).await?;
    Ok(ApiReply::object(state.shown_with_health(reader.app(), &notifier, &address, visibility).await?))
}

/// Changes a notifier (`PUT /{org}/{app}/notifiers/{name}`). The body may have a credential, its expiry, options, a
/// state, and a request for a new report address. A new credential or a state enables a notifier that a vendor's
/// refusal disabled. A new credential clears the expiry of the old one.
pub async fn change(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    address: Address,
    PathNotifier(name): PathNotifier,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let app = caller.app();
    let fields = Fields::parse(&body)?;
    let mut notifier = state.notifier(app, &name).await?;
    let seen = notifier.clone();
    let now = state.clock.now().max(seen.updated_at.plus(Duration::from_millis(1)));
    let asked_state = fields.optional_text("state")?.map(NotifierState::parse).transpose()?;
    if let Some(options) = fields.optional_object("options")? {
        notifier.options = read_options(notifier.vendor, Some(options))?;
    }
    let expiry = SaidExpiry::read(&fields)?;
    let mut revived = false;
    if let Some(record) = fields.optional_object("credential")? {
        let credential = read_credential(notifier.vendor, record)?;
        notifier.credential = state.seal(app, &name, Purpose::Credential, &credential.push).await?;
        notifier.receipt_credential = state.seal_signing(app, &name, &credential).await?;
        notifier.credential_expires_at = None;
        notifier.credential_facts = credential.facts;
        notifier.api = credential.api;
        notifier.fingerprint = credential.fingerprint;
        revived = notifier.state_reason.is_some();
    }
    notifier.credential_expires_at = expiry.or(notifier.credential_expires_at);
    if let Some(new_state) = asked_state.or(revived.then_some(NotifierState::Enabled)) {
        set_state(&mut notifier, new_state, now);
    }
    if fields.optional_flag("rotate_receipt_secret")?.unwrap_or(false) {
        notifier.receipt_secret = receipt_secret(&*state.entropy);
    }
    notifier.updated_at = now;
    state.apps.update_notifier(app, &notifier, &seen).await?;
    state.configs.forget(app);
    if notifier.state != seen.state {
        state.tell_switched(&caller.config.app, &notifier).await;
    }
    Ok(ApiReply::object(state.shown_with_health(app, &notifier, &address, Visibility::Full).await?))
}

/// Deletes a notifier (`DELETE /{org}/{app}/notifiers/{name}`).
pub async fn delete(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathNotifier(name): PathNotifier,
) -> ApiResult {
    caller.must_be_app()?;
    let existed = state.apps.delete_notifier(caller.app(), &name).await?;
    state.configs.forget(caller.app());
    if existed { Ok(ApiReply::data(json!({"name": name, "deleted": true}))) } else { Err(unknown(&name)) }
}

/// Sends one test push and answers with the vendor's raw response (`POST /{org}/{app}/notifiers/{name}/test`). A
/// success enables a notifier that a vendor's refusal disabled.
pub async fn test(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathNotifier(name): PathNotifier,
    RawBody(body): RawBody,
) -> ApiResult {
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
    let notifier = state.notifier(app, &name).await?;
    let mut report = state.tester.test(notifier.vendor, &push).await?;
    let checked = report.checked.take();
    if report.status == TestStatus::Success {
        state.note_tested(&caller.config.app, notifier, checked).await?;
    }
    Ok(ApiReply::data(json!(report)))
}

// ---- helpers of the routes ----

impl ManageApp {
    /// Updates a notifier after a successful test. Enables it if a vendor's refusal disabled it. Stores the credential
    /// facts that an earlier version did not store.
    async fn note_tested(&self, of: &App, seen: Notifier, checked: Option<CheckedCredential>) -> Result<(), ApiError> {
        let app = &of.key;
        let now = self.clock.now().max(seen.updated_at.plus(Duration::from_millis(1)));
        let mut notifier = seen.clone();
        if notifier.credential_facts.is_none() {
            let same = checked.filter(|checked| checked.fingerprint == notifier.fingerprint);
            notifier.credential_facts = same.map(|checked| checked.facts);
        }
        let enables = notifier.state_reason.is_some();
        if enables {
            set_state(&mut notifier, NotifierState::Enabled, now);
        }
        if notifier == seen {
            return Ok(());
        }
        notifier.updated_at = now;
        match self.apps.update_notifier(app, &notifier, &seen).await {
            Ok(()) => self.configs.forget(app),
            // The notifier changed meanwhile. Facts of the old credential are useless then, and the next test stores
            // what is missing.
            Err(StoreError::Conflict) if !enables => {}
            Err(error) => return Err(error.into()),
        }
        if enables {
            self.tell_switched(of, &notifier).await;
        }
        Ok(())
    }

    /// Tells the app's server that a notifier was switched.
    async fn tell_switched(&self, app: &App, notifier: &Notifier) {
        self.callbacks.add(app, || {
            let Notifier { name, vendor, state, .. } = notifier;
            let (notifier, vendor, state) = (name.clone(), *vendor, *state);
            let switched = NotifierSwitched { notifier, vendor, state, reason: None };
            CallbackEvent::new(self.clock.now(), Happening::Notifier(switched))
        });
        self.callbacks.flush(Deadline::after(TELLING), None).await;
    }

    async fn notifier(&self, app: &AppKey, name: &NotifierName) -> Result<Notifier, ApiError> {
        self.config(app).await?.notifiers.remove(name).ok_or_else(|| unknown(name))
    }
}

fn set_state(notifier: &mut Notifier, state: NotifierState, now: Timestamp) {
    notifier.state = state;
    notifier.state_reason = None;
    notifier.state_since = now;
}

fn unknown(name: &NotifierName) -> ApiError {
    ApiError::not_found(format!("the app has no notifier {name}"))
}
