//! The HTTP handlers: they parse requests, call ports, and answer.

use std::{fmt, sync::Arc};

use axum::{
    Json, Router,
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde_json::Value;
use shared::{
    app_configs::AppConfigs,
    cache::BoundedCache,
    callbacks::Callbacks,
    domain::{
        id::{AppKey, NotifierName},
        notifier::Notifier,
        vendor::Vendor,
    },
    lambda::{
        access::path_param,
        error::ApiError,
        gate::{Gate, HttpState},
        http::RawBody,
        metric::Metrics,
        routes::{Routes, post},
    },
    name_ports,
    ports::{
        apps::{FindReceiptOwner, TrackHealth},
        cipher::{DecryptCredential, Purpose},
        clock::Clock,
        erasure::{ReadErasure, ReadVisibleSince},
        error::StoreError,
        messages::RecordReceipt,
        names::NoPort,
        suspects::SuspectTokens,
        traces::ReadTraces,
        users::{FindTokenOwner, RemoveUnregisteredToken},
    },
    statistics::Statistics,
    task_counter::TaskCounter,
};
use vendors::{
    receipt_reader,
    receipts::{ReceiptError, Report, reply},
};

use crate::click;

/// Maximum decrypted signing secrets that a process caches.
const MAX_OPEN: usize = 1000;

/// Decrypted signing secrets, each with its ciphertext.
#[derive(Debug)]
pub struct OpenedSecrets(BoundedCache<(AppKey, NotifierName), (Vec<u8>, SigningSecret)>);

impl NoPort for OpenedSecrets {}

impl Default for OpenedSecrets {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_OPEN))
    }
}

/// The key that signs reports. `Debug` shows nothing of it.
#[derive(Clone)]
struct SigningSecret(Arc<Value>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// The state of the function's handlers.
pub struct HandleReceipt {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// finds the notifier of a report address
    pub owners: Arc<dyn FindReceiptOwner>,
    /// decrypts signing secrets
    pub cipher: Arc<dyn DecryptCredential>,
    /// the secrets that it decrypted before
    pub opened: OpenedSecrets,
    /// finds the device of a token
    pub tokens: Arc<dyn FindTokenOwner>,
    /// removes unregistered tokens
    pub unregistered_tokens: Arc<dyn RemoveUnregisteredToken>,
    /// stores suspect tokens
    pub suspects: Arc<dyn SuspectTokens>,
    /// reads when notifiers last succeeded
    pub health: Arc<dyn TrackHealth>,
    /// reads erasures
    pub erasures: Arc<dyn ReadErasure>,
    /// reads since when messages belong to a user
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// reads the outcomes of pushes
    pub traces: Arc<dyn ReadTraces>,
    /// records receipts
    pub messages: Arc<dyn RecordReceipt>,
    /// counts recorded receipts
    pub statistics: Statistics,
    /// the same for tasks
    pub task_counts: TaskCounter,
    /// tells apps' servers about receipts, clicks and removed tokens
    pub callbacks: Callbacks,
    /// the namespace of its metrics
    pub metric_namespace: String,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { HandleReceipt {
    configs, owners, cipher, tokens, unregistered_tokens, suspects, health, erasures, visible_since, traces,
    messages, statistics, task_counts, callbacks, clock
} without { opened, metric_namespace } }

/// Returns the routes of this function.
pub fn routes() -> Routes<HttpState<HandleReceipt>> {
    Routes::new()
        .route("/push/report/{vendor}/{secret}", [post(report)])
        .route("/{org}/{app}/users/{username}/push/clicked", [post(click::clicked)])
}

/// Returns the routes of this function behind its gate.
pub fn router(gate: Gate, state: HandleReceipt) -> Router {
    gate.guard(routes(), state)
}

/// The vendor and the secret in the path.
struct Address {
    vendor: Vendor,
    secret: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let vendor = Vendor::parse(&path_param(parts, state, "vendor").await?).map_err(|_| unknown())?;
        Ok(Self { vendor, secret: path_param(parts, state, "secret").await? })
    }
}

async fn report(
    State(state): State<Arc<HandleReceipt>>,
    Address { vendor, secret }: Address,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Json<Value>, ApiError> {
    let reader = receipt_reader(vendor).ok_or_else(unknown)?;
    let (app, notifier) = state.notifier(vendor, &secret).await?.ok_or_else(unknown)?;
    let signing = state.signing(&app, &notifier).await?;
    let report = Report {
        headers: &headers,
        body: &body,
        signing: signing.as_ref().map(|secret| &*secret.0),
        now: state.clock.now(),
    };
    let receipts = (reader.read)(&report).map_err(refused)?;
    let metrics = Metrics::default();
    let received = state.receive(&app, &notifier, &receipts, &metrics).await;
    metrics.flush(&state.metric_namespace, state.clock.now(), &mut std::io::stdout().lock());
    received?;
    Ok(Json(reply()))
}

impl HandleReceipt {
    /// Returns the notifier that has this secret now, if it belongs to this vendor.
    async fn notifier(&self, vendor: Vendor, secret: &str) -> Result<Option<(AppKey, Notifier)>, StoreError> {
        let Some(owner) = self.owners.receipt_owner(secret).await? else {
            return Ok(None);
        };
        let found = async || {
            let config = self.configs.get(&owner.app).await?;
            let notifier = config.and_then(|config| config.notifiers.get(&owner.notifier).cloned());
            Ok::<_, StoreError>(notifier.filter(|notifier| notifier.receipt_secret == secret))
        };
        let mut notifier = found().await?;
        if notifier.is_none() {
            // The address is newer than the cached configuration.
            self.configs.forget(&owner.app);
            notifier = found().await?;
        }
        Ok(notifier.filter(|notifier| notifier.vendor == vendor).map(|notifier| (owner.app.clone(), notifier)))
    }

    async fn signing(&self, app: &AppKey, notifier: &Notifier) -> Result<Option<SigningSecret>, StoreError> {
        let Some(sealed) = &notifier.receipt_credential else {
            return Ok(None);
        };
        let key = (app.clone(), notifier.name.clone());
        let kept = self.opened.0.lock().get(&key).filter(|(from, _)| from == sealed).map(|(_, secret)| secret.clone());
        if kept.is_some() {
            return Ok(kept);
        }
        let plain = self.cipher.decrypt(app, &notifier.name, Purpose::Receipt, sealed).await?;
        let record = serde_json::from_slice(&plain);
        let record = record.map_err(|_| StoreError::Corrupt("what reports are signed with is no record".into()))?;
        let secret = SigningSecret(Arc::new(record));
        self.opened.0.lock().put(key, (sealed.clone(), secret.clone()));
        Ok(Some(secret))
    }
}

fn unknown() -> ApiError {
    ApiError::not_found("no notifier takes reports here")
}

fn refused(error: ReceiptError) -> ApiError {
    match error {
        ReceiptError::Malformed => ApiError::bad_request(error.to_string()),
        ReceiptError::Unsigned => ApiError::forbidden(error.to_string()),
    }
}
