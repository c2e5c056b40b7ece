//! The HTTP envelope: handlers return results, and this module writes them as the reference API does.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{FromRequest, MatchedPath, Request},
    http::{
        Method, StatusCode, Uri,
        header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER},
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{error::ApiError, route_limits::route_limits, unsupported_calls::unsupported_calls};
use crate::ports::clock::Clock;

/// A success response before it is put into the envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiReply {
    status: u16,
    fields: Map<String, Value>,
}

impl ApiReply {
    /// Returns 200 with `data`.
    pub fn data(data: impl Into<Value>) -> Self {
        Self::fields([("data", data.into())])
    }

    /// Returns 200 with `entities`.
    pub fn entities(entities: Vec<Value>) -> Self {
        Self::fields([("entities", Value::Array(entities))])
    }

    /// Returns 200 with a list under this name, and its length.
    pub fn counted(name: &str, list: Vec<Value>) -> Self {
        Self::fields([("count", json!(list.len())), (name, Value::Array(list))])
    }

    /// Returns 200 with these fields.
    pub fn fields<const N: usize>(fields: [(&str, Value); N]) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { status: StatusCode::OK.as_u16(), fields }
    }

    /// Returns 200 with the fields of an object.
    pub fn object(object: Map<String, Value>) -> Self {
        Self { status: StatusCode::OK.as_u16(), fields: object }
    }

    /// Returns the same response with the cursor of the next page, if there is one.
    #[must_use]
    pub fn with_cursor(mut self, cursor: Option<String>) -> Self {
        if let Some(cursor) = cursor {
            self.fields.insert("cursor".to_owned(), Value::String(cursor));
        }
        self
    }

    /// Returns the same response with status 201.
    #[must_use]
    pub fn created(self) -> Self {
        Self { status: StatusCode::CREATED.as_u16(), ..self }
    }
}

/// The result of a handler.
pub type ApiResult = Result<ApiReply, ApiError>;

// Handlers' results travel as response extensions to `envelope`, which alone knows when the request began.

impl IntoResponse for ApiReply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Outcome(Ok(self)));
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Outcome(Err(self)));
        response
    }
}

#[derive(Clone)]
struct Outcome(ApiResult);

/// Maximum bytes of a body on the request's route.
#[derive(Debug, Clone, Copy)]
struct MaxBody(usize);

/// The raw body of a request.
#[derive(Debug, Clone)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let most = request.extensions().get().map_or(0, |MaxBody(most)| *most);
        to_bytes(request.into_body(), most).await.map(Self).map_err(|_| body_too_large(most))
    }
}

fn body_too_large(most: usize) -> ApiError {
    ApiError::too_large(format!("the request body exceeds {most} bytes"))
}

/// Adds the fallbacks, the limits and the envelope to a function's routes. Unknown routes and methods get the error
/// envelope. A call that only Easemob has is answered with what to do instead.
pub(super) fn finish(routes: Router, clock: Arc<dyn Clock>) -> Router {
    routes
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        // One layer of three, the outermost first: each call of `layer` wraps every route at start-up.
        .layer((Extension(clock), from_fn(envelope), from_fn(limit)))
}

/// Refuses too large a body before any other work. Notes the route's maximum and its rate class for the extractors.
async fn limit(path: Option<MatchedPath>, mut request: Request, next: Next) -> Response {
    let limits = route_limits(request.method(), path.as_ref().map_or("", MatchedPath::as_str));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let length = announced.unwrap_or(0).max(request.body().size_hint().lower());
    if length > limits.max_body_bytes as u64 {
        // A call that Curlew lacks is refused as such: a smaller file would not be accepted either.
        let refused = unsupported_calls(request.method(), request.uri().path());
        return refused.unwrap_or_else(|| body_too_large(limits.max_body_bytes)).into_response();
    }
    request.extensions_mut().insert(MaxBody(limits.max_body_bytes));
    request.extensions_mut().insert(limits.class);
    next.run(request).await
}

async fn unknown_route(method: Method, uri: Uri) -> ApiError {
    let unknown = || ApiError::not_found(format!("{method} {} is not a route of this API", uri.path()));
    unsupported_calls(&method, uri.path()).unwrap_or_else(unknown)
}

async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let wrong = || ApiError::method_not_allowed(method.as_str(), uri.path());
    unsupported_calls(&method, uri.path()).unwrap_or_else(wrong)
}

async fn envelope(Extension(clock): Extension<Arc<dyn Clock>>, request: Request, next: Next) -> Response {
    let began = clock.now();
    let action = request.method().as_str().to_ascii_lowercase();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let Some(Outcome(outcome)) = response.extensions_mut().remove() else {
        return response;
    };
    let now = clock.now();
    let duration = u64::try_from(now.since(began).as_millis()).unwrap_or(0);
    let retry_after = outcome.as_ref().err().and_then(ApiError::retry_after);
    let (status, body) = match outcome {
        Ok(reply) => {
            let mut body = reply.fields;
            body.entry("action").or_insert_with(|| json!(action));
            body.insert("timestamp".into(), json!(now));
            body.insert("duration".into(), json!(duration));
            let mut segments = path.split('/').skip(1);
            if let (Some(org), Some(app), Some(rest)) = (segments.next(), segments.next(), segments.next())
                && org != "management"
            {
                body.insert("organization".into(), json!(org));
                body.insert("applicationName".into(), json!(app));
                body.insert("path".into(), json!(format!("/{rest}")));
                body.insert("uri".into(), json!(path));
            }
            (StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK), Value::Object(body))
        }
        Err(error) => (error.status(), error.body(now, duration)),
    };
    tracing::info!(http.status = status.as_u16(), http.method = action, duration, "answered");
    let mut response = (status, [(CONTENT_TYPE, "application/json;charset=UTF-8")], body.to_string()).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}
