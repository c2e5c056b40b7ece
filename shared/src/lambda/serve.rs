//! Runs functions: HTTP functions behind API Gateway, and functions that events invoke.

use axum::{
    Router,
    http::{HeaderName, header::HOST},
};
use lambda_http::{
    Adapter, Error, LambdaEvent, Request,
    aws_lambda_events::event::apigw::ApiGatewayV2httpRequest,
    lambda_runtime::{self, service_fn},
    request::LambdaRequest,
    tower::ServiceExt,
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

use super::{answer::Answer, deadline::Deadline, metric::Metrics};
use crate::ports::clock::Clock;

/// Characters that must be escaped in a URI. `%` is not among them, because it begins an escape.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The header in which handlers find the `Host` that the request was sent to.
pub const REACHED_AT: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Serves requests until the execution environment ends.
pub async fn serve(router: Router) -> Result<(), Error> {
    let answering = ServiceExt::<Request>::map_response(router, Answer);
    let service = Adapter::from(answering).map_request(|event: LambdaEvent<LambdaRequest>| LambdaEvent {
        payload: mended(event.payload),
        context: event.context,
    });
    lambda_runtime::run(service).await
}

/// Processes events until the execution environment ends. Each invocation has its own deadline, and writes its metrics
/// at its end.
pub async fn serve_events<E, A>(
    namespace: &str,
    clock: &dyn Clock,
    handle: impl AsyncFn(E, Deadline, &Metrics) -> A,
) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
{
    let work = service_fn(async |event: LambdaEvent<E>| {
        let metrics = Metrics::default();
        let deadline = Deadline::of_invocation(event.context.deadline, clock.now());
        let answer = handle(event.payload, deadline, &metrics).await;
        metrics.flush(namespace, clock.now(), &mut std::io::stdout().lock());
        Ok::<_, Error>(answer)
    });
    lambda_runtime::run(work).await
}

/// Returns the event in a form that a router accepts.
pub fn mended(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event {
        mend(request);
    }
    event
}

/// Escapes the URI so that it is valid whatever the caller sent.
///
/// API Gateway decodes every escape of a path except `%25`. A `#` or `?` inside a name would therefore end the path. A
/// `Host` that is no valid host name would fail the invocation if it became part of the URI. So it goes into
/// [`REACHED_AT`].
fn mend(request: &mut ApiGatewayV2httpRequest) {
    for part in [&mut request.raw_path, &mut request.raw_query_string].into_iter().flatten() {
        *part = utf8_percent_encode(part, UNSAFE).to_string();
    }
    match request.headers.remove(HOST) {
        Some(host) => drop(request.headers.insert(REACHED_AT, host)),
        None => drop(request.headers.remove(REACHED_AT)),
    }
    request.request_context.domain_name = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, query: &str, host: &str) -> Request {
        let mut event = ApiGatewayV2httpRequest::default();
        event.raw_path = Some(path.to_owned());
        event.raw_query_string = Some(query.to_owned());
        event.headers.insert(HOST, host.parse().unwrap());
        event.request_context.domain_name = Some(host.to_owned());
        event.request_context.stage = Some("$default".to_owned());
        mend(&mut event);
        LambdaRequest::ApiGatewayV2(event).into()
    }

    #[test]
    fn a_name_keeps_what_would_end_a_path() {
        for (decoded, encoded) in [
            ("/a/b/notifiers/1000#key", "/a/b/notifiers/1000%23key"),
            ("/a/b/notifiers/what?", "/a/b/notifiers/what%3F"),
            ("/a/b/notifiers/two words", "/a/b/notifiers/two%20words"),
            ("/a/b/notifiers/back\\slash", "/a/b/notifiers/back%5Cslash"),
            ("/a/b/notifiers/ä{}|^`\"<>", "/a/b/notifiers/%C3%A4%7B%7D%7C%5E%60%22%3C%3E"),
            ("/a/b/notifiers/50%25", "/a/b/notifiers/50%25"),
            ("/a/b/notifiers/50%", "/a/b/notifiers/50%"),
            ("/a/b/users/u1/status", "/a/b/users/u1/status"),
            ("//a", "//a"),
        ] {
            assert_eq!(request(decoded, "limit=1", "api.example").uri().to_string(), format!("{encoded}?limit=1"));
        }
    }

    #[test]
    fn no_query_and_no_host_can_end_an_invocation() {
        for query in ["a=b|c\"d^e`{}<>\\", "ä=ö", "a b", "cursor=%FF", "%zz"] {
            assert!(request("/health", query, "api.example").uri().query().is_some(), "{query}");
        }
        for host in ["a b", "127.0.0.1:99999", "x{y", "[::1"] {
            assert_eq!(request("/health", "", host).uri().to_string(), "/health");
        }
    }

    #[test]
    fn a_handler_still_learns_which_host_was_called() {
        assert_eq!(request("/health", "", "api.example").headers()[REACHED_AT], "api.example");
    }

    #[test]
    fn no_caller_can_name_another_host_than_it_called() {
        let mut event = ApiGatewayV2httpRequest::default();
        event.headers.insert(REACHED_AT, "elsewhere.example".parse().unwrap());
        mend(&mut event);
        assert!(event.headers.get(REACHED_AT).is_none());
    }
}
