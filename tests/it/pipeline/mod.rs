//! The whole product in one process: the functions' own routers and handlers, wired as in production, with the ports in memory
//! and real HTTP to the vendor simulators. Time is a value, so retries and leases take no time.

mod acks;
mod attempts;
mod batches;
mod classes;
mod collapse;
mod deadline;
mod described;
mod directed;
mod doubts;
mod explain;
mod failures;
mod groups;
mod harmony;
mod harness;
mod honor;
mod limits;
mod meizu;
mod oppo;
mod pushes;
mod receipt_addresses;
mod receipt_reports;
mod receipts;
mod recheck;
mod refusals;
mod same_engine;
mod settings;
mod slow;
mod templates;
mod user_settings;
mod user_settings_refused;
mod vivo;
mod waited;
mod worlds;
mod xiaomi;
