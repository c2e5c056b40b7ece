//! A vendor's tables of codes, and how an answer is looked up in them.

use std::{borrow::Borrow, fmt::Display};

use serde_json::Value;

use super::{Refusal, Verdict};
use crate::transport::Reply;

/// The page that says what HTTP statuses mean.
pub const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15";

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
    /// Returns the tables of an interface. Any other status from 400 to 499 is unclear.
    pub const fn of(codes: &'static [Row<K>], statuses: &'static [Row<u16>]) -> Self {
        Self { codes, statuses, other_4xx: Verdict::Unclear, prefix: "" }
    }

    /// The same with another verdict on those.
    pub const fn other_4xx(self, other_4xx: Verdict) -> Self {
        Self { other_4xx, ..self }
    }

    /// The same with names of codes that begin with `prefix`.
    pub const fn prefixed(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use shared::domain::outcome::CallError;

    use super::*;

    const SOURCE: &str = "https://example.com/codes";
    const AFTER: Duration = Duration::from_secs(7);

    static TABLES: Classifier<&str> = Classifier {
        codes: &[
            row("gone", Verdict::Unregistered { certain: true }, "no such token", SOURCE),
            row("slow down", Verdict::RateLimited { advice: None }, "too many requests", SOURCE),
            row("stale", Verdict::ExpiredOrToken, "the access token expired, or the token is wrong", SOURCE),
        ],
        statuses: &[
            row(401, Verdict::Expired, "the access token expired", SOURCE),
            row(503, Verdict::RateLimited { advice: Some(AFTER) }, "too many requests", SOURCE),
        ],
        other_4xx: Verdict::Credential,
        prefix: "test: ",
    };

    fn reply(status: u16, body: &[u8]) -> Reply {
        Reply { status, retry_after: None, body: body.to_vec() }
    }

    #[test]
    fn the_row_of_the_code_decides_then_that_of_the_status() {
        assert_eq!(TABLES.verdict("gone", 401), Verdict::Unregistered { certain: true });
        assert_eq!(TABLES.verdict("new", 401), Verdict::Expired);
    }

    #[test]
    fn a_code_that_no_row_lists_is_rejected_whatever_other_status_it_comes_with() {
        for status in [200, 400, 404, 500] {
            assert_eq!(TABLES.verdict("new", status), Verdict::Rejected);
        }
    }

    #[test]
    fn the_first_row_of_a_code_counts_and_keys_may_be_numbers() {
        let table = [row(1, Verdict::Unclear, "", SOURCE), row(1, Verdict::Rejected, "", SOURCE)];
        assert_eq!(look_up(&table, &1), Some(Verdict::Unclear));
        assert_eq!(look_up(&table, &2), None);
    }

    #[test]
    fn a_refusal_names_the_code_after_the_prefix_and_takes_over_how_long_the_vendor_asks_to_wait() {
        let reply = Reply { retry_after: Some(AFTER), ..reply(429, b"") };
        let code = "test: slow down".to_owned();
        let limited = CallError::RateLimited { code, after: Some(AFTER), asked: true };
        assert_eq!(TABLES.by_code("slow down", &reply), Refusal::Failed(limited));
    }

    #[test]
    fn a_request_for_several_tokens_calls_none_of_them_unregistered() {
        let rejected = CallError::Rejected { code: "test: gone".to_owned() };
        assert_eq!(TABLES.by_code("gone", &reply(404, b"")), Refusal::Failed(rejected));
    }

    #[test]
    fn an_expired_access_token_may_be_renewed() {
        let code = "test: stale".to_owned();
        assert_eq!(TABLES.by_code("stale", &reply(400, b"")), Refusal::Expired { code, or_token: true });
        let code = "test: HTTP 401".to_owned();
        assert_eq!(TABLES.by_status(&reply(401, b"")), Refusal::Expired { code, or_token: false });
    }

    #[test]
    fn a_status_without_a_row_is_unclear_below_400_the_vendors_own_below_500_and_then_unavailable() {
        let code = |status: u16| format!("test: HTTP {status}");
        for status in [200, 302, 399] {
            let unclear = CallError::Protocol { code: code(status) };
            assert_eq!(TABLES.by_status(&reply(status, b"")), Refusal::Failed(unclear));
        }
        for status in [400, 404, 499] {
            let credential = CallError::Credential { code: code(status) };
            assert_eq!(TABLES.by_status(&reply(status, b"")), Refusal::Failed(credential));
        }
        for status in [500, 502, 599] {
            let unavailable = CallError::Unavailable { code: code(status), after: None };
            assert_eq!(TABLES.by_status(&reply(status, b"")), Refusal::Failed(unavailable));
        }
    }

    #[test]
    fn the_row_of_a_status_beats_the_rule_for_its_hundred() {
        let limited = CallError::RateLimited { code: "test: HTTP 503".to_owned(), after: Some(AFTER), asked: false };
        assert_eq!(TABLES.by_status(&reply(503, b"")), Refusal::Failed(limited));
    }

    proptest! {
        #[test]
        fn what_a_status_says_repeats_nothing_of_the_body(status: u16, body: Vec<u8>) {
            prop_assert_eq!(TABLES.by_status(&reply(status, &body)), TABLES.by_status(&reply(status, b"")));
        }

        #[test]
        fn a_code_repeats_nothing_of_the_body_and_blames_no_token(code: String, status: u16, body: Vec<u8>) {
            let refusal = TABLES.by_code(code.as_str(), &reply(status, &body));
            prop_assert_eq!(&refusal, &TABLES.by_code(code.as_str(), &reply(status, b"")));
            let named = match refusal {
                Refusal::Expired { code, .. }
                | Refusal::Failed(CallError::Rejected { code } | CallError::RateLimited { code, .. }) => code,
                other => return Err(TestCaseError::fail(format!("{other:?}"))),
            };
            prop_assert_eq!(named, format!("test: {}", code));
        }
    }
}
