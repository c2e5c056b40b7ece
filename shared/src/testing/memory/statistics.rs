//! Statistics in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryRuntime, lock};
use crate::{
    domain::{
        id::AppKey,
        statistics::{CountedRow, Counts, Hour, HoursOfDay, STATISTICS_RETENTION, Subject},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        statistics::{AddCounts, EraseCounts, ReadCounts},
    },
};

/// The counts of every app.
pub(super) type AllCounts = BTreeMap<AppKey, BTreeMap<(Hour, Subject), Counts>>;

impl MemoryRuntime {
    /// Returns every count of an app.
    pub fn all_counts(&self, app: &AppKey) -> Counts {
        let mut sum = Counts::default();
        lock(&self.counts).get(app).into_iter().flat_map(BTreeMap::values).for_each(|counts| sum.add(counts));
        sum
    }
}

#[async_trait]
impl AddCounts for MemoryRuntime {
    async fn add_counts(&self, app: &AppKey, row: &CountedRow, _: u8) -> Result<(), StoreError> {
        self.faults.before("add_counts").await?;
        self.faults.meet_throttle("add_counts", app.as_str())?;
        {
            let mut counts = lock(&self.counts);
            counts.entry(app.clone()).or_default().entry((row.hour, row.subject)).or_default().add(&row.counts);
        }
        self.faults.meet_silence("add_counts", app.as_str()).await;
        self.faults.after("add_counts")
    }
}

#[async_trait]
impl ReadCounts for MemoryRuntime {
    async fn counts(&self, app: &AppKey, hours: HoursOfDay, now: Timestamp) -> Result<Vec<CountedRow>, StoreError> {
        self.faults.before("counts").await?;
        let all = lock(&self.counts);
        let asked = all.get(app).into_iter().flatten();
        let asked =
            asked.filter(|((hour, _), _)| hours.contains(*hour) && now < hour.begin().plus(STATISTICS_RETENTION));
        Ok(asked
            .map(|((hour, subject), counts)| CountedRow { hour: *hour, subject: *subject, counts: counts.clone() })
            .collect())
    }
}

#[async_trait]
impl EraseCounts for MemoryRuntime {
    async fn erase_counts(&self, app: &AppKey, hours: HoursOfDay) -> Result<(), StoreError> {
        self.faults.before("erase_counts").await?;
        if let Some(counts) = lock(&self.counts).get_mut(app) {
            counts.retain(|(hour, _), _| !hours.contains(*hour));
        }
        self.faults.after("erase_counts")
    }
}
