//! HTTP function `serve-console`: serves the files of the console, and nothing else.
//!
//! | route | does |
//! |---|---|
//! | `GET /console` | redirects to the page |
//! | `GET /console/` | returns the page |
//! | `GET /console/{file}` | returns a file of the page |
//!
//! The files are embedded. The page gets its data from the public API, with the bearer token that its user enters. So
//! this function reads no table, and needs no permission except to write logs.

mod encoding;
mod files;
mod handler;

pub use handler::{router, routes};
