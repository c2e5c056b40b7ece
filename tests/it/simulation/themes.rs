//! Themes: what a story is about.
//!
//! Steps that are drawn one by one seldom meet at the same phone or message. A theme puts them close together, under the
//! trouble that makes them dangerous. Little else goes wrong then, so the checker excuses little.

use super::{
    cast::Cast,
    generate::action,
    random::Random,
    scenes::Scene,
    story::{
        Function, How, Queue, RecordTrouble, Service, Step, Trouble,
        TroubleKind::{self, Calls, Death, Records, Vendor},
        VendorTrouble,
    },
};

/// How many of 100 stories have a theme.
const THEMED: u8 = 60;
/// How many of 100 themed stories have a second one.
const SECOND: u8 = 35;
/// How many of 100 times an ordinary step follows a scene.
const ORDINARY: u8 = 40;

/// What a story is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// a phone changes hands while its pushes wait for the vendor
    MovedPhone,
    /// a device gets another token while the vendor calls the one before unregistered
    NewToken,
    /// messages with keys, whose calls fail half-way and are repeated
    RepeatedCalls,
    /// messages that expire while their pushes wait
    ShortLife,
    /// users who acknowledge one of several messages
    PickedMessages,
    /// records that are delivered again after their work is done
    Redelivered,
    /// presence events that arrive late
    LateReports,
    /// messages that end while their pushes wait for the vendor
    Ended,
    /// users who are erased, and come back, while their messages are on the way
    Erased,
    /// vendors that do not say whether they took a push
    Unclear,
    /// a secret that is replaced in the vendor's console, and entered while pushes go on
    RotatedSecret,
}

impl Theme {
    const ALL: [Self; 11] = [
        Self::MovedPhone,
        Self::NewToken,
        Self::RepeatedCalls,
        Self::ShortLife,
        Self::PickedMessages,
        Self::Redelivered,
        Self::LateReports,
        Self::Ended,
        Self::Erased,
        Self::Unclear,
        Self::RotatedSecret,
    ];

    /// Returns the themes of a story: none, one or two.
    pub fn draw(random: &Random) -> Vec<Self> {
        let mut themes = Vec::new();
        if random.percent(THEMED) {
            themes.push(*random.pick(&Self::ALL));
            if random.percent(SECOND) {
                themes.push(*random.pick(&Self::ALL));
            }
        }
        themes
    }

    /// Returns a trouble that makes the theme dangerous. `interface` is that of the cast's phone.
    fn trouble(self, random: &Random, interface: usize) -> Option<TroubleKind> {
        let vendor = |how| Some(Vendor { interface, how, percent: random.between(60, 95) as u8 });
        let calls = |of, how, from, to| Some(Calls { of, how, percent: random.between(from, to) as u8 });
        let records = |of, how, from, to| Some(Records { of, how, percent: random.between(from, to) as u8 });
        match self {
            Self::MovedPhone => vendor(match random.below(4) {
                0 => VendorTrouble::Down,
                1 => VendorTrouble::InternalError,
                _ => VendorTrouble::Limits(Some(random.between(32, 56) as u32)),
            }),
            Self::NewToken if random.percent(50) => records(Queue::Push, RecordTrouble::Late(30_000), 60, 95),
            Self::NewToken => calls(Service::Vendors, How::Slow(8000), 60, 95),
            Self::RepeatedCalls => match random.below(4) {
                0 => calls(Service::Queue(Queue::Dispatch), How::LosesAnswers, 20, 60),
                1 => calls(Service::Runtime, *random.pick(&[How::Fails, How::LosesAnswers]), 10, 30),
                2 => calls(Service::Messages, *random.pick(&[How::Fails, How::LosesAnswers]), 10, 30),
                _ => Some(Death { of: Function::IngestMessage, at: random.between(2, 40) as u32, late: true }),
            },
            Self::ShortLife => match random.below(3) {
                0 => Some(Death { of: Function::PushVendor, at: random.between(0, 20) as u32, late: false }),
                1 => vendor(VendorTrouble::Limits(Some(random.between(20, 90) as u32))),
                _ => records(Queue::Push, RecordTrouble::Late(random.between(100_000, 300_000) as u32), 50, 90),
            },
            Self::Redelivered => records(
                *random.pick(&[Queue::Push, Queue::Push, Queue::Dispatch]),
                RecordTrouble::KeptAfterDelete,
                20,
                45,
            ),
            Self::Ended => vendor(match random.below(4) {
                0 => VendorTrouble::Down,
                1 => VendorTrouble::Limits(None),
                _ => VendorTrouble::Limits(Some(random.between(50, 110) as u32)),
            }),
            Self::Erased => records(Queue::Dispatch, RecordTrouble::Late(300_000), 50, 90),
            Self::Unclear => vendor(*random.pick(&[
                VendorTrouble::TakesSilently,
                VendorTrouble::Silent,
                VendorTrouble::Nonsense,
                VendorTrouble::ClosesAfterEffect,
            ])),
            Self::RotatedSecret if random.percent(40) => {
                vendor(VendorTrouble::Limits(Some(random.between(5, 60) as u32)))
            }
            Self::PickedMessages | Self::LateReports | Self::RotatedSecret => None,
        }
    }
}

/// Adds scenes of these themes to a story's first steps, up to its length. Returns the troubles of the themes.
pub fn play(
    random: &Random,
    themes: &[Theme],
    steps: &mut Vec<Step>,
    length: usize,
    interfaces: &[usize],
) -> Vec<Trouble> {
    let casts: Vec<(Theme, Cast)> = themes.iter().map(|theme| (*theme, Cast::draw(random))).collect();
    while steps.len() < length {
        let (theme, cast) = random.pick(&casts);
        let mut scene = Scene::after(random, steps, interfaces);
        scene.of(*theme, cast);
        if random.percent(ORDINARY) {
            let after = random.between(0, 2000);
            let action = action(random, steps.len(), interfaces);
            steps.push(Step { number: steps.len(), after, overlaps: random.percent(50), action });
        }
    }
    let lasts = steps.iter().map(|step| step.after + 1000).sum();
    let trouble = |(theme, cast): (Theme, Cast)| {
        let kind = theme.trouble(random, interfaces[usize::from(cast.phone) % interfaces.len()])?;
        Some(Trouble { from: 0, lasts, kind })
    };
    casts.into_iter().filter_map(trouble).collect()
}
