//! The control interface under `/_sim`.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Query as Parameters, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::wire::{
    Deliveries, Devices, Expire, Expired, Failure, Health, Identified, MadeOf, Query, Requests, Reset, Rules, Unknown,
    Views,
};
use super::{Control, Refused, no_vendor};
use crate::simulators::engine::{Counts, NewCredential, Part, ReceiptOrder};
use crate::simulators::{configured, simulator};

/// Returns the routes of the control interface.
pub fn router(control: Control) -> Router {
    let operations = Router::new()
        .route("/health", routing::get(health))
        .route("/requests", routing::get(requests))
        .route("/deliveries", routing::get(deliveries))
        .route("/device", routing::get(device))
        .route("/devices", routing::get(devices).post(add_devices))
        .route("/counts", routing::get(counts))
        .route("/test-accounts", routing::get(async || Json(configured())))
        .route("/device-token", routing::get(device_token))
        .route("/credentials", routing::post(add_credential).delete(remove_credential))
        .route("/unknown-tokens", routing::post(unknown_tokens))
        .route("/faults", routing::get(faults).post(add_faults).delete(clear_faults))
        .route("/expire-tokens", routing::post(expire_tokens))
        .route("/receipts", routing::post(receipts))
        .route("/reset", routing::post(reset))
        .fallback(async || (StatusCode::NOT_FOUND, Json(Failure { error: "no such operation".to_owned() })))
        .with_state(control);
    Router::new().nest("/_sim", operations)
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(Failure { error: self.0 })).into_response()
    }
}

/// Reads a body whatever its content type. An empty body counts as `{}`.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}".as_slice() } else { body };
    serde_json::from_slice(body).map_err(|error| Refused(error.to_string()))
}

fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refused> {
    Parameters::try_from_uri(uri).map(|Parameters(read)| read).map_err(|error| Refused(error.body_text()))
}

fn required(value: Option<String>, name: &str) -> Result<String, Refused> {
    value.ok_or_else(|| Refused(format!("parameter {name} is missing")))
}

async fn health(State(control): State<Control>) -> Json<Health> {
    Json(Health { vendors: control.vendors().into_iter().map(str::to_owned).collect() })
}

async fn requests(State(control): State<Control>, uri: Uri) -> Result<Json<Requests>, Refused> {
    let query: Query = parameters(&uri)?;
    let (at_least, longest) = (query.at_least, Duration::from_millis(query.wait_ms));
    Ok(Json(Requests { requests: control.wait_for_requests(&query.filter(), at_least, longest).await }))
}

async fn deliveries(State(control): State<Control>, uri: Uri) -> Result<Json<Deliveries>, Refused> {
    let query: Query = parameters(&uri)?;
    let (at_least, longest) = (query.at_least, Duration::from_millis(query.wait_ms));
    Ok(Json(Deliveries { deliveries: control.wait_for_deliveries(&query.filter(), at_least, longest).await }))
}

/// Returns a device token that is derived from a text, for scripts that register phones of every vendor.
async fn device_token(uri: Uri) -> Result<Response, Refused> {
    let MadeOf { vendor, text } = parameters(&uri)?;
    let simulator = simulator(&vendor).ok_or_else(|| no_vendor(&vendor))?;
    Ok(Json(json!({"token": (simulator.interface().device_token_of)(&text)})).into_response())
}

async fn device(State(control): State<Control>, uri: Uri) -> Result<Response, Refused> {
    let which: Identified = parameters(&uri)?;
    let view = control.device(&required(which.vendor, "vendor")?, &required(which.token, "token")?);
    Ok(Json(view).into_response())
}

async fn devices(State(control): State<Control>, uri: Uri) -> Result<Json<Views>, Refused> {
    let which: Identified = parameters(&uri)?;
    Ok(Json(Devices { devices: control.devices(which.vendor.as_deref()) }))
}

async fn add_devices(State(control): State<Control>, body: Bytes) -> Result<StatusCode, Refused> {
    let Devices { devices } = read::<Devices>(&body)?;
    control.add_devices(devices)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn counts(State(control): State<Control>) -> Json<Counts> {
    Json(control.counts())
}

async fn add_credential(State(control): State<Control>, body: Bytes) -> Result<Response, Refused> {
    let id = control.add_credential(read::<NewCredential>(&body)?)?;
    Ok(Json(json!({ "id": id })).into_response())
}

async fn remove_credential(State(control): State<Control>, uri: Uri) -> Result<StatusCode, Refused> {
    let which: Identified = parameters(&uri)?;
    let removed = control.remove_credential(&required(which.vendor, "vendor")?, &required(which.id, "id")?);
    Ok(if removed { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
}

async fn unknown_tokens(State(control): State<Control>, body: Bytes) -> Result<StatusCode, Refused> {
    let Unknown { vendor, are } = read(&body)?;
    control.set_unknown_tokens(&vendor, are)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn faults(State(control): State<Control>) -> Json<Rules> {
    Json(Rules { rules: control.faults() })
}

async fn add_faults(State(control): State<Control>, body: Bytes) -> Result<StatusCode, Refused> {
    let Rules { rules } = read(&body)?;
    control.add_faults(rules)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(control): State<Control>, uri: Uri) -> Result<StatusCode, Refused> {
    let which: Identified = parameters(&uri)?;
    control.clear_faults(which.vendor.as_deref());
    Ok(StatusCode::NO_CONTENT)
}

async fn expire_tokens(State(control): State<Control>, body: Bytes) -> Result<Json<Expired>, Refused> {
    let Expire { vendor } = read(&body)?;
    Ok(Json(Expired { expired: control.expire_tokens(vendor.as_deref()) }))
}

async fn receipts(State(control): State<Control>, body: Bytes) -> Result<Response, Refused> {
    let order: ReceiptOrder = read(&body)?;
    Ok(Json(json!({ "status": control.send_receipt(&order).await? })).into_response())
}

async fn reset(State(control): State<Control>, body: Bytes) -> Result<StatusCode, Refused> {
    let Reset { parts } = read(&body)?;
    control.reset(parts.as_deref().unwrap_or(&Part::ALL));
    Ok(StatusCode::NO_CONTENT)
}
