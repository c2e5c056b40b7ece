//! The rows of push labels: keys, and how labels are read.

use super::item::{Item, ItemReader, corrupt, row};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, LabelId, LabelName},
        push_label::{LabelKey, PushLabel},
    },
    ports::error::StoreError,
};

/// Prefix of the sort keys of labels.
pub(super) const LABEL: &str = "label#";
/// Sorts after every row of a label, and after every label: no name and no digit sorts after `~`.
pub(super) const END: &str = "~";
/// Sort key of the number of labels.
const COUNT: &str = "count";
/// Attribute with the id of a label, in all of its rows.
pub(super) const ID: &str = "id";
/// Attribute with the number of users, in a row that counts.
pub(super) const USERS: &str = "users";
/// Attribute with the number of labels.
pub(super) const LABELS: &str = "labels";
/// Rows of a label: its own and those that count.
pub(super) const ROWS: usize = 1 + Shard::COUNT as usize;

pub(super) fn labels_pk(app: &AppKey) -> String {
    format!("labels#{app}")
}

pub(super) fn count_key(app: &AppKey) -> Item {
    row(labels_pk(app), COUNT)
}

pub(super) fn label_key(app: &AppKey, name: &LabelName) -> Item {
    row(labels_pk(app), format!("{LABEL}{name}"))
}

/// Returns the key of a row that counts users. No name contains a `#`, and every other character of a name sorts after
/// it. So these rows follow their label's own row.
pub(super) fn counter_key(app: &AppKey, name: &LabelName, shard: Shard) -> Item {
    row(labels_pk(app), format!("{LABEL}{name}#{}", shard.digit()))
}

/// Reads labels from their rows. Each label's own row comes before those that count its users. A row alone may count
/// less than none, because users are added by one and removed by another.
pub(super) fn read_labels(items: &[Item]) -> Result<Vec<PushLabel>, StoreError> {
    let mut labels: Vec<(PushLabel, i64)> = Vec::new();
    for item in items {
        let reader = ItemReader(item);
        let sk = reader.text("sk")?.strip_prefix(LABEL).ok_or_else(|| corrupt("sk"))?;
        let id = reader.parsed(ID, LabelId::parse)?;
        match sk.split_once('#') {
            None => labels.push((read_label(&reader, sk, id)?, 0)),
            Some((name, _)) => {
                let own = |(label, _): &&mut (PushLabel, i64)| label.key.name.as_str() == name && label.key.id == id;
                if let Some((_, users)) = labels.last_mut().filter(own) {
                    *users += reader.optional_number(USERS).ok_or_else(|| corrupt(USERS))?;
                }
            }
        }
    }
    let counted = |(label, users)| PushLabel { users: u64::try_from(users).unwrap_or_default(), ..label };
    Ok(labels.into_iter().map(counted).collect())
}

fn read_label(reader: &ItemReader<'_>, name: &str, id: LabelId) -> Result<PushLabel, StoreError> {
    let name = LabelName::parse(name).map_err(|_| corrupt("sk"))?;
    Ok(PushLabel {
        key: LabelKey { name, id },
        description: reader.optional_text("description").unwrap_or_default().to_owned(),
        created_at: reader.time("created_at")?,
        users: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::dynamo::item::{number, text},
        domain::time::Timestamp,
    };

    #[test]
    fn rows_that_count_less_than_none_add_up_with_the_others() {
        let app = AppKey::parse("acme#chat").unwrap();
        let (vip, id) = (LabelName::parse("vip").unwrap(), LabelId::new(7));
        let mut own = label_key(&app, &vip);
        own.insert("created_at".into(), number(1));
        let mut rows = vec![own];
        for (shard, users) in Shard::all().zip([-11, 0, 80, -49]) {
            let mut counter = counter_key(&app, &vip, shard);
            counter.insert(USERS.into(), number(users));
            rows.push(counter);
        }
        // A row of a former label of the name, which a read may meet while labels change.
        let mut former = counter_key(&app, &vip, Shard::all().last().unwrap());
        former.insert(USERS.into(), number(5));
        rows.push(former);
        let ids = [vec![id.clone(); 5], vec![LabelId::new(8)]].concat();
        for (row, id) in rows.iter_mut().zip(ids) {
            row.insert(ID.into(), text(id.as_str()));
        }
        let read = read_labels(&rows).unwrap();
        let expected = PushLabel {
            key: LabelKey { name: vip, id },
            description: String::new(),
            created_at: Timestamp::from_millis(1),
            users: 20,
        };
        assert_eq!(read, [expected]);
    }
}
