//! What goes wrong in a run, decided for each call by the story's troubles.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use shared::{ports::error::StoreError, testing::memory::Chaos};
use tokio::time::Instant;

use super::{
    process::Life,
    random::mix,
    story::{Function, How, Queue, RecordTrouble, ServerTrouble, Service, Trouble, TroubleKind, VendorTrouble},
};

/// The longest time of a call without trouble, in milliseconds.
const USUAL: u64 = 12;

/// The troubles of a run, and what they did.
#[derive(Debug)]
pub struct Weather {
    seed: u64,
    began: Mutex<Option<Instant>>,
    troubles: Vec<Trouble>,
    /// how often each trouble was asked
    asked: Mutex<Vec<u64>>,
    /// how many calls each service got
    calls: Mutex<BTreeMap<Service, u64>>,
    /// the functions that died, in order
    died: Mutex<Vec<Function>>,
    over: AtomicBool,
}

impl Weather {
    /// Returns the weather of a story that begins now. It is fair until [`Weather::begin`].
    pub fn new(seed: u64, troubles: Vec<Trouble>) -> Arc<Self> {
        Arc::new(Self {
            seed,
            began: Mutex::new(None),
            asked: Mutex::new(vec![0; troubles.len()]),
            troubles,
            calls: Mutex::default(),
            died: Mutex::default(),
            over: AtomicBool::new(false),
        })
    }

    /// Returns the chaos of a service's fake.
    pub fn of(self: &Arc<Self>, service: Service) -> Arc<dyn Chaos> {
        Arc::new(OfService { service, weather: self.clone() })
    }

    /// Lets the troubles begin. Their times count from now on.
    pub fn begin(&self) {
        *self.began.lock().unwrap() = Some(Instant::now());
    }

    /// Ends all troubles.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Returns whether all troubles ended.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Takes the functions that died since the last call.
    pub fn take_deaths(&self) -> Vec<Function> {
        std::mem::take(&mut *self.died.lock().unwrap())
    }

    /// Returns what happens to a record that was sent to this queue, or taken from it.
    pub fn of_record(&self, queue: Queue, wanted: fn(RecordTrouble) -> bool) -> Option<RecordTrouble> {
        self.first(|kind| match kind {
            TroubleKind::Records { of, how, percent } if *of == queue && wanted(*how) => Some((*how, *percent)),
            _ => None,
        })
    }

    /// Returns what happens to a request to this interface's vendor.
    pub fn of_vendor(&self, interface: usize) -> Option<VendorTrouble> {
        self.first(|kind| match kind {
            TroubleKind::Vendor { interface: of, how, percent } if *of == interface => Some((*how, *percent)),
            _ => None,
        })
    }

    /// Returns what happens to a call of this app's server.
    pub fn of_server(&self, app: u8) -> Option<ServerTrouble> {
        self.first(|kind| match kind {
            TroubleKind::Server { app: of, how, percent } if *of == app => Some((*how, *percent)),
            _ => None,
        })
    }

    /// Returns a number for the next call of a service, from 0 on and below `end`.
    pub fn draw(&self, service: Service, end: u64) -> u64 {
        let mut calls = self.calls.lock().unwrap();
        let call = calls.entry(service).or_default();
        *call += 1;
        let named = mix(self.seed ^ mix(*call)) ^ format!("{service:?}").len() as u64;
        mix(named) % end.max(1)
    }

    /// Returns the first trouble that strikes now.
    fn first<T>(&self, kind: impl Fn(&TroubleKind) -> Option<(T, u8)>) -> Option<T> {
        let places: Vec<usize> = self.now().collect();
        places.into_iter().find_map(|place| {
            let (how, percent) = kind(&self.troubles[place].kind)?;
            let asked = self.ask(place);
            let drawn = mix(self.seed ^ mix(place as u64 + 1) ^ asked) % 100;
            (drawn < u64::from(percent)).then_some(how)
        })
    }

    /// Returns the places of the troubles of this moment.
    fn now(&self) -> impl Iterator<Item = usize> {
        let began = self.began.lock().unwrap().filter(|_| !self.is_over());
        let now = began.map(|began| began.elapsed().as_millis() as u64);
        let blows = move |one: &Trouble| now.is_some_and(|now| one.from <= now && now < one.from + one.lasts);
        self.troubles.iter().enumerate().filter(move |(_, one)| blows(one)).map(|(place, _)| place)
    }

    /// Counts a question. Returns how many there were of this trouble before.
    fn ask(&self, place: usize) -> u64 {
        let mut asked = self.asked.lock().unwrap();
        asked[place] += 1;
        asked[place] - 1
    }

    /// Ends the process at this call if its death is due: before the call, or after its effect.
    fn meet_death(&self, life: &Life, after: bool) {
        for place in self.now().collect::<Vec<_>>() {
            let TroubleKind::Death { of, at, late } = self.troubles[place].kind else {
                continue;
            };
            if of != life.function() || late != after {
                continue;
            }
            // Each process dies alone: later ones live on.
            if self.ask(place) == u64::from(at) {
                life.end();
                self.died.lock().unwrap().push(of);
            }
        }
    }
}

/// The chaos of one service.
#[derive(Debug)]
struct OfService {
    service: Service,
    weather: Arc<Weather>,
}

impl OfService {
    fn how(&self, wanted: fn(How) -> bool) -> Option<How> {
        self.weather.first(|kind| match kind {
            TroubleKind::Calls { of, how, percent } if *of == self.service && wanted(*how) => Some((*how, *percent)),
            _ => None,
        })
    }
}

#[async_trait]
impl Chaos for OfService {
    async fn before(&self, method: &str) -> Result<(), StoreError> {
        let life = Life::of_caller();
        if let Some(life) = &life {
            self.weather.meet_death(life, false);
        }
        let usual = self.weather.draw(self.service, USUAL);
        // Half of the calls take no time.
        if usual > USUAL / 2 {
            tokio::time::sleep(Duration::from_millis(usual - USUAL / 2)).await;
        }
        if let Some(How::Slow(most)) = self.how(|how| matches!(how, How::Slow(_))) {
            let late = self.weather.draw(self.service, u64::from(most));
            tokio::time::sleep(Duration::from_millis(late)).await;
        }
        if life.is_some_and(|life| life.is_over()) {
            std::future::pending::<()>().await;
        }
        match self.how(|how| matches!(how, How::Throttles | How::Fails)) {
            Some(How::Throttles) => Err(StoreError::Throttled),
            Some(_) => Err(StoreError::Unavailable(format!("{method} fails").into())),
            None => Ok(()),
        }
    }

    fn after(&self, method: &str) -> Result<(), StoreError> {
        let life = Life::of_caller();
        if let Some(life) = &life {
            self.weather.meet_death(life, true);
        }
        let lost = self.how(|how| matches!(how, How::LosesAnswers)).is_some();
        // Who died learns nothing. Its next call never returns.
        if lost || life.is_some_and(|life| life.is_over()) {
            return Err(StoreError::Unavailable(format!("the answer to {method} is lost").into()));
        }
        Ok(())
    }

    fn before_row(&self, method: &str) -> Result<(), StoreError> {
        match self.how(|how| matches!(how, How::Throttles | How::Fails)) {
            Some(_) => Err(StoreError::Unavailable(format!("{method} is cut off").into())),
            None => Ok(()),
        }
    }
}
