//! Ids, names, zones and times of day.

use std::fmt::{Debug, Display};

use serde::{Serialize, de::DeserializeOwned};
use shared::domain::{
    id::{
        AppKey, DeviceId, GatewayId, GroupId, LabelId, LabelName, MessageId, NotifierName, SessionId, StoredPushId,
        TaskId, TemplateName, UserId,
    },
    invalid::Invalid,
    profile::{Language, Nickname},
    quiet::DailyWindow,
    time::Timestamp,
    zone::TimeZone,
};

use crate::{input::Input, promises};

/// Maximum bytes of an id. Each is a part of a key, which has at most 1024.
const LONGEST: usize = 512;

/// Every parser of an id reads the same text.
pub(super) fn check(bytes: &[u8]) {
    let Some(text) = Input::new(bytes).text() else { return };
    id(text, AppKey::parse);
    id(text, DeviceId::parse);
    id(text, GatewayId::parse);
    id(text, GroupId::parse);
    id(text, LabelId::parse);
    id(text, LabelName::parse);
    id(text, MessageId::parse);
    id(text, NotifierName::parse);
    id(text, SessionId::parse);
    id(text, StoredPushId::parse);
    id(text, TaskId::parse);
    id(text, TemplateName::parse);
    id(text, UserId::parse);
    if let Ok(key) = AppKey::parse(text) {
        assert_eq!(AppKey::new(key.org(), key.app()), Ok(key.clone()));
        assert!(!key.org().contains('#') && !key.app().contains('#'), "{key}");
    }
    others(text);
}

/// What is accepted is shown in one form, which is read as the same id.
fn id<T>(text: &str, parse: fn(&str) -> Result<T, Invalid>)
where
    T: Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    match parse(text) {
        Ok(id) => {
            let shown = id.to_string();
            assert!(shown.len() <= LONGEST, "an id of {} bytes", shown.len());
            assert_eq!(parse(&shown), Ok(id), "{shown}");
            promises::survives(&parse(&shown).expect("it was read before"));
        }
        Err(refusal) => promises::is_short(&refusal.to_string()),
    }
}

fn others(text: &str) {
    if let Ok(name) = Nickname::parse_as("nickname", text) {
        assert_eq!(Nickname::parse_as("nickname", name.as_str()), Ok(name));
    }
    if let Ok(language) = Language::parse_as("language", text) {
        assert_eq!(Language::parse_as("language", language.as_str()), Ok(language));
    }
    if let Ok(zone) = TimeZone::parse(text) {
        let again = TimeZone::parse(zone.name()).expect("a zone's name is a zone");
        let at = Timestamp::from_millis(1_768_467_600_000);
        assert_eq!(zone.minute_of_day(at), again.minute_of_day(at));
        assert!(zone.minute_of_day(at) < 24 * 60);
    }
    if let Ok(Some(window)) = DailyWindow::parse(text)
        && let Some((start, end)) = window.hours()
    {
        assert!(start <= 24 && end <= 24, "{start} to {end}");
    }
}
