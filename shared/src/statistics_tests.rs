use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        push::SemanticClass,
        statistics::{FLUSHES_IN_HAND, MAX_WAIT},
        vendor::Vendor,
    },
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::MemoryRuntime,
        sample::app_key,
    },
};

const ACCEPTED: Counted = Counted::Accepted { vendor: Vendor::Fcm, class: SemanticClass::Im };
const EVERY: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

struct World {
    clock: FixedClock,
    table: Arc<MemoryRuntime>,
    statistics: Statistics,
}

fn world() -> World {
    let (clock, table) = (FixedClock::default(), Arc::new(MemoryRuntime::default()));
    let entropy = Arc::new(SeededEntropy::default());
    let statistics = Statistics::new(table.clone(), Arc::new(clock.clone()), entropy, EVERY);
    World { clock, table, statistics }
}

impl World {
    fn count(&self, app: &str) {
        self.statistics.count(&app_key(app), self.clock.now(), ACCEPTED, 1);
    }

    async fn flush(&self) {
        self.statistics.flush_if_due(Deadline::after(Duration::from_secs(20))).await;
    }

    /// Flushes until the next flush has to wait. Returns how many rows were written so far.
    async fn spend_credit(&self) -> usize {
        for _ in 0..FLUSHES_IN_HAND {
            self.count("a#spent");
            self.flush().await;
        }
        self.writes()
    }

    fn written(&self, app: &str) -> u64 {
        self.table.all_counts(&app_key(app)).accepted()
    }

    fn writes(&self) -> usize {
        self.table.faults.calls_of("add_counts")
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_after_a_quiet_time_is_written_at_once() {
    let world = world();
    for number in 1..=6 {
        world.clock.advance(Duration::from_millis(100));
        world.count("a#a");
        world.flush().await;
        assert_eq!(world.written("a#a"), number);
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_process_writes_every_ten_seconds() {
    let world = world();
    for _ in 0..300 {
        world.clock.advance(Duration::from_secs(1));
        world.count("a#a");
        world.flush().await;
    }
    assert_eq!(world.writes(), 5 + 30);
}

#[tokio::test(start_paused = true)]
async fn a_busy_process_of_many_apps_writes_once_a_minute() {
    let world = world();
    for _ in 0..300 {
        world.clock.advance(Duration::from_secs(1));
        (0..100).for_each(|app| world.count(&format!("a#{app}")));
        world.flush().await;
    }
    assert_eq!(world.writes(), 5 * 100);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_counted_nothing_writes_nothing_and_stays_quiet() {
    let world = world();
    world.flush().await;
    world.count("a#a");
    world.flush().await;
    assert_eq!((world.writes(), world.written("a#a")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn too_many_rows_to_wait_are_written_at_once() {
    let world = world();
    let before = world.spend_credit().await;
    for number in 0..FULL {
        world.flush().await;
        assert_eq!(world.writes(), before);
        world.count(&format!("a#b{number}"));
    }
    world.flush().await;
    assert_eq!(world.writes(), before + FULL);
}

#[tokio::test(start_paused = true)]
async fn a_count_belongs_to_the_hour_in_which_its_message_was_accepted() {
    let world = world();
    let (app, now) = (app_key("a#a"), world.clock.now());
    for back in [0, 1, 1, 167] {
        world.statistics.count(&app, now.minus(back * HOUR), ACCEPTED, 1);
    }
    world.flush().await;
    assert_eq!((world.writes(), world.written("a#a")), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn what_is_throttled_is_written_later_and_delays_no_other_app() {
    let world = world();
    world.table.faults.throttle_of("add_counts", "a#busy");
    for _ in 0..3 {
        world.count("a#busy");
        world.count("b#calm");
        world.clock.advance(EVERY);
        world.flush().await;
    }
    assert_eq!((world.written("a#busy"), world.written("b#calm")), (0, 3));
    // Rows from earlier flushes cause no earlier flush.
    let writes = world.spend_credit().await;
    for _ in 0..FULL {
        world.flush().await;
        assert_eq!(world.writes(), writes);
    }
    world.table.faults.mend();
    world.clock.advance(EVERY);
    world.flush().await;
    assert_eq!((world.written("a#busy"), world.written("b#calm")), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_written_is_never_written_again() {
    let world = world();
    world.table.faults.lose_answer_of("add_counts", 1);
    for _ in 0..3 {
        world.count("a#a");
        world.clock.advance(EVERY);
        world.flush().await;
    }
    assert_eq!((world.table.faults.left(), world.written("a#a")), (0, 3));
    world.table.faults.fail_next_of("add_counts", 1);
    world.count("a#a");
    for _ in 0..2 {
        world.clock.advance(EVERY);
        world.flush().await;
    }
    assert_eq!(world.written("a#a"), 3, "an error that says nothing costs the count");
}

#[tokio::test(start_paused = true)]
async fn an_app_whose_rows_get_no_answer_takes_a_second_and_no_other_apps_counts() {
    let world = world();
    world.table.faults.stick_at("add_counts", "a#stuck");
    let now = world.clock.now();
    for back in 0..50 {
        world.statistics.count(&app_key("a#stuck"), now.minus(back * HOUR), ACCEPTED, 1);
    }
    for number in 0..100 {
        world.count(&format!("b#{number}"));
    }
    let begun = tokio::time::Instant::now();
    world.flush().await;
    assert_eq!(begun.elapsed(), FLUSH);
    assert!((0..100).all(|number| world.written(&format!("b#{number}")) == 1));
    // Writes that had begun took effect, and count once. The others did not begin.
    assert_eq!(world.written("a#stuck"), 4);
    world.table.faults.mend();
    world.clock.advance(6 * EVERY);
    world.flush().await;
    assert_eq!(world.written("a#stuck"), 50);
}

#[tokio::test(start_paused = true)]
async fn an_invocation_without_time_writes_nothing_and_loses_nothing() {
    let world = world();
    world.count("a#a");
    world.statistics.flush_if_due(Deadline::after(Duration::ZERO)).await;
    assert_eq!((world.writes(), world.written("a#a")), (0, 0));
    world.clock.advance(EVERY);
    world.flush().await;
    assert_eq!(world.written("a#a"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_process_kept_while_nothing_woke_it_is_not_written_any_more() {
    let world = world();
    let before = world.spend_credit().await;
    world.count("a#a");
    world.count("b#b");
    world.flush().await;
    assert_eq!(world.writes(), before);
    world.clock.advance(MAX_WAIT + EVERY);
    world.count("b#b");
    world.flush().await;
    assert_eq!((world.written("a#a"), world.written("b#b")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_throttled_for_long_is_given_up() {
    let world = world();
    world.table.faults.throttle_of("add_counts", "a#a");
    for _ in 0..=MAX_WAIT.as_secs() / 60 {
        world.count("a#a");
        world.flush().await;
        world.clock.advance(6 * EVERY);
    }
    world.table.faults.mend();
    world.count("a#a");
    world.flush().await;
    assert_eq!(world.written("a#a"), 1);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_for_an_app_and_for_all() {
    let world = world();
    world.table.faults.throttle_of("add_counts", "a#a");
    let (app, now) = (app_key("a#a"), world.clock.now());
    for _ in 0..3 {
        for back in 0..1000 {
            world.statistics.count(&app, now.minus(back * HOUR), ACCEPTED, 1);
        }
        world.clock.advance(6 * EVERY);
        world.flush().await;
        assert_eq!(world.statistics.lock().kept.rows(), MAX_ROWS_OF_APP);
    }
    for number in 0..2 * MAX_ROWS {
        world.count(&format!("b#{number}"));
    }
    assert_eq!(world.statistics.lock().new.rows(), MAX_ROWS);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_fails_no_count_is_written_twice(steps in prop::collection::vec((0u8..4, 0u8..6, 0u64..15), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (written, counted) = runtime.block_on(async {
            let world = world();
            let mut counted = 0;
            for (fault, app, seconds) in steps {
                match fault {
                    0 => world.table.faults.lose_answer_of("add_counts", 1),
                    1 => world.table.faults.throttle_of("add_counts", &format!("a#{app}")),
                    2 => world.table.faults.mend(),
                    _ => {}
                }
                counted += 1;
                world.count(&format!("a#{app}"));
                world.clock.advance(Duration::from_secs(seconds));
                world.flush().await;
            }
            ((0..6).map(|app| world.written(&format!("a#{app}"))).sum::<u64>(), counted)
        });
        prop_assert!(written <= counted, "{written} of {counted}");
    }
}

#[test]
fn the_interval_is_read_in_seconds_and_has_bounds() {
    let read = |text: &str| {
        let vars = [("STATISTICS_FLUSH_SECONDS", text)];
        let reader = SettingsReader::new(&vars);
        let interval = flush_interval(&reader);
        reader.finish().map(|()| interval)
    };
    assert_eq!(read("10"), Ok(EVERY));
    assert_eq!(read("0"), Ok(Duration::ZERO));
    for wrong in ["", "61", "-1", "ten"] {
        assert!(read(wrong).unwrap_err().to_string().contains("STATISTICS_FLUSH_SECONDS"), "{wrong}");
    }
}
