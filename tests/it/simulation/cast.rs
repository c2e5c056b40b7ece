//! Who takes part in the scenes of a theme.

use super::{
    random::Random,
    story::{USERS, Who},
};

/// A story has three notifiers, and phone n has the notifier n modulo 3.
const NOTIFIERS: u8 = 3;

/// Who takes part in a story's scenes of a theme.
#[derive(Debug, Clone, Copy)]
pub struct Cast {
    /// who sends
    pub sender: Who,
    /// who receives, and whose phone it is
    pub receiver: Who,
    /// somebody else
    pub other: Who,
    /// the phone
    pub phone: u8,
}

impl Cast {
    /// Draws three people of one app.
    pub fn draw(random: &Random) -> Self {
        let app = u8::from(random.percent(20));
        let phone = random.below(usize::from(USERS)) as u8;
        let of = |place: u8| Who { app, user: (phone + place) % USERS };
        Self { sender: of(2), receiver: of(0), other: of(1), phone }
    }

    /// Returns another phone with the same notifier.
    pub fn spare(&self) -> u8 {
        if self.phone < NOTIFIERS { self.phone + NOTIFIERS } else { self.phone - NOTIFIERS }
    }
}
