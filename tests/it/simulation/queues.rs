//! Queues as SQS and Lambda's pollers treat them, in virtual time.
//!
//! A record is delivered at least once. While a function works on it, it is invisible; if the function dies, the record
//! becomes visible again after the visibility timeout, and after too many deliveries it goes to the dead-letter queue.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::pin,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage, SqsMessageAttribute};
use futures::future::select;
use shared::{
    domain::time::Timestamp,
    ports::{clock::Clock, queue::READS},
    testing::{chance::FixedClock, memory::MemoryQueue},
};
use tokio::sync::Notify;

use super::{
    random::Random,
    settings::QueueSettings,
    story::{Queue, RecordTrouble},
    versions::LaterForms,
    weather::Weather,
};

/// How many batches of a queue are worked on at the same time.
const POLLERS: usize = 2;

/// One queue with its records.
pub struct SimQueue {
    /// its name in the template
    pub name: String,
    queue: Queue,
    settings: QueueSettings,
    /// what the product puts
    source: Arc<MemoryQueue>,
    clock: FixedClock,
    weather: Arc<Weather>,
    random: Random,
    records: RefCell<Vec<Record>>,
    next_id: Cell<u64>,
    running: Cell<usize>,
    changed: Notify,
    later_forms: LaterForms,
    /// the bodies that were delivered too often
    dead: RefCell<Vec<String>>,
}

/// A record in a queue.
#[derive(Clone)]
struct Record {
    id: u64,
    body: String,
    reads: u32,
    visible_at: Timestamp,
    received: u32,
}

impl SimQueue {
    /// Returns a queue of this name, which holds what the product puts into `source`.
    pub fn new(
        (queue, name): (Queue, &str),
        settings: QueueSettings,
        source: Arc<MemoryQueue>,
        (clock, weather): (FixedClock, Arc<Weather>),
        seed: u64,
    ) -> Rc<Self> {
        Rc::new(Self {
            name: name.to_owned(),
            queue,
            settings,
            source,
            clock,
            weather,
            random: Random::of(seed, name),
            records: RefCell::default(),
            next_id: Cell::new(0),
            running: Cell::new(0),
            changed: Notify::new(),
            later_forms: LaterForms::default(),
            dead: RefCell::default(),
        })
    }

    /// Puts a text into the queue, as it is.
    pub fn put(&self, body: String) {
        self.source.put(body);
    }

    /// Returns how many records are left, in flight and delayed ones included.
    pub fn left(&self) -> usize {
        self.records.borrow().len() + self.source.records().len()
    }

    /// Returns whether no function works on its records.
    pub fn rests(&self) -> bool {
        self.running.get() == 0
    }

    /// Takes the bodies that were delivered too often.
    pub fn take_dead(&self) -> Vec<String> {
        self.dead.take()
    }

    /// Delivers the records to `handle` for as long as the run lasts. `handle` returns the ids of the records that
    /// failed, or `None` if its process died.
    pub async fn deliver<F>(self: Rc<Self>, handle: impl Fn(SqsEvent) -> F + 'static)
    where
        F: Future<Output = Option<Vec<String>>> + 'static,
    {
        let handle = Rc::new(handle);
        loop {
            self.absorb();
            let batch = if self.running.get() < POLLERS { self.take() } else { Vec::new() };
            if batch.is_empty() {
                self.wait().await;
                continue;
            }
            self.running.set(self.running.get() + 1);
            let (queue, handle) = (self.clone(), handle.clone());
            tokio::task::spawn_local(async move {
                let failed = handle(event(&batch)).await;
                queue.settle(&batch, failed);
                queue.running.set(queue.running.get() - 1);
                queue.changed.notify_one();
            });
        }
    }

    /// Takes over what the product put since the last call.
    fn absorb(&self) {
        for put in self.source.take_all() {
            let put = self.later_forms.read(put);
            let body = self.later_forms.write(&self.name, put.body, self.trouble(RecordTrouble::is_of_version));
            let late = self.trouble(|how| matches!(how, RecordTrouble::Late(_)));
            let late = match late {
                Some(RecordTrouble::Late(most)) => self.random.between(0, most.into()),
                _ => 0,
            };
            let visible_at = put.visible_at.plus(Duration::from_millis(late));
            let twice = self.trouble(|how| how == RecordTrouble::Doubled).is_some();
            for _ in 0..=usize::from(twice) {
                let record =
                    Record { id: self.next_id.get(), body: body.clone(), reads: put.reads, visible_at, received: 0 };
                self.next_id.set(record.id + 1);
                self.records.borrow_mut().push(record);
            }
        }
    }

    fn trouble(&self, wanted: fn(RecordTrouble) -> bool) -> Option<RecordTrouble> {
        self.weather.of_record(self.queue, wanted)
    }

    /// Receives a batch of visible records in any order. Those that were received too often go to the dead letters.
    fn take(&self) -> Vec<Record> {
        let now = self.clock.now();
        let mut records = self.records.borrow_mut();
        let mut visible: Vec<usize> = (0..records.len()).filter(|place| records[*place].visible_at <= now).collect();
        let most = self.settings.batch.min(self.random.between(1, 2 * visible.len().max(1) as u64) as usize);
        let mut batch = Vec::new();
        let mut gone = Vec::new();
        while batch.len() < most && !visible.is_empty() {
            let place = visible.remove(self.random.below(visible.len()));
            let record = &mut records[place];
            record.received += 1;
            if record.received > self.settings.max_receives {
                self.dead.borrow_mut().push(record.body.clone());
                gone.push(record.id);
                continue;
            }
            record.visible_at = now.plus(self.settings.visibility);
            batch.push(record.clone());
        }
        records.retain(|record| !gone.contains(&record.id));
        batch
    }

    /// Deletes what succeeded. Everything else becomes visible when its time has come.
    fn settle(&self, batch: &[Record], failed: Option<Vec<String>>) {
        let Some(failed) = failed else {
            return;
        };
        let kept = |record: &Record| {
            failed.contains(&record.id.to_string())
                || self.trouble(|how| how == RecordTrouble::KeptAfterDelete).is_some()
        };
        let done: Vec<u64> = batch.iter().filter(|record| !kept(record)).map(|record| record.id).collect();
        self.records.borrow_mut().retain(|record| !done.contains(&record.id));
    }

    /// Waits until there may be something to do.
    async fn wait(&self) {
        let next = self.records.borrow().iter().map(|record| record.visible_at).min();
        let next = next.filter(|_| self.running.get() < POLLERS);
        let due = pin!(async {
            match next {
                Some(at) => tokio::time::sleep(at.since(self.clock.now()).max(Duration::from_millis(1))).await,
                None => std::future::pending().await,
            }
        });
        let told = pin!(async {
            let (put, freed) = (pin!(self.source.changed()), pin!(self.changed.notified()));
            select(put, freed).await;
        });
        select(told, due).await;
    }
}

fn event(batch: &[Record]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(message).collect();
    event
}

fn message(record: &Record) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(record.id.to_string());
    message.body = Some(record.body.clone());
    message.attributes.insert("ApproximateReceiveCount".into(), record.received.to_string());
    let mut reads = SqsMessageAttribute::default();
    reads.string_value = Some(record.reads.to_string());
    message.message_attributes.insert(READS.to_owned(), reads);
    message
}
