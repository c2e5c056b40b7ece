//! Runs cases one after another, and collects the results.

use std::{any::Any, fmt, panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;

use crate::{
    domain::{
        id::{AppKey, MessageId},
        time::Timestamp,
    },
    ports::clock::Entropy,
    testing::{chance::SeededEntropy, sample},
};

/// A run of suites.
#[derive(Debug)]
pub struct Run {
    org: String,
    begin: Timestamp,
    entropy: SeededEntropy,
    report: Report,
}

impl Run {
    /// Creates a run whose first instant is `begin`. Random names keep its apps apart from those of other runs.
    ///
    /// `begin` should be close to the real time if the table deletes expired rows itself.
    pub fn new(begin: Timestamp, entropy: &dyn Entropy) -> Self {
        let org = format!("run-{:032x}", entropy.bits());
        Self { org, begin, entropy: SeededEntropy::new(1), report: Report::default() }
    }

    /// Returns the results of the cases so far.
    pub fn report(self) -> Report {
        self.report
    }

    /// Runs one case.
    pub async fn case(&mut self, name: &str, case: impl AsyncFnOnce(&Case)) {
        let number = self.report.held.len() + self.report.broken.len();
        let app = |part: &str| sample::app_key(&format!("{}#{part}-{number}", self.org));
        let own =
            Case { app: app("own"), elsewhere: app("elsewhere"), begin: self.begin, entropy: self.entropy.clone() };
        match AssertUnwindSafe(case(&own)).catch_unwind().await {
            Ok(()) => self.report.held.push(name.to_owned()),
            Err(panic) => self.report.broken.push((name.to_owned(), text(panic.as_ref()))),
        }
    }
}

/// The surroundings of a case: apps that no other case uses, and a start time.
#[derive(Debug, Clone)]
pub struct Case {
    /// the case's app
    pub app: AppKey,
    /// a second app, which must stay unchanged
    pub elsewhere: AppKey,
    begin: Timestamp,
    /// random numbers for the case
    pub entropy: SeededEntropy,
}

impl Case {
    /// Returns the instant this many seconds after the case began.
    pub fn at(&self, seconds: u64) -> Timestamp {
        self.begin.plus(Duration::from_secs(seconds))
    }

    /// Returns the same case with another app.
    pub(super) fn part(&self, number: usize) -> Self {
        Self { app: sample::app_key(&format!("{}-{number}", self.app)), ..self.clone() }
    }

    /// Returns a new message id.
    pub fn message_id(&self) -> MessageId {
        self.entropy.message_id(self.begin)
    }
}

/// The results of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// the cases that passed
    pub held: Vec<String>,
    /// the cases that failed, with their errors
    pub broken: Vec<(String, String)>,
}

impl Report {
    /// Panics with the names of the failed cases, or if there were no cases.
    pub fn assert(&self) {
        assert!(self.broken.is_empty() && !self.held.is_empty(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases hold, {} do not", self.held.len(), self.broken.len())?;
        self.broken.iter().try_for_each(|(name, found)| write!(f, "\n  {name}: {found}"))
    }
}

fn text(panic: &(dyn Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().cloned();
    owned.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Defines a suite of cases: functions of the subject and the [`Case`].
macro_rules! suite {
    ($name:literal on $subject:ty: $($case:ident),+ $(,)?) => {
        pub(super) async fn suite(subject: &$subject, run: &mut crate::testing::contract::Run) {
            $(
                let name = concat!($name, ": ", stringify!($case));
                run.case(name, async |case: &crate::testing::contract::Case| $case(subject, case).await).await;
            )+
        }
    };
}
pub(super) use suite;
