//! One request from its arrival to its answer. Judging, delivering and recording happen under one lock, so every
//! listing is a consistent state.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::access::AccessToken;
use super::fault::{Fault, FaultRule};
use super::meaning;
use super::random::Random;
use super::recorder::{Answered, Recorded};
use super::request::Request;
use super::time::{Clock, now_ms};
use super::vendor::{Answer, Judgement, VendorSimulator};
use super::world::{Scene, World};

/// The vendors and their common state.
pub struct Engine {
    vendors: Vec<&'static dyn VendorSimulator>,
    world: Mutex<World>,
    clock: Clock,
    random: Mutex<Random>,
    observer: OnceLock<Observer>,
    changed: watch::Sender<u64>,
}

/// Is told of every request, in the task of its caller, before the answer leaves.
pub type Observer = Box<dyn Fn(&Recorded) + Send + Sync>;

/// What happens on the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A whole answer.
    Answer(Answer),
    /// Half of this answer, then the end of the connection.
    Broken(Answer),
    /// The end of the connection, without an answer.
    Close,
    /// A TCP reset.
    Reset,
    /// No answer, and an open connection.
    Hang,
}

impl Engine {
    /// Returns an engine for these vendors, with the real time and the system's random values.
    pub fn new(vendors: Vec<&'static dyn VendorSimulator>) -> Self {
        Self::with(vendors, Box::new(now_ms), Random::System)
    }

    /// Returns an engine with another clock and source of random values. The same requests at the same times then get
    /// the same answers.
    pub fn with(vendors: Vec<&'static dyn VendorSimulator>, clock: Clock, random: Random) -> Self {
        let (world, changed) = (Mutex::default(), watch::Sender::new(0));
        Self { vendors, world, clock, random: Mutex::new(random), observer: OnceLock::new(), changed }
    }

    /// Sets who is told of every request. Only the first observer counts.
    pub fn observe(&self, observer: Observer) {
        _ = self.observer.set(observer);
    }

    /// Returns the vendor of this name.
    pub fn vendor(&self, name: &str) -> Option<&'static dyn VendorSimulator> {
        self.vendors.iter().copied().find(|vendor| vendor.name() == name)
    }

    /// Returns the names of all vendors.
    pub fn vendor_names(&self) -> Vec<&'static str> {
        self.vendors.iter().map(|vendor| vendor.name()).collect()
    }

    /// Judges, delivers and records a request. Returns the reply, and how long to wait before it.
    pub fn receive(&self, vendor: &dyn VendorSimulator, request: &Request) -> (Duration, Reply) {
        let endpoint = vendor.endpoint(request);
        let targets = vendor.targets(request);
        let now_ms = (self.clock)() + self.world().ahead_ms;

        let mut world = self.world();
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = world.faults.take(vendor.name(), endpoint, &targets);
        let states = world.faults.take_results(vendor.name(), endpoint, &targets);
        let scene = Scene { world: &world, vendor: vendor.name(), now_ms, results: &states };
        let mut judgement = random.serve(|| vendor.judge(request, &scene));

        let takes_effect = rule.as_ref().is_none_or(|rule| rule.delivered || rule.fault.lets_through());
        let own = judgement.answer.clone();
        let reply = match &rule {
            None => Reply::Answer(own),
            Some(rule) => random.serve(|| play(rule, vendor, endpoint, own)),
        };
        let results = meaning::results((&scene, rule.as_ref()), (&judgement, takes_effect), &reply, &targets);
        let seq = world.recorder.next_seq();
        let delivered = if takes_effect { world.commit(vendor.name(), seq, now_ms, &mut judgement) } else { 0 };
        let delay = Duration::from_millis(rule.as_ref().map_or(0, |rule| rule.delay_ms));
        let recorded = Recorded {
            seq,
            at_ms: now_ms,
            targets,
            refusal: judgement.refusal,
            delivered,
            results,
            fault: rule.map(|rule| kind(&rule.fault)),
            answered: reply.recorded(),
            ..Recorded::of(request, vendor, endpoint)
        };
        world.recorder.push(recorded.clone());
        drop((world, random));
        if let Some(observer) = self.observer.get() {
            observer(&recorded);
        }
        self.changed.send_modify(|count| *count += 1);
        (delay, reply)
    }

    /// Returns a signal that fires whenever a request was recorded.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Locks the world. A panic in one vendor's code must not stop the other vendors.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn commit(&mut self, vendor: &str, request: u64, now_ms: u64, judgement: &mut Judgement) -> usize {
        if let Some(issued) = judgement.issued.take() {
            let expires_ms = now_ms.saturating_add(issued.lifetime_seconds.saturating_mul(1000));
            let token = AccessToken { vendor: vendor.to_owned(), credential: issued.credential, expires_ms };
            self.access.issue(issued.value, token, now_ms);
        }
        if let Some(saved) = judgement.saved.take() {
            self.saved.insert((vendor.to_owned(), saved.id), saved.value);
        }
        let notices = std::mem::take(&mut judgement.notices);
        let count = notices.len();
        for notice in notices {
            self.phones.deliver(vendor, request, now_ms, notice);
        }
        for removal in std::mem::take(&mut judgement.removals) {
            self.phones.remove(vendor, &removal);
        }
        count
    }
}

fn play(rule: &FaultRule, vendor: &dyn VendorSimulator, endpoint: super::vendor::Endpoint, own: Answer) -> Reply {
    match &rule.fault {
        Fault::Pass {} | Fault::TokenResult { .. } | Fault::Unregistered {} => Reply::Answer(own),
        Fault::Answer { status, headers, body } => {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            Reply::Answer(Answer { status: *status, headers, body: body.clone() })
        }
        Fault::Code { code, status, headers } => {
            let mut answer = vendor.coded(endpoint, code);
            answer.status = status.unwrap_or(answer.status);
            answer.headers.extend(headers.iter().map(|(name, value)| (name.clone(), value.clone())));
            Reply::Answer(answer)
        }
        Fault::Empty { status } => Reply::Answer(Answer { status: *status, headers: Vec::new(), body: String::new() }),
        Fault::Garbage { status } => Reply::Answer(Answer::text(*status, "application/json", "\u{0}}{not json;\u{7f}")),
        Fault::Huge { status, bytes } => {
            let body = format!("{{\"padding\":\"{}\"}}", "x".repeat(*bytes));
            Reply::Answer(Answer::text(*status, "application/json", body))
        }
        Fault::Truncated { mid_body: true } => Reply::Broken(own),
        Fault::Truncated { mid_body: false } => Reply::Answer(own.halved()),
        Fault::Close {} => Reply::Close,
        Fault::Reset {} => Reply::Reset,
        Fault::Hang {} => Reply::Hang,
    }
}

/// Returns the fault's tag in the control API.
fn kind(fault: &Fault) -> String {
    let tagged = serde_json::to_value(fault).unwrap_or_default();
    tagged["kind"].as_str().unwrap_or_default().to_owned()
}

impl Answer {
    pub(crate) fn halved(mut self) -> Self {
        let middle = (0..=self.body.len() / 2).rev().find(|at| self.body.is_char_boundary(*at)).unwrap_or(0);
        self.body.truncate(middle);
        self
    }
}

impl Reply {
    /// Returns the answer as it is recorded. Very large bodies are cut.
    fn recorded(&self) -> Answered {
        const SHOWN: usize = 4096;
        match self {
            Self::Answer(answer) => {
                Answered::Http { status: answer.status, body: answer.body.chars().take(SHOWN).collect() }
            }
            Self::Broken(_) => Answered::Nothing("truncated".to_owned()),
            Self::Close => Answered::Nothing("close".to_owned()),
            Self::Reset => Answered::Nothing("reset".to_owned()),
            Self::Hang => Answered::Nothing("hang".to_owned()),
        }
    }
}
