//! Which rows an erasure hides. It hides older rows until they are deleted.

use std::time::Duration;

use super::{app::App, time::Timestamp};

/// Returns the time up to which messages are hidden from the user. It is the later one of the user's erasure and the
/// creation of the app, because an earlier app may have had the same name. Message ids carry the time.
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
