//! A vendor's tables of codes, and how an answer is looked up in them.

use std::{borrow::Borrow, fmt::Display};

use serde_json::Value;

use super::{Refusal, Verdict};
use crate::transport::Reply;

/// One row of a vendor's table.
#[derive(Debug, Clone, Copy)]
pub struct Row<K> {
    /// the code, or the HTTP status
    pub key: K,
    /// what follows from it
    pub verdict: Verdict,
    /// what it says, in our words
    pub meaning: &'static str,
    /// the page that says so
    pub source: &'static str,
}

/// Writes a row.
pub const fn row<K>(key: K, verdict: Verdict, meaning: &'static str, source: &'static str) -> Row<K> {
    Row { key, verdict, meaning, source }
}

/// Returns the verdict on a code that a table lists.
pub fn look_up<K: Borrow<Q>, Q: PartialEq + ?Sized>(table: &[Row<K>], code: &Q) -> Option<Verdict> {
    table.iter().find(|row| row.key.borrow() == code).map(|row| row.verdict)
}

/// Reads a code that is a number, or a text that holds one.
pub fn number(code: &Value) -> Option<i64> {
    code.as_i64().or_else(|| code.as_str()?.parse().ok())
}

/// The tables of one interface. The body's code decides; the HTTP status only where the body says nothing.
#[derive(Debug)]
pub struct Classifier<K: 'static> {
    /// codes of the body
    pub codes: &'static [Row<K>],
    /// HTTP statuses of answers that say nothing else
    pub statuses: &'static [Row<u16>],
    /// the verdict on any other status from 400 to 499
    pub other_4xx: Verdict,
    /// begins the name of every code, for interfaces beside that of messages
    pub prefix: &'static str,
}

impl<K> Classifier<K> {
    /// Returns the verdict on a code: that of its row, else that of the status's row. What neither lists is rejected, for
    /// vendors add codes.
    pub fn verdict<Q: PartialEq + ?Sized>(&self, code: &Q, status: u16) -> Verdict
    where
        K: Borrow<Q>,
    {
        look_up(self.codes, code).or_else(|| look_up(self.statuses, &status)).unwrap_or(Verdict::Rejected)
    }

    /// Returns what a code says of a request whose tokens it does not tell apart.
    pub fn by_code<Q: PartialEq + Display + ?Sized>(&self, code: &Q, reply: &Reply) -> Refusal
    where
        K: Borrow<Q>,
    {
        self.verdict(code, reply.status).of_request(format!("{}{code}", self.prefix), reply.retry_after)
    }

    /// Returns what the HTTP status says of a request. A status of 500 or more that no row lists is a vendor that cannot
    /// serve now, and any other one is unclear.
    pub fn by_status(&self, reply: &Reply) -> Refusal {
        let verdict = look_up(self.statuses, &reply.status).unwrap_or(match reply.status {
            500.. => Verdict::Unavailable,
            400..500 => self.other_4xx,
            _ => Verdict::Unclear,
        });
        verdict.of_request(format!("{}HTTP {}", self.prefix, reply.status), reply.retry_after)
    }
}
