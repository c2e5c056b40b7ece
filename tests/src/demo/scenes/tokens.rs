//! Scenes about tokens: one becomes unregistered, and one changes its user.

use shared::domain::reason::Reason;

use crate::{
    demo::{
        cast::{ANA, KIM, PIXEL, WEI},
        letters::Letter,
        result::{pushed, refused, suppressed_without_device},
        stage::Stage,
        stop::Stop,
    },
    simulators::Device,
};

/// The app is uninstalled. The vendor reports the token as unregistered once, and Curlew uses it no more.
pub async fn uninstalled(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("8  Ana uninstalls the app");
    let phone = stage.phone(PIXEL)?;
    let dead = Device::unregistered(phone.vendor.name(), phone.token.as_str());
    stage.stack.vendors.add_devices([dead]).await?;
    stage.screen.event("the app is gone from Ana's Pixel; only FCM knows");
    stage.tell(Letter::new(WEI, ANA, "Your soup is getting cold."), &[refused(PIXEL, Reason::IllegalBinding)]).await?;
    stage.check_bindings(ANA, &[]).await?;
    stage.tally.tokens_removed += 1;
    stage.screen.event("the token that FCM unregistered is removed");
    let nobody = suppressed_without_device(Reason::NoPushBinding);
    stage.tell(Letter::new(WEI, ANA, "I'm eating your soup."), &[nobody]).await
}

/// Another user logs in on the phone. The token belongs to that user alone.
pub async fn changes_hands(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("9  Kim borrows the phone");
    stage.phone(PIXEL)?.install_again();
    stage.screen.event("Ana installs the app again, and FCM gives it another token");
    stage.bind(ANA, PIXEL).await?;
    stage.check_bindings(ANA, &[PIXEL]).await?;
    stage.screen.event("Ana lends the Pixel to Kim, and forgets to log out");
    stage.bind(KIM, PIXEL).await?;
    stage.check_bindings(ANA, &[]).await?;
    stage.check_bindings(KIM, &[PIXEL]).await?;
    let nobody = suppressed_without_device(Reason::NoPushBinding);
    stage.tell(Letter::new(WEI, ANA, "Not a word to Kim about Friday!"), &[nobody]).await?;
    stage.tell(Letter::new(WEI, KIM, "Are you free on Friday?"), &[pushed(PIXEL)]).await?;
    stage.show(KIM, PIXEL).await
}
