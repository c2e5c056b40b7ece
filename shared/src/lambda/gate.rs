//! The gate of the HTTP functions, which every call passes before its handler runs.
//!
//! It limits bodies, authenticates callers, counts calls, and writes every response into the envelope.

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRef, FromRequestParts},
    http::request::Parts,
};

use super::{
    access::{Caller, PathApp, bearer, identify},
    error::ApiError,
    http::finish,
    rate::RequestRates,
    route_limits::RateClass,
    routes::Routes,
    signatures::Signatures,
    token::{Identity, Verified, verify},
};
use crate::{
    app_configs::AppConfigs,
    domain::{app::App, id::AppKey, time::Timestamp},
    name_ports,
    ports::{clock::Clock, names::NamePorts},
};

/// Authenticates the callers of an HTTP function, and counts their calls.
#[derive(Clone)]
pub struct Gate {
    configs: AppConfigs,
    clock: Arc<dyn Clock>,
    rates: Arc<RequestRates>,
    signatures: Arc<Signatures>,
}

name_ports! { Gate { configs, clock } without { rates, signatures } }

/// State of an HTTP function's routes: the gate, and the function's ports. Handlers take the ports as `State<Arc<P>>`.
pub struct HttpState<P> {
    pub(super) gate: Gate,
    ports: Arc<P>,
}

impl Gate {
    /// Returns a gate that has counted no call yet.
    pub fn new(configs: AppConfigs, clock: Arc<dyn Clock>) -> Self {
        Self { configs, clock, rates: Arc::default(), signatures: Arc::default() }
    }

    /// Returns the function's router: its routes and its ports behind this gate.
    pub fn guard<P: NamePorts + Send + Sync + 'static>(self, routes: Routes<HttpState<P>>, ports: P) -> Router {
        let clock = self.clock.clone();
        finish(routes.into_router().with_state(HttpState { gate: self, ports: Arc::new(ports) }), clock)
    }

    /// Authenticates the caller of the app in the path, and counts the call. Refuses support tokens.
    pub async fn caller(&self, parts: &mut Parts) -> Result<Caller, ApiError> {
        let caller = self.reader(parts).await?;
        caller.must_not_be_support()?;
        Ok(caller)
    }

    /// Authenticates the caller of the app in the path, support staff included, and counts the call.
    pub(super) async fn reader(&self, parts: &mut Parts) -> Result<Caller, ApiError> {
        let PathApp(key) = PathApp::from_request_parts(parts, &()).await?;
        let token = bearer(parts).ok_or_else(ApiError::unauthorized)?;
        let now = self.clock.now();
        let caller = identify(&self.signatures, &self.configs, &key, token, now).await?;
        self.count(parts, &key, &caller.identity, now)?;
        Ok(caller)
    }

    /// Verifies a token for this version of an app.
    pub fn verify(&self, token: &str, app: &App) -> Verified {
        verify(&self.signatures, token, app, self.clock.now())
    }

    /// Counts an authenticated call. Refuses it if the caller exceeds its calls per second.
    pub fn count(&self, parts: &Parts, app: &AppKey, caller: &Identity, now: Timestamp) -> Result<(), ApiError> {
        let Some(class) = parts.extensions.get::<RateClass>().copied() else {
            return Ok(());
        };
        let may_call = match caller {
            Identity::App => self.rates.app_may_call(app, class, now),
            Identity::User(user) => self.rates.user_may_call(app, user, class, now),
            Identity::Support => self.rates.support_may_call(app, class, now),
        };
        if may_call { Ok(()) } else { Err(class.refusal()) }
    }

    /// Counts a call by an app token under this class, too. Refuses it if there were too many.
    pub fn count_as(&self, class: RateClass, app: &AppKey) -> Result<(), ApiError> {
        match self.rates.app_may_call(app, class, self.clock.now()) {
            true => Ok(()),
            false => Err(class.refusal()),
        }
    }
}

impl<P> HttpState<P> {
    /// Returns the ports of the function.
    pub fn ports(&self) -> &P {
        &self.ports
    }
}

impl<P> Clone for HttpState<P> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), ports: self.ports.clone() }
    }
}

impl<P> FromRef<HttpState<P>> for Arc<P> {
    fn from_ref(state: &HttpState<P>) -> Self {
        state.ports.clone()
    }
}

impl<P> FromRef<HttpState<P>> for Gate {
    fn from_ref(state: &HttpState<P>) -> Self {
        state.gate.clone()
    }
}
