//! The routes of an HTTP function, from which its router is built. Tests compare them with the template.

use std::fmt;

use axum::{
    Router,
    handler::Handler,
    http::Method,
    routing::{MethodFilter, MethodRouter},
};

/// Routes whose handlers take the state `S`.
#[derive(Debug)]
pub struct Routes<S> {
    listed: Vec<(Method, &'static str)>,
    router: Router<S>,
}

/// A handler with the method that it answers.
pub struct MethodHandler<S> {
    method: Method,
    add: Box<dyn FnOnce(MethodRouter<S>) -> MethodRouter<S>>,
}

impl<S> fmt::Debug for MethodHandler<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodHandler").field("method", &self.method).finish_non_exhaustive()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Returns an empty list of routes.
    pub fn new() -> Self {
        Self { listed: Vec::new(), router: Router::new() }
    }

    /// Adds the routes of a path, one for each method.
    #[must_use]
    pub fn route<const N: usize>(mut self, path: &'static str, handlers: [MethodHandler<S>; N]) -> Self {
        self.listed.extend(handlers.iter().map(|handler| (handler.method.clone(), path)));
        let methods = handlers.into_iter().fold(MethodRouter::new(), |methods, handler| (handler.add)(methods));
        self.router = self.router.route(path, methods);
        self
    }

    /// Returns the method and the path of each route.
    pub fn listed(&self) -> &[(Method, &'static str)] {
        &self.listed
    }

    /// Returns a router of these routes.
    pub fn into_router(self) -> Router<S> {
        self.router
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// Routes `GET` to a handler. `HEAD` gets the same response without its body.
pub fn get<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> MethodHandler<S> {
    method_handler(Method::GET, MethodFilter::GET, handler)
}

/// Routes `POST` to a handler.
pub fn post<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> MethodHandler<S> {
    method_handler(Method::POST, MethodFilter::POST, handler)
}

/// Routes `PUT` to a handler.
pub fn put<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> MethodHandler<S> {
    method_handler(Method::PUT, MethodFilter::PUT, handler)
}

/// Routes `DELETE` to a handler.
pub fn delete<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> MethodHandler<S> {
    method_handler(Method::DELETE, MethodFilter::DELETE, handler)
}

fn method_handler<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(
    method: Method,
    filter: MethodFilter,
    handler: H,
) -> MethodHandler<S> {
    MethodHandler { method, add: Box::new(move |methods| methods.on(filter, handler)) }
}
