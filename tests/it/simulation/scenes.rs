//! Scenes: a few steps around the same people and the same phone.

use super::{
    cast::Cast,
    operators::Change,
    random::Random,
    story::{Action, GROUPS, Step, Who},
    themes::Theme,
};

/// The shortest life of a message, in seconds.
const SHORTEST_LIFE: u64 = 60;

/// Steps in the making.
pub struct Scene<'a> {
    random: &'a Random,
    steps: &'a mut Vec<Step>,
    /// the interfaces of the story's notifiers
    interfaces: &'a [usize],
}

impl<'a> Scene<'a> {
    /// Begins a scene after these steps.
    pub fn after(random: &'a Random, steps: &'a mut Vec<Step>, interfaces: &'a [usize]) -> Self {
        Self { random, steps, interfaces }
    }

    /// Adds a step that follows within these milliseconds, and ends before the next one. Returns its number.
    fn then(&mut self, within: (u64, u64), action: Action) -> usize {
        self.add(within, false, action)
    }

    /// Adds a step that the next one does not wait for.
    fn begin(&mut self, within: (u64, u64), action: Action) -> usize {
        self.add(within, true, action)
    }

    fn add(&mut self, (from, to): (u64, u64), overlaps: bool, action: Action) -> usize {
        let (number, after) = (self.steps.len(), self.random.between(from, to));
        self.steps.push(Step { number, after, overlaps, action });
        number
    }

    fn send(&mut self, within: (u64, u64), cast: &Cast) -> usize {
        let Cast { sender, receiver, .. } = *cast;
        self.then(
            within,
            Action::Send { from: sender, to: vec![receiver.user], key: false, seconds: None, silent: false },
        )
    }

    fn bind(&mut self, within: (u64, u64), who: Who, device: u8, phone: u8) {
        self.then(within, Action::Bind { who, device, phone });
    }

    /// Adds the steps of a theme.
    pub fn of(&mut self, theme: Theme, cast: &Cast) {
        match theme {
            Theme::MovedPhone => self.moved_phone(cast),
            Theme::NewToken => self.new_token(cast),
            Theme::RepeatedCalls => self.repeated_calls(cast),
            Theme::ShortLife => self.short_life(cast),
            Theme::PickedMessages => self.picked_messages(cast),
            Theme::Redelivered => self.redelivered(cast),
            Theme::LateReports => self.late_reports(cast),
            Theme::Ended => self.ended(cast),
            Theme::Erased => self.erased(cast),
            Theme::Unclear => self.unclear(cast),
            Theme::RotatedSecret => self.rotated_secret(cast),
        }
    }

    fn moved_phone(&mut self, cast: &Cast) {
        let Cast { receiver, other, phone, .. } = *cast;
        self.bind((0, 1000), receiver, 0, phone);
        self.send((100, 1500), cast);
        let moves = match self.random.below(5) {
            0 => Action::Bind { who: receiver, device: 1, phone },
            1 => Action::LogOut { who: receiver, device: 0, unbind: true },
            2 => Action::Unbind { who: receiver, device: 0, phone },
            _ => Action::Bind { who: other, device: 0, phone },
        };
        self.then((100, 8000), moves);
        self.then((30_000, 90_000), Action::Wait);
    }

    fn new_token(&mut self, cast: &Cast) {
        let Cast { receiver, phone, .. } = *cast;
        self.bind((0, 500), receiver, 0, phone);
        self.then((0, 100), Action::Uninstall { app: receiver.app, phone });
        self.send((0, 200), cast);
        self.bind((0, 6000), receiver, 0, cast.spare());
        self.send((0, 20_000), cast);
    }

    fn repeated_calls(&mut self, cast: &Cast) {
        let Cast { sender, receiver, other, .. } = *cast;
        self.bind((0, 500), receiver, 0, cast.phone);
        for _ in 0..self.random.between(1, 3) {
            let action = match self.random.below(6) {
                0 => {
                    Action::SendToGroup { from: sender, group: self.random.below(usize::from(GROUPS)) as u8, key: true }
                }
                1 => Action::Push { who: receiver, strategy: self.random.below(5) as u8, waits: false, key: true },
                _ => {
                    let mut to = vec![receiver.user, other.user];
                    to.truncate(self.random.between(1, 2) as usize);
                    to.sort_unstable();
                    Action::Send { from: sender, to, key: true, seconds: None, silent: false }
                }
            };
            self.begin((50, 2500), action);
        }
    }

    fn short_life(&mut self, cast: &Cast) {
        let Cast { sender, receiver, .. } = *cast;
        self.bind((0, 500), receiver, 0, cast.phone);
        for _ in 0..self.random.between(1, 3) {
            let seconds = Some(SHORTEST_LIFE + self.random.between(0, 20));
            let to = vec![receiver.user];
            self.begin((0, 3000), Action::Send { from: sender, to, key: false, seconds, silent: false });
        }
        self.then((10_000, 60_000), Action::Wait);
    }

    fn picked_messages(&mut self, cast: &Cast) {
        let who = cast.receiver;
        for _ in 0..self.random.between(2, 4) {
            self.send((0, 800), cast);
        }
        if self.random.percent(50) {
            self.begin((0, 500), Action::SendToGroup { from: cast.sender, group: 0, key: false });
        }
        let (place, up_to) = (self.random.below(4) as u8, self.random.percent(30));
        self.then((200, 3000), Action::AckOne { who, place, up_to });
        self.then(
            (0, 500),
            if self.random.percent(50) { Action::Count { who } } else { Action::Pull { who, acks: false } },
        );
    }

    fn redelivered(&mut self, cast: &Cast) {
        self.bind((0, 500), cast.receiver, 0, cast.phone);
        for _ in 0..self.random.between(1, 4) {
            self.send((0, 5000), cast);
        }
        if self.random.percent(30) {
            self.begin((0, 500), Action::SendToGroup { from: cast.sender, group: 0, key: false });
        }
        self.then((20_000, 120_000), Action::Wait);
    }

    fn late_reports(&mut self, cast: &Cast) {
        let (who, device) = (cast.receiver, 0);
        self.bind((0, 500), who, device, cast.phone);
        self.then((100, 1000), Action::Report { who, device, online: true });
        self.then((100, 3000), Action::Report { who, device, online: false });
        let late = self.random.between(2500, 30_000);
        self.then((50, 2000), Action::ReportLate { who, device, online: self.random.percent(80), late });
        self.send((0, 1000), cast);
    }

    fn ended(&mut self, cast: &Cast) {
        let who = cast.receiver;
        self.bind((0, 500), who, 0, cast.phone);
        let sent = self.send((100, 1500), cast);
        let ends = match self.random.below(3) {
            0 => Action::Pull { who, acks: true },
            _ => Action::Recall { step: sent },
        };
        self.then((100, 6000), ends);
        self.then((20_000, 120_000), Action::Wait);
    }

    fn erased(&mut self, cast: &Cast) {
        let who = cast.receiver;
        self.bind((0, 500), who, 0, cast.phone);
        if self.random.percent(30) {
            self.then((0, 500), Action::Connect { who, device: 0, acks: false });
        }
        self.send((0, 1000), cast);
        self.then((0, 3000), Action::Erase { who });
        self.bind((0, 3000), who, 0, cast.phone);
    }

    fn rotated_secret(&mut self, cast: &Cast) {
        let Cast { sender, receiver, phone, .. } = *cast;
        self.bind((0, 500), receiver, 0, phone);
        let to = vec![receiver.user];
        let send = Action::Send { from: sender, to, key: false, seconds: None, silent: false };
        for _ in 0..self.random.between(1, 3) {
            self.begin((0, 50), send.clone());
        }
        let interface = self.interfaces[usize::from(phone) % self.interfaces.len()];
        let entered_after = if self.random.percent(30) { 0 } else { self.random.between(1, 60) };
        let change = Change::RotateCredential { interface, entered_after };
        self.begin((500, 3000), Action::Change { app: receiver.app, change });
        for _ in 0..self.random.between(2, 5) {
            self.begin((0, 20_000), send.clone());
        }
    }

    fn unclear(&mut self, cast: &Cast) {
        self.bind((0, 500), cast.receiver, 0, cast.phone);
        for _ in 0..self.random.between(1, 3) {
            self.send((0, 5000), cast);
        }
        self.then((30_000, 120_000), Action::Wait);
    }
}
