//! Code that Lambda functions share: the HTTP envelope, authentication, queue batches, telemetry.

pub mod access;
pub mod acks;
pub mod address;
pub mod batch;
pub mod deadline;
pub mod error;
pub mod fields;
pub mod gate;
pub mod http;
pub mod id_list;
pub mod idempotency;
pub mod instant_call;
pub mod list_page;
pub mod message;
pub mod metric;
pub mod page_query;
pub mod query;
pub mod rate;
pub mod reader;
pub mod route_limits;
pub mod routes;
pub mod serve;
pub mod telemetry;
pub mod token;
pub mod unsupported_calls;
pub mod user_entity;
mod user_errors;
