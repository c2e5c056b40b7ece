//! Tests of the decision: golden cases, and properties of every decision.

mod case;
mod golden;
mod properties;
