//! An earlier or a later version works beside the present one, and writes some of a queue's records in its own words.

use std::{cell::RefCell, collections::BTreeMap, sync::LazyLock};

use curlew_tests::{
    history::What,
    upgrade::{
        Version,
        other_versions::{as_written_by, as_written_later, in_a_later_form},
    },
};
use serde_json::Value;
use shared::testing::memory::Queued;

use super::{
    random::Random,
    story::{Function, Queue, RecordTrouble, Story, Trouble, TroubleKind},
    world::World,
};

static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(Version::all);

/// Returns the records of a queue that another version writes for a while.
pub fn trouble(random: &Random, _: &Story) -> TroubleKind {
    let of = *random.pick(&[Queue::Dispatch, Queue::Dispatch, Queue::Push, Queue::Direct]);
    let how = match random.below(6) {
        0..3 => RecordTrouble::OfEarlier(random.below(VERSIONS.len()) as u8),
        3..5 => RecordTrouble::OfLater,
        _ => RecordTrouble::InLaterForm,
    };
    TroubleKind::Records { of, how, percent: random.between(20, 100) as u8 }
}

/// The records of one queue that only a later version reads, with what it reads in them.
#[derive(Default)]
pub struct LaterForms(RefCell<BTreeMap<String, String>>);

impl LaterForms {
    /// Returns a record as the version writes it that `how` names.
    pub fn write(&self, queue: &str, body: String, how: Option<RecordTrouble>) -> String {
        let Ok(record) = serde_json::from_str::<Value>(&body) else { return body };
        let kind = if queue.starts_with("push-") { "push" } else { queue };
        match how {
            Some(RecordTrouble::OfEarlier(version)) => {
                let written = as_written_by(&VERSIONS[usize::from(version)], kind, &record);
                written.map_or(body, |written| written.to_string())
            }
            Some(RecordTrouble::OfLater) => as_written_later(&record).to_string(),
            Some(RecordTrouble::InLaterForm) => {
                let later = in_a_later_form(&record).to_string();
                self.0.borrow_mut().insert(later.clone(), body);
                later
            }
            _ => body,
        }
    }

    /// Returns a record that came back to its queue as the later version takes it from there.
    pub fn read(&self, put: Queued) -> Queued {
        match self.0.borrow().get(&put.body) {
            Some(own) if put.reads > 0 => Queued { body: own.clone(), reads: 0, ..put },
            _ => put,
        }
    }
}

impl RecordTrouble {
    /// Returns whether another version writes the record. Nobody may feel that, except that a later form comes back once.
    pub fn is_of_version(self) -> bool {
        matches!(self, Self::OfEarlier(_) | Self::OfLater | Self::InLaterForm)
    }
}

impl World {
    /// Writes down which versions work beside the present one.
    pub fn note_versions(&self, troubles: &[Trouble]) {
        for one in troubles {
            let TroubleKind::Records { of, how, .. } = one.kind else { continue };
            let version = match how {
                RecordTrouble::OfEarlier(version) => VERSIONS[usize::from(version)].name.clone(),
                RecordTrouble::OfLater | RecordTrouble::InLaterForm => "a later one".to_owned(),
                _ => continue,
            };
            let function = match of {
                Queue::Dispatch => Function::IngestMessage,
                Queue::Direct => Function::ReportPresence,
                _ => Function::CheckPresence,
            };
            self.recorder.add(What::Deployed { function: function.name().to_owned(), version });
        }
    }
}
