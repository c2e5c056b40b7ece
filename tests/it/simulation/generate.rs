//! Makes a story from a seed.

use curlew_tests::simulators::interfaces;

use super::{
    parts,
    random::Random,
    server,
    story::{
        APPS, Action, Function, GROUPS, How, Queue, RecordTrouble, Service, Step, Story, Trouble, TroubleKind, USERS,
        VendorTrouble, Who,
    },
    themes::{Theme, play},
};

/// How many of 100 stories with a theme have other troubles and parts, too.
const TROUBLED: u8 = 30;
/// Notifiers of an app.
const NOTIFIERS: usize = 3;
/// Most processes that die in a story. A record may be delivered five times, so fewer deaths fill no dead-letter queue.
const DEATHS: usize = 3;

/// The functions that die in stories.
const MORTAL: [Function; 10] = [
    Function::CheckPresence,
    Function::PushVendor,
    Function::HoldConnection,
    Function::IngestMessage,
    Function::RegisterToken,
    Function::ReportPresence,
    Function::ConfigureUser,
    Function::EraseData,
    Function::ManageApp,
    Function::RunSchedule,
];

const SERVICES: [Service; 13] = [
    Service::Apps,
    Service::Users,
    Service::Users,
    Service::Messages,
    Service::Messages,
    Service::Groups,
    Service::Runtime,
    Service::Erasures,
    Service::Queue(Queue::Dispatch),
    Service::Queue(Queue::Push),
    Service::Queue(Queue::Direct),
    Service::Connections,
    Service::Key,
];

impl Story {
    /// Returns the story of a seed.
    pub fn of(seed: u64) -> Self {
        let random = Random::of(seed, "story");
        let all = interfaces().count();
        let mut chosen: Vec<usize> = (0..all).collect();
        while chosen.len() > NOTIFIERS {
            chosen.remove(random.below(chosen.len()));
        }
        let length = random.between(25, 55) as usize;
        let mut steps: Vec<Step> = bindings(&random);
        let themes = Theme::draw(&random);
        let mut all = Vec::new();
        if !themes.is_empty() {
            all.extend(play(&random, &themes, &mut steps, length, &chosen));
        }
        while steps.len() < length {
            let action = action(&random, steps.len(), &chosen);
            steps.push(step(&random, steps.len(), action));
        }
        let mut story = Self { seed, interfaces: chosen, told: false, steps, troubles: all };
        let lasts: u64 = story.steps.iter().map(|step| step.after + 500).sum();
        let lasts = lasts.max(60_000);
        server::listen(&mut story, lasts);
        if themes.is_empty() || random.percent(TROUBLED) {
            story.troubles.extend(troubles(&random, lasts, &story.interfaces));
            return parts::add(story, lasts);
        }
        story
    }
}

/// Most users have a phone from the beginning.
fn bindings(random: &Random) -> Vec<Step> {
    let mut steps = Vec::new();
    for app in 0..APPS {
        for user in 0..USERS {
            if random.percent(70) {
                let action = Action::Bind { who: Who { app, user }, device: 0, phone: user };
                steps.push(Step { number: steps.len(), after: 5, overlaps: true, action });
            }
        }
    }
    steps
}

fn step(random: &Random, number: usize, action: Action) -> Step {
    let after = match random.below(10) {
        0..4 => random.between(0, 20),
        4..7 => random.between(20, 1500),
        7..9 => random.between(1500, 20_000),
        _ => random.between(20_000, 120_000),
    };
    Step { number, after, overlaps: random.percent(50), action }
}

/// Draws what somebody does.
pub fn action(random: &Random, place: usize, interfaces: &[usize]) -> Action {
    // Most of what happens, happens in the first app and around few people.
    let app = u8::from(random.percent(20));
    let who = Who { app, user: random.below(usize::from(USERS)) as u8 };
    let device = u8::from(random.percent(30));
    let phone = random.below(usize::from(USERS) + 2) as u8;
    let group = random.below(usize::from(GROUPS)) as u8;
    let key = random.percent(60);
    match random.below(100) {
        0..26 => {
            let to = (0..random.between(1, 3)).map(|_| random.below(usize::from(USERS)) as u8).collect();
            let seconds = random.percent(15).then(|| random.between(60, 400));
            Action::Send { from: who, to: unique(to), key, seconds, silent: random.percent(4) }
        }
        26..38 => Action::SendToGroup { from: who, group, key },
        38..46 => {
            let (strategy, waits) = (random.below(5) as u8, random.percent(50));
            Action::Push { who, strategy, waits, key }
        }
        46..55 => Action::Bind { who, device, phone },
        55..58 => Action::Unbind { who, device, phone: who.user },
        58..61 => Action::LogOut { who, device, unbind: random.percent(50) },
        61..63 => Action::Kick { who, device },
        63..64 => Action::Erase { who },
        64..65 => Action::Ban { who, banned: random.percent(60) },
        65..70 => Action::Report { who, device, online: random.percent(60) },
        70..77 => Action::Connect { who, device, acks: random.percent(75) },
        77..82 => Action::Disconnect { who, device, clean: random.percent(60) },
        82..86 => Action::Pull { who, acks: random.percent(60) },
        86..87 => Action::Count { who },
        87..89 => Action::Mode { who, none: random.percent(50) },
        89..90 => Action::Quiet { who, active: random.percent(60) },
        90..92 => Action::Join { who, group },
        92..94 => Action::Leave { who, group },
        94..96 => Action::Recall { step: random.below(place.max(1)) },
        96..97 => {
            let interface = *random.pick(interfaces);
            Action::Switch { app, interface, enabled: random.percent(60) }
        }
        97..99 => Action::Uninstall { app, phone },
        _ => Action::Wait,
    }
}

fn unique(mut numbers: Vec<u8>) -> Vec<u8> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn troubles(random: &Random, lasts: u64, interfaces: &[usize]) -> Vec<Trouble> {
    let mut all = Vec::new();
    let window = |random: &Random| {
        let from = random.between(0, lasts);
        (from, random.between(500, lasts))
    };
    for _ in 0..random.between(0, 3) {
        let how = match random.below(4) {
            0 => How::Throttles,
            1 => How::Fails,
            2 => How::LosesAnswers,
            _ => How::Slow(random.between(50, 6000) as u32),
        };
        let kind = TroubleKind::Calls { of: *random.pick(&SERVICES), how, percent: random.between(5, 50) as u8 };
        all.push((window(random), kind));
    }
    for _ in 0..random.below(DEATHS + 1) {
        let (of, at) = (*random.pick(&MORTAL), random.between(0, 30) as u32);
        let of = if random.percent(50) { *random.pick(&MORTAL[..3]) } else { of };
        all.push((window(random), TroubleKind::Death { of, at, late: random.percent(60) }));
    }
    for _ in 0..random.between(0, 2) {
        let of = *random.pick(&[Queue::Dispatch, Queue::Push, Queue::Push, Queue::Direct, Queue::Erase]);
        let how = match random.below(3) {
            0 => RecordTrouble::Doubled,
            1 => RecordTrouble::Late(random.between(100, 100_000) as u32),
            _ => RecordTrouble::KeptAfterDelete,
        };
        all.push((window(random), TroubleKind::Records { of, how, percent: random.between(10, 60) as u8 }));
    }
    for _ in 0..random.between(0, 2) {
        let how = vendor_trouble(random);
        let (interface, percent) = (*random.pick(interfaces), random.between(10, 90) as u8);
        all.push((window(random), TroubleKind::Vendor { interface, how, percent }));
    }
    all.into_iter().map(|((from, lasts), kind)| Trouble { from, lasts, kind }).collect()
}

fn vendor_trouble(random: &Random) -> VendorTrouble {
    match random.below(11) {
        0 => VendorTrouble::Limits(Some(random.between(1, 120) as u32)),
        1 => VendorTrouble::Limits(None),
        2 => VendorTrouble::Down,
        3 => VendorTrouble::TakesSilently,
        4 => VendorTrouble::Silent,
        5 => VendorTrouble::RefusesCredential,
        6 => VendorTrouble::QuotaUsedUp,
        7 => VendorTrouble::Nonsense,
        8 => VendorTrouble::InternalError,
        9 => VendorTrouble::Refuses,
        _ => VendorTrouble::ClosesAfterEffect,
    }
}
