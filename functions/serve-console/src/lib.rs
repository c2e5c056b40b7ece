//! HTTP function `serve-console`: the files of the console, and nothing else.
//!
//! | route | does |
//! |---|---|
//! | `GET /console` | leads to the page |
//! | `GET /console/` | the page |
//! | `GET /console/{file}` | a file of the page |
//!
//! The files are embedded. What the page shows comes from the public API, with the bearer that its user entered. So this function reads
//! no table, knows no app and needs no right but to log.

mod encoding;
mod files;
mod handler;

pub use handler::{router, routes};
