//! The bounds of a call's reads.

use std::{
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::id::{AppKey, MessageId},
    offline::Bounds,
    ports::{
        clock::Clock,
        error::StoreError,
        timelines::{Chunk, ReadTimeline, Span, Timeline},
    },
    testing::memory::MemoryMessages,
};

use super::{RECENT_BOUNDS, World};

/// Counts the rows read from timelines.
struct Counted {
    reads: AtomicUsize,
    rows: AtomicUsize,
    messages: Arc<MemoryMessages>,
}

#[async_trait]
impl ReadTimeline for Counted {
    async fn timeline(&self, app: &AppKey, timeline: &Timeline, span: &Span) -> Result<Chunk, StoreError> {
        let chunk = self.messages.timeline(app, timeline, span).await?;
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.rows.fetch_add(chunk.entries.len(), Ordering::SeqCst);
        Ok(chunk)
    }
}

fn counted(world: &mut World) -> Arc<Counted> {
    let messages = world.messages.clone();
    let counted = Arc::new(Counted { reads: AtomicUsize::new(0), rows: AtomicUsize::new(0), messages });
    world.recent.timelines = counted.clone();
    counted
}

impl Counted {
    fn take(&self) -> (usize, usize) {
        (self.reads.swap(0, Ordering::SeqCst), self.rows.swap(0, Ordering::SeqCst))
    }
}

#[tokio::test]
async fn a_page_of_a_busy_user_reads_about_what_it_shows() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    for _ in 0..300 {
        world.send().await;
        world.send_to("birds").await;
    }
    let counted = counted(&mut world);
    let (page, rest) = world.page(MessageId::MAX, 20).await;
    assert_eq!(page.len(), 20);
    let (reads, rows) = counted.take();
    assert!(reads <= 5 && rows <= 44, "{reads} reads of {rows} messages");
    let (page, _) = world.page(rest.unwrap(), 100).await;
    assert_eq!(page.len(), 100);
    let (reads, rows) = counted.take();
    assert!(reads <= 5 && rows <= 204, "{reads} reads of {rows} messages");
}

#[tokio::test]
async fn groups_with_nothing_new_are_not_read() {
    let mut world = World::new();
    for number in 0..200 {
        let name = format!("g{number}");
        world.found(&name).await;
        world.join(&name).await;
        world.send_to(&name).await;
    }
    world.pass(120_000);
    let counted = counted(&mut world);
    let (page, rest) = world.page(MessageId::MAX, 20).await;
    assert_eq!(page.len(), 20);
    let (reads, _) = counted.take();
    assert!(reads <= 1 + 32, "{reads} reads for 20 of 200 groups");
    // This also holds for later pages: a group whose head is below the page is not read.
    let (page, _) = world.page(rest.unwrap(), 20).await;
    assert_eq!(page.len(), 20);
    let (reads, _) = counted.take();
    assert!(reads <= 1 + 20 + 32, "{reads} reads for the next 20 of 200 groups");
}

#[tokio::test]
async fn a_call_looks_at_so_many_messages_and_says_where_the_next_one_begins() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let own = world.send().await;
    for _ in 0..3_500 {
        world.pass(1);
        world.send_to_at("birds", "bob", Some(&["cat"]), world.clock.now(), 7).await;
    }
    let counted = counted(&mut world);
    let (mut next, mut calls, mut seen) = (Some(MessageId::MAX), 0, Vec::new());
    while let Some(up_to) = next {
        let (page, rest) = world.page(up_to, 20).await;
        let (_, rows) = counted.take();
        assert!(rows <= RECENT_BOUNDS.rows + 100, "{rows} messages in one call");
        assert!(!page.is_empty() || rest.is_some(), "an empty page without a cursor is the end");
        seen.extend(page);
        (next, calls) = (rest, calls + 1);
    }
    assert_eq!((seen, calls), (vec![own], 4));
}

#[tokio::test]
async fn a_call_that_takes_its_time_ends_early_and_goes_on_with_the_next() {
    let world = World::bounded(Bounds { rows: 1_000, time: Duration::from_secs(5) });
    let mut sent = Vec::new();
    for _ in 0..60 {
        sent.push(world.send().await);
    }
    sent.reverse();
    // The first read of traces takes all the time.
    world.messages.faults.stall("traces", &world.clock, Duration::from_secs(6));
    let (page, rest) = world.page(MessageId::MAX, 50).await;
    assert_eq!(page, sent[..16]);
    let (page, rest) = world.page(rest.unwrap(), 50).await;
    assert_eq!((page, rest), (sent[16..].to_vec(), None));
}

#[tokio::test]
async fn each_message_of_a_group_is_one_read_of_what_became_of_it() {
    let world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    for _ in 0..30 {
        world.send_to("birds").await;
        world.send().await;
    }
    let (page, _) = world.page(MessageId::MAX, 40).await;
    assert_eq!(page.len(), 40);
    let faults = &world.messages.faults;
    assert_eq!((faults.calls_of("group_trace"), faults.calls_of("traces")), (20, 3));
}
