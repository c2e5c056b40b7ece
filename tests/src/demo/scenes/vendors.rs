//! Vendors have bad moments.

use crate::{
    demo::{
        cast::{ANA, MATE, PIXEL, WEI},
        fate::pushed_at,
        letters::Letter,
        stage::Stage,
        stop::Stop,
    },
    simulators::{Endpoint, Fault, FaultRule},
};

/// One vendor fails once, the other delivers and breaks off its answer: both are asked again, each phone shows one notification.
pub async fn stumble(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("7  Both vendors stumble");
    let (pixel, mate) = (stage.phone(PIXEL)?.token.clone(), stage.phone(MATE)?.token.clone());
    let fails = FaultRule::new("fcm", Fault::code("INTERNAL")).at(Endpoint::Send).for_token(pixel);
    let breaks_off = FaultRule::new("huawei", Fault::Truncated { mid_body: true }).at(Endpoint::Send).for_token(mate);
    stage.stack.vendors.add_faults([fails, breaks_off.after_delivery()]).await?;
    stage.screen.event("FCM will fail with 500 once; Huawei will deliver, and break off in the middle of its answer");
    let to_ana = stage.post(Letter::new(WEI, ANA, "Saved you a seat.")).await?;
    let to_wei = stage.post(Letter::new(ANA, WEI, "One stop. Order!").delivered(2)).await?;
    stage.judge([(to_ana, &[pushed_at(PIXEL, 2)]), (to_wei, &[pushed_at(MATE, 2)])]).await?;
    stage.show(ANA, PIXEL).await?;
    stage.show(WEI, MATE).await
}
