//! What erasures hide: rows that are older than them, as long as such rows are still there.

use std::time::Duration;

use super::{app::App, time::Timestamp};

/// Returns the instant up to which messages are not the user's, by the times of their ids: those before the user was erased, and those
/// of an app that had the same name before.
pub fn hidden_until(app: &App, erased: Option<Timestamp>) -> Timestamp {
    let before_the_app = app.created_at.minus(Duration::from_millis(1));
    erased.map_or(before_the_app, |erased| erased.max(before_the_app))
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use super::*;
    use crate::testing::sample;

    #[test]
    fn a_user_begins_with_the_app_or_after_the_last_erasure() {
        let at = Timestamp::from_millis;
        let app = sample::app(&sample::app_key("acme#chat"), at(100));
        assert_eq!(hidden_until(&app, None), at(99));
        assert_eq!(hidden_until(&app, Some(at(50))), at(99));
        assert_eq!(hidden_until(&app, Some(at(150))), at(150));
    }
}
