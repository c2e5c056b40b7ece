//! Scenes about presence: a connected receiver gets no push.

use std::time::Duration;

use shared::domain::reason::Reason;

use crate::demo::{
    cast::{ANA, BROWSER, MATE, PIXEL, WEI},
    letters::Letter,
    result::{pushed, suppressed},
    stage::{LEASE, Stage},
    stop::Stop,
    wait::until,
};

/// Both users are connected, so nobody gets a push.
pub async fn both_online(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("1  Both are online");
    stage.goes_online(ANA, PIXEL, "gateway east").await?;
    stage.goes_online(WEI, MATE, "gateway east").await?;
    stage
        .tell(Letter::new(ANA, WEI, "Noodles at half past twelve? 🍜"), &[suppressed(MATE, Reason::UserOnline)])
        .await?;
    stage.tell(Letter::new(WEI, ANA, "好的，老地方见"), &[suppressed(PIXEL, Reason::UserOnline)]).await
}

/// Wei goes offline, and gets pushes from now on.
pub async fn phone_away(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("2  Wei puts his phone away");
    stage.goes_offline(WEI, MATE, "offline").await?;
    stage.tell(Letter::new(ANA, WEI, "Running ten minutes late."), &[pushed(MATE)]).await?;
    stage.tell(Letter::new(ANA, WEI, "The door code is 4711.").discreet(), &[pushed(MATE)]).await?;
    stage.show(WEI, MATE).await
}

/// Wei connects with another device. Under the app's policy, one online device suppresses the pushes to the others.
pub async fn at_the_browser(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("3  Wei sits down at a browser");
    stage.goes_online(WEI, BROWSER, "gateway west").await?;
    let elsewhere = suppressed(MATE, Reason::AnotherDeviceOnline);
    stage.tell(Letter::new(ANA, WEI, "Shall I order for you?"), &[elsewhere]).await?;
    stage.goes_offline(WEI, BROWSER, "offline").await
}

/// A kicked device gets no push until somebody logs in on it.
pub async fn kicked(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("4  Ana is kicked");
    stage.goes_offline(ANA, PIXEL, "kicked").await?;
    stage.tell(Letter::new(WEI, ANA, "The usual, please."), &[suppressed(PIXEL, Reason::DeviceKicked)]).await?;
    stage.goes_online(ANA, PIXEL, "gateway east").await?;
    stage.goes_offline(ANA, PIXEL, "offline").await?;
    stage.tell(Letter::new(WEI, ANA, "我到了，你在哪儿？"), &[pushed(PIXEL)]).await?;
    stage.show(ANA, PIXEL).await
}

/// A gateway dies without a report. The leases of its devices expire.
pub async fn gateway_dies(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("5  A gateway dies");
    stage.goes_online(WEI, MATE, "gateway north").await?;
    stage.gateways.die("gateway north");
    stage.screen.event("gateway north loses power, and reports nothing any more");
    stage.tell(Letter::new(ANA, WEI, "On the bus now."), &[suppressed(MATE, Reason::UserOnline)]).await?;
    stage.check_online(WEI, true).await?;
    let end_of_lease = LEASE + Duration::from_secs(5);
    until("the lease", end_of_lease, async || Ok((!stage.app.is_online(WEI).await?).then_some(()))).await?;
    stage.screen.event(&format!("no heartbeat for {} s: Wei counts as offline", LEASE.as_secs()));
    stage.tell(Letter::new(ANA, WEI, "Two stops left."), &[pushed(MATE)]).await?;
    stage.show(WEI, MATE).await
}

/// The sender asks for no push.
pub async fn hush(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("6  A message that asks for no push");
    let hushed = Letter::new(ANA, WEI, "(a sticker, sent with em_ignore_notification)").hushed();
    stage.tell(hushed, &[suppressed(MATE, Reason::MessageIgnorePush)]).await
}
