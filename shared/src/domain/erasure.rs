//! Which rows an erasure hides. It hides older rows until they are deleted.

use std::time::Duration;

use super::{app::App, time::Timestamp};

/// Returns the time up to which messages are hidden from the user. It is the later one of the user's erasure and the
/// creation of the app, because an earlier app may have had the same name. Message ids carry the time.
pub fn hidden_until(app: &App, erased: Option<Timestamp>) -> Timestamp {
    let before_the_app = app.created_at.minus(Duration::from_millis(1));
    erased.map_or(before_the_app, |erased| erased.max(before_the_app))
}

/// Returns whether an erasure, or the creation of the app, hides a message that was accepted at this time. A message of
/// the very millisecond of an erasure is hidden; one of the very millisecond in which the app was created is not.
pub fn hides(hidden_until: Timestamp, accepted_at: Timestamp) -> bool {
    accepted_at <= hidden_until
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

    #[test]
    fn a_message_of_the_millisecond_of_an_erasure_is_hidden_and_one_of_the_apps_creation_is_not() {
        let at = Timestamp::from_millis;
        let app = sample::app(&sample::app_key("acme#chat"), at(100));
        let is_hidden = |erased, accepted_at| hides(hidden_until(&app, erased), at(accepted_at));
        assert_eq!([is_hidden(None, 99), is_hidden(None, 100)], [true, false]);
        assert_eq!([is_hidden(Some(at(150)), 150), is_hidden(Some(at(150)), 151)], [true, false]);
    }
}
