//! Who may call which route: what `docs/openapi.yaml` says, and tokens that nobody issued.
//!
//! The tests in one process and those of the deployed stack take their expectations from here. So no test lists routes,
//! and none can forget a new one.

mod forged;
mod rank;
mod route;

pub use forged::{Forged, forged, forged_with};
pub use rank::{Expected, Rank};
pub use route::{ApiRoute, described_routes};
