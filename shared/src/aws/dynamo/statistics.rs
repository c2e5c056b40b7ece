//! Statistics in the table `Runtime`: a row for each hour, subject and shard.
//!
//! Every process adds to the same rows, so a row stays below the 1 KB of one write unit. Attribute names have one or
//! two letters. A vendor's refused pushes are counted by class and by reason, not by both together.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::config;
use aws_smithy_types::retry::RetryConfig;
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};

use super::{
    RuntimeTable, all_rows,
    item::{Item, ItemReader, number, row, text},
    store_error,
};
use crate::{
    domain::{
        id::AppKey,
        push::SemanticClass,
        reason::Reason,
        statistics::{CountedRow, Counts, Day, Figure, Hour, HoursOfDay, STATISTICS_RETENTION, Subject},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        error::StoreError,
        statistics::{AddCounts, EraseCounts, ReadCounts, SHARDS},
    },
};

/// Maximum parallel removals of rows.
const PARALLEL_DELETES: usize = 8;
/// Word in place of the vendor in the sort keys of suppressed receivers.
const SKIP: &str = "skip";

#[async_trait]
impl AddCounts for RuntimeTable {
    async fn add_counts(&self, app: &AppKey, added: &CountedRow, shard: u8) -> Result<(), StoreError> {
        let key = row(partition(app, added.hour.day(), shard), sort_key(added.hour, added.subject));
        let end = added.hour.begin().plus(STATISTICS_RETENTION);
        let mut update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key))
            .expression_attribute_values(":end", number(end.as_seconds()));
        let mut terms = Vec::new();
        for (figure, by) in added.counts.iter() {
            let name = attribute(figure);
            terms.push(format!("#{name} :{name}"));
            update = update
                .expression_attribute_values(format!(":{name}"), number(i64::try_from(by).unwrap_or(i64::MAX)))
                .expression_attribute_names(format!("#{name}"), name);
        }
        update = update.update_expression(format!("SET expires_at = :end ADD {}", terms.join(", ")));
        // The SDK would repeat a request whose answer was lost, and count twice.
        let once = config::Builder::new().retry_config(RetryConfig::disabled());
        update.customize().config_override(once).send().await.map_err(store_error)?;
        Ok(())
    }
}

#[async_trait]
impl ReadCounts for RuntimeTable {
    async fn counts(&self, app: &AppKey, hours: HoursOfDay, now: Timestamp) -> Result<Vec<CountedRow>, StoreError> {
        let shards = (0..SHARDS).map(|shard| self.shard_rows(app, hours, shard));
        let mut sums: BTreeMap<(Hour, Subject), Counts> = BTreeMap::new();
        for item in try_join_all(shards).await?.into_iter().flatten() {
            let reader = ItemReader(&item);
            // Rows that a newer version counts are skipped.
            let Some(place) = read_sort_key(hours.day(), reader.text("sk")?).filter(|_| !reader.has_expired(now))
            else {
                continue;
            };
            sums.entry(place).or_default().add(&read_counts(&item));
        }
        let rows = sums.into_iter().filter(|(_, counts)| !counts.is_empty());
        Ok(rows.map(|((hour, subject), counts)| CountedRow { hour, subject, counts }).collect())
    }
}

#[async_trait]
impl EraseCounts for RuntimeTable {
    async fn erase_counts(&self, app: &AppKey, hours: HoursOfDay) -> Result<(), StoreError> {
        let shards = (0..SHARDS).map(|shard| self.shard_rows(app, hours, shard));
        let rows = try_join_all(shards).await?.into_iter().flatten();
        let deletes = stream::iter(rows).map(|item| async move {
            let reader = ItemReader(&item);
            let key = row(reader.text("pk")?, reader.text("sk")?);
            let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(key));
            delete.send().await.map(drop).map_err(store_error)
        });
        deletes.buffer_unordered(PARALLEL_DELETES).try_collect().await
    }
}

impl RuntimeTable {
    /// Returns the rows of these hours in one shard.
    async fn shard_rows(&self, app: &AppKey, hours: HoursOfDay, shard: u8) -> Result<Vec<Item>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(partition(app, hours.day(), shard)))
            .expression_attribute_values(":first", text(format!("{:02}#", hours.first().of_day())))
            // Sorts after every row of the hour: `$` follows `#`.
            .expression_attribute_values(":last", text(format!("{:02}$", hours.last().of_day())));
        all_rows(query).await
    }
}

// ---- rows ----

fn partition(app: &AppKey, day: Day, shard: u8) -> String {
    format!("stat#{app}#{day}#{shard}")
}

fn sort_key(hour: Hour, subject: Subject) -> String {
    let hour = hour.of_day();
    match subject {
        Subject::Vendor(vendor) => format!("{hour:02}#{vendor}"),
        Subject::Suppressed(class) => format!("{hour:02}#{SKIP}#{}", class.name()),
    }
}

fn read_sort_key(day: Day, sk: &str) -> Option<(Hour, Subject)> {
    let (hour, subject) = sk.split_once('#')?;
    let hour = day.hour(hour.parse().ok()?)?;
    let subject = match subject.split_once('#') {
        Some((SKIP, class)) => Subject::Suppressed(SemanticClass::parse_as("class", class).ok()?),
        Some(_) => return None,
        None => Subject::Vendor(Vendor::parse(subject).ok()?),
    };
    Some((hour, subject))
}

/// Returns the attribute of a figure. Names are stored, so they must never change.
fn attribute(figure: Figure) -> String {
    match figure {
        Figure::Suppressed(reason) => format!("x{}", reason_letter(reason)),
        Figure::Accepted(class) => format!("a{}", class_letter(class)),
        Figure::RefusedOf(class) => format!("f{}", class_letter(class)),
        Figure::RefusedFor(reason) => format!("r{}", reason_letter(reason)),
        Figure::Delivered => "d".to_owned(),
        Figure::Clicked => "c".to_owned(),
    }
}

fn read_counts(item: &Item) -> Counts {
    let reader = ItemReader(item);
    let count = |name: &String| {
        let number = reader.optional_number(name)?;
        Some((read_attribute(name)?, u64::try_from(number).ok()?))
    };
    item.keys().filter_map(count).collect()
}

/// Returns the figure of an attribute, if it is one. A reason that only a newer version knows counts as unknown, so
/// sums stay right.
fn read_attribute(name: &str) -> Option<Figure> {
    let mut letters = name.chars();
    let (kind, letter) = (letters.next()?, letters.next());
    if letters.next().is_some() {
        return None;
    }
    match (kind, letter) {
        ('d', None) => Some(Figure::Delivered),
        ('c', None) => Some(Figure::Clicked),
        ('x', Some(letter)) => Some(Figure::Suppressed(read_reason(letter))),
        ('r', Some(letter)) => Some(Figure::RefusedFor(read_reason(letter))),
        ('a', Some(letter)) => read_class(letter).map(Figure::Accepted),
        ('f', Some(letter)) => read_class(letter).map(Figure::RefusedOf),
        _ => None,
    }
}

fn read_class(letter: char) -> Option<SemanticClass> {
    SemanticClass::ALL.into_iter().find(|class| class_letter(*class) == letter)
}

fn read_reason(letter: char) -> Reason {
    Reason::ALL.into_iter().find(|reason| reason_letter(*reason) == letter).unwrap_or(Reason::Unknown)
}

const fn class_letter(class: SemanticClass) -> char {
    match class {
        SemanticClass::Im => 'i',
        SemanticClass::Mention => 'm',
        SemanticClass::Call => 'c',
        SemanticClass::System => 's',
        SemanticClass::Marketing => 'k',
    }
}

pub(super) const fn reason_letter(reason: Reason) -> char {
    match reason {
        Reason::CommandMessage => 'a',
        Reason::OnlineOnly => 'b',
        Reason::LargeGroup => 'c',
        Reason::GroupDisabled => 'd',
        Reason::MessageIgnorePush => 'e',
        Reason::ExpireMessage => 'f',
        Reason::NoUserExist => 'g',
        Reason::UserBanned => 'h',
        Reason::MessageDelivered => 'i',
        Reason::UserOnline => 'j',
        Reason::WaitsForLogin => 'A',
        Reason::AnotherDeviceOnline => 'k',
        Reason::DeviceKicked => 'l',
        Reason::UserIgnorePush => 'm',
        Reason::ModeNone => 'n',
        Reason::NotMentioned => 'o',
        Reason::NoPushBinding => 'p',
        Reason::IgnorePushDeviceId => 'q',
        Reason::NotifierFiltered => 'r',
        Reason::AnotherBindingUsed => 's',
        Reason::NoNotifierExist => 't',
        Reason::NotifierDisabled => 'u',
        Reason::InvalidNotifier => 'v',
        Reason::QuotaUsedUp => 'w',
        Reason::IllegalBinding => 'x',
        Reason::PushYetButFail => 'y',
        Reason::TokenMoved => 'z',
        Reason::Unknown => '0',
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// More than one app counts in an hour on one shard.
    const LARGE: u64 = 9_999_999_999;
    /// Bytes of one write unit.
    const UNIT: usize = 1024;

    fn row_bytes(subject: Subject, figures: impl Iterator<Item = Figure>) -> usize {
        // The longest names of an app that the API accepts.
        let app = AppKey::new(&"o".repeat(64), &"a".repeat(64)).unwrap();
        let hour = Hour::of(Timestamp::from_millis(1_767_225_600_000));
        let keys = "pk".len() + partition(&app, hour.day(), 3).len() + "sk".len() + sort_key(hour, subject).len();
        // A number takes one byte for two digits and one byte more. A sign and an odd digit may add one each. Source:
        // Amazon DynamoDB, "item sizes and formats".
        let bytes = |number: u64| number.to_string().len().div_ceil(2) + 2;
        let end = "expires_at".len() + bytes(LARGE);
        keys + end + figures.map(|figure| attribute(figure).len() + bytes(LARGE)).sum::<usize>()
    }

    #[test]
    fn a_row_with_every_count_and_large_numbers_is_below_one_write_unit() {
        for vendor in Vendor::ALL {
            let bytes = row_bytes(Subject::Vendor(vendor), Figure::of_vendor());
            assert!(bytes < UNIT, "{vendor}: {bytes}");
        }
        for class in SemanticClass::ALL {
            let bytes = row_bytes(Subject::Suppressed(class), Figure::of_suppressed());
            assert!(bytes < UNIT, "{}: {bytes}", class.name());
        }
    }

    #[test]
    fn every_figure_has_an_attribute_of_its_own_and_is_read_from_it() {
        let mut names = HashSet::from(["pk".to_owned(), "sk".to_owned(), "expires_at".to_owned()]);
        for figure in Figure::of_vendor().chain(Figure::of_suppressed()) {
            let name = attribute(figure);
            assert_eq!(read_attribute(&name), Some(figure));
            assert!(names.insert(name), "{figure:?}");
        }
        for name in ["pk", "sk", "expires_at", "version", "", "a", "f9"] {
            assert_eq!(read_attribute(name), None, "{name}");
        }
    }

    #[test]
    fn what_a_later_version_counts_is_an_unknown_reason_or_left_out() {
        assert_eq!(read_attribute("x9"), Some(Figure::Suppressed(Reason::Unknown)));
        assert_eq!(read_attribute("r9"), Some(Figure::RefusedFor(Reason::Unknown)));
        let day = Day::of(Timestamp::from_millis(0));
        for sk in ["07#vendor-of-later", "07#skip#later", "07#later#im", "24#fcm", "later"] {
            assert_eq!(read_sort_key(day, sk), None, "{sk}");
        }
        let hour = day.hour(7).unwrap();
        for subject in [Subject::Vendor(Vendor::Oppo), Subject::Suppressed(SemanticClass::Call)] {
            assert_eq!(read_sort_key(day, &sort_key(hour, subject)), Some((hour, subject)));
        }
    }
}
