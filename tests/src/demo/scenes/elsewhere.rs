//! The scene about a message that was read on another device: its notification leaves the phone.

use std::time::Duration;

use crate::demo::{
    cast::{KIM, PIXEL, TABLET, WEI, notifier},
    letters::Letter,
    result::pushed,
    screen::Ink,
    stage::Stage,
    stop::Stop,
    tally::add,
    wait::until,
};

/// How long a notification may take to go.
const GONE: Duration = Duration::from_secs(20);

/// Reads a message on the tablet. Its notification vanishes from the phone; those of other messages stay.
pub async fn read_on_the_tablet(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("19  Kim reads on the tablet");
    let sent = stage.post(Letter::new(WEI, KIM, "Friday at seven, then.")).await?;
    let msg_id = sent.msg_id.clone();
    stage.judge([(sent, &[pushed(PIXEL)])]).await?;
    stage.show(KIM, PIXEL).await?;
    let mut tablet = stage.connect(KIM, TABLET).await?;
    let came = tablet.message(&msg_id).await?;
    tablet.acknowledge(&msg_id).await?;
    let read = format!("the {TABLET} gets what waits; Kim reads {}, and the {TABLET} acknowledges it", came["body"]);
    stage.screen.event(&read);
    vanishes(stage, &msg_id).await?;
    stage.show(KIM, PIXEL).await?;
    stage.check_shades().await?;
    stage.hang_up(tablet, KIM).await
}

/// Waits until the phone shows the message no longer, and expects that from now on.
async fn vanishes(stage: &mut Stage<'_>, msg_id: &str) -> Result<(), Stop> {
    let phone = stage.phone(PIXEL)?;
    let (vendor, token) = (phone.vendor, phone.token.clone());
    // It is the latest.
    phone.shade.pop();
    let told = until("the end of the notification", GONE, async || {
        let view = stage.stack.vendors.device(vendor.name(), &token).await?;
        let shows = view.shade.iter().any(|shown| shown.delivery.notice.data["m"] == msg_id);
        Ok(view.data.last().filter(|_| !shows).map(|told| told.notice.data.clone()))
    })
    .await?;
    // The request that removes a notification is one of those that push.
    add(&mut stage.tally.attempts, &notifier(vendor), 1);
    stage.screen.event(&format!("{} asks the {PIXEL}'s app to cancel the notification: {told}", vendor.title));
    let gone = stage.screen.paint(Ink::Push, "○");
    stage.screen.event(&format!("{gone} the notification is gone from the {PIXEL}"));
    Ok(())
}
