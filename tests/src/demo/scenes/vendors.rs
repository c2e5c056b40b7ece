//! Scenes about failures of vendors.

use shared::domain::reason::Reason;

use crate::{
    demo::{
        cast::{ANA, LIN, MATE, PIXEL, WEI, lins, notifier},
        letters::Letter,
        result::{pushed, pushed_at, refused},
        stage::Stage,
        stop::Stop,
    },
    simulators::{Endpoint, Fault, FaultRule, oppo},
};

/// FCM fails once. Huawei delivers and breaks off its answer. Curlew retries both, and each phone shows one
/// notification.
pub async fn stumble(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("7  Both vendors fail once");
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

/// Sends through all other vendors at once. OPPO's quota is used up, and the others go on.
pub async fn all_the_others(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("10  Lin has a phone of every other vendor");
    let devices: Vec<&str> = lins().iter().map(|vendor| vendor.phone).collect();
    for device in &devices {
        stage.bind(LIN, device).await?;
    }
    // vivo refuses a title without a Chinese word in it.
    let letter = |text| Letter::new(WEI, LIN, text).titled("王伟");
    stage.tell(letter("晚上一起吃火锅吗？"), &devices.iter().map(|device| pushed(device)).collect::<Vec<_>>()).await?;
    let reno = stage.phone(oppo::SIMULATOR.phone)?.token.clone();
    stage.stack.vendors.add_faults([oppo::scripts::daily_limit().for_token(reno)]).await?;
    stage.screen.event("OPPO will answer that today's quota is used up");
    let refuses = |device: &str| device == oppo::SIMULATOR.phone;
    let result = |device: &&'static str| {
        if refuses(device) { refused(device, Reason::QuotaUsedUp) } else { pushed(device) }
    };
    let results: Vec<_> = devices.iter().map(result).collect();
    stage.tell(letter("六点半，老地方。"), &results).await?;
    let shown = stage.app.notifier(&notifier(&oppo::SIMULATOR)).await?;
    stage.screen.event(&format!("the notifier {} shows it: {}", notifier(&oppo::SIMULATOR), shown["health"]["quota"]));
    stage.check(shown["health"]["quota"]["im"]["code"] == "33", "OPPO's quota is used up", &shown["health"])?;
    for device in devices {
        stage.show(LIN, device).await?;
    }
    Ok(())
}
