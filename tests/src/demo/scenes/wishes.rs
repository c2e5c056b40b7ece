//! Scenes about the settings of receivers and the content that senders choose.

use serde_json::json;
use shared::{
    crypto::system::System,
    domain::{quiet::DailyWindow, reason::Reason, time::Timestamp, zone::TimeZone},
    ports::clock::Clock,
};

use crate::{
    demo::{
        cast::{ANA, KIM, MATE, PIXEL, WEI},
        letters::Letter,
        result::{pushed, suppressed},
        stage::Stage,
        stop::Stop,
    },
    stack::StackError,
};

/// The do-not-disturb interval of both receivers, over midnight.
const NIGHT: &str = "22:00-08:00";
/// Minutes for which night or day must last, so that the scene ends before it changes.
const MARGIN: u16 = 10;
/// Cities around the world: at any time it is night in one and day in another.
const CITIES: [(&str, &str); 8] = [
    ("Auckland", "Pacific/Auckland"),
    ("Tokyo", "Asia/Tokyo"),
    ("Shanghai", "Asia/Shanghai"),
    ("Dubai", "Asia/Dubai"),
    ("London", "Europe/London"),
    ("São Paulo", "America/Sao_Paulo"),
    ("Mexico City", "America/Mexico_City"),
    ("Honolulu", "Pacific/Honolulu"),
];

struct City {
    name: &'static str,
    zone: &'static str,
    clock: String,
}

/// Two users set do-not-disturb between 22:00 and 08:00. It is night where one is, and day where the other is.
pub async fn night(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("11  Do not disturb at night");
    let now = System::default().now();
    let (night, day) = (city(now, true)?, city(now, false)?);
    for (user, city) in [(WEI, &night), (KIM, &day)] {
        stage.app.change_user(user, &json!({"time_zone": city.zone})).await?;
        let own = format!("user/{}", user.to_ascii_lowercase());
        stage.app.set_notification(user, &own, &json!({"ignoreInterval": NIGHT})).await?;
        let City { name, zone, clock } = city;
        stage
            .screen
            .event(&format!("{user} sets do-not-disturb {NIGHT}, and is in {name} ({zone}), where it is {clock}"));
    }
    let asleep = suppressed(MATE, Reason::UserIgnorePush);
    stage.tell(Letter::new(ANA, WEI, "Are you awake?"), &[asleep]).await?;
    stage.tell(Letter::new(ANA, KIM, "Are you awake?"), &[pushed(PIXEL)]).await?;
    stage.app.change_user(WEI, &json!({"time_zone": day.zone})).await?;
    stage.screen.event(&format!("Wei lands in {}, and changes his time zone", day.name));
    stage.tell(Letter::new(ANA, WEI, "Good morning!"), &[pushed(MATE)]).await?;
    stage.show(WEI, MATE).await
}

/// A user wants pushes of one conversation only for messages that mention him.
pub async fn mentions_only(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("12  Only when mentioned");
    let with_ana = format!("user/{}", ANA.to_ascii_lowercase());
    stage.app.set_notification(WEI, &with_ana, &json!({"type": "AT"})).await?;
    stage.screen.event("Wei wants pushes of Ana's messages only when they mention him");
    stage.tell(Letter::new(ANA, WEI, "lol"), &[suppressed(MATE, Reason::NotMentioned)]).await?;
    stage.tell(Letter::new(ANA, WEI, "@Wei, your parcel is here.").mentioning(), &[pushed(MATE)]).await?;
    stage.show(WEI, MATE).await
}

/// A template makes the notification, with the sender's nickname.
pub async fn template(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("13  A template");
    stage.app.change_user(ANA, &json!({"nickname": "Ana 🌻"})).await?;
    let template = json!({
        "name": "order", "title_pattern": "Order {0}", "content_pattern": "{$fromNickname}: {$msg}",
    });
    stage.app.create_template(&template).await?;
    stage.screen.event("the template order: title \"Order {0}\", body \"{$fromNickname}: {$msg}\"");
    let letter = Letter::new(ANA, KIM, "Two soups, no coriander.");
    let letter = letter.by_template("order", &["4711"], "Order 4711", "Ana 🌻: Two soups, no coriander.");
    stage.tell(letter, &[pushed(PIXEL)]).await?;
    stage.show(KIM, PIXEL).await
}

/// Returns a city where it is night, or day, for at least [`MARGIN`] minutes.
fn city(now: Timestamp, night: bool) -> Result<City, Stop> {
    let window = DailyWindow::parse(NIGHT).ok().flatten().ok_or(StackError::Lacking("a night"))?;
    for (name, zone) in CITIES {
        let minute = TimeZone::parse(zone).map_err(|_| StackError::Lacking("a time zone"))?.minute_of_day(now);
        if window.covers(minute) == night && window.covers((minute + MARGIN) % 1440) == night {
            return Ok(City { name, zone, clock: format!("{:02}:{:02}", minute / 60, minute % 60) });
        }
    }
    Err(StackError::Lacking("a city").into())
}
