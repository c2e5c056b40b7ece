//! Runs cases one after another and notes what came of them.

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
    /// A run that takes `begin` for its first instant and keeps its apps apart from those of other runs by chance.
    ///
    /// `begin` should be close to the real time where a table deletes expired rows by itself.
    pub fn new(begin: Timestamp, entropy: &dyn Entropy) -> Self {
        let org = format!("run-{:032x}", entropy.bits());
        Self { org, begin, entropy: SeededEntropy::new(1), report: Report::default() }
    }

    /// What came of the cases so far.
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

/// What a case finds: apps that nobody else uses, and a time to begin at.
#[derive(Debug, Clone)]
pub struct Case {
    /// the case's app
    pub app: AppKey,
    /// a second app, to see that it stays as it is
    pub elsewhere: AppKey,
    begin: Timestamp,
    /// the case's chance
    pub entropy: SeededEntropy,
}

impl Case {
    /// An instant, this many seconds after the case began.
    pub fn at(&self, seconds: u64) -> Timestamp {
        self.begin.plus(Duration::from_secs(seconds))
    }

    /// The same case in a further app of its own.
    pub(super) fn part(&self, number: usize) -> Self {
        Self { app: sample::app_key(&format!("{}-{number}", self.app)), ..self.clone() }
    }

    /// A message id that nobody has had.
    pub fn message_id(&self) -> MessageId {
        self.entropy.message_id(self.begin)
    }
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// the cases that hold
    pub held: Vec<String>,
    /// the cases that do not, with what they found
    pub broken: Vec<(String, String)>,
}

impl Report {
    /// Panics with the names of the cases that do not hold; also when there were no cases at all.
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

/// Makes a suite of cases: functions of the subject and the [`Case`].
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
