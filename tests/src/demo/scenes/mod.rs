//! The demo's scenes, in order.

mod campaign;
mod elsewhere;
mod presence;
mod returns;
mod tokens;
mod told;
mod vendors;
mod why;
mod wishes;

use super::{stage::Stage, stop::Stop};

/// Plays all scenes.
pub async fn play(stage: &mut Stage<'_>) -> Result<(), Stop> {
    presence::both_online(stage).await?;
    presence::phone_away(stage).await?;
    presence::at_the_browser(stage).await?;
    presence::kicked(stage).await?;
    presence::gateway_dies(stage).await?;
    presence::hush(stage).await?;
    vendors::stumble(stage).await?;
    tokens::uninstalled(stage).await?;
    tokens::changes_hands(stage).await?;
    vendors::all_the_others(stage).await?;
    wishes::night(stage).await?;
    wishes::mentions_only(stage).await?;
    wishes::template(stage).await?;
    why::why(stage).await?;
    returns::what_was_missed(stage).await?;
    let connection = returns::connected(stage).await?;
    returns::lost_in_silence(stage, connection).await?;
    returns::erased(stage).await?;
    elsewhere::read_on_the_tablet(stage).await?;
    told::by_callbacks(stage).await?;
    campaign::to_everyone(stage).await
}
