//! The decision from outside: golden cases, and what holds for all of them.

mod case;
mod golden;
mod properties;
