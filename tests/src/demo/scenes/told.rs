//! The scene about callbacks: the app's own server was told what became of every push, and each call was signed.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;

use crate::{
    demo::{
        cast::{ANA, KIM, PIXEL},
        letters::Letter,
        result::pushed,
        screen::Ink,
        stage::Stage,
        stop::Stop,
        wait::until,
    },
    stack::Callback,
};

/// How long callbacks may take.
const TOLD: Duration = Duration::from_secs(20);
/// The fields of a callback that the demo prints.
const SHOWN: [&str; 7] = ["event", "target", "channel", "status", "detail", "msg_id", "security"];

/// Shows the callback of a push, who verified it, and what becomes of a forged one.
pub async fn by_callbacks(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("20  The app's server is told");
    let sent = stage.post(Letter::new(ANA, KIM, "See you on Friday!")).await?;
    let msg_id = sent.msg_id.clone();
    stage.judge([(sent, &[pushed(PIXEL)])]).await?;
    let callback = until("the callback of a push", TOLD, async || {
        let told = stage.server.callbacks().await?;
        Ok(told.into_iter().find(|one| one.json()["msg_id"] == json!(msg_id)))
    })
    .await?;
    stage.print_callback(&callback);
    let verified = "the Python package standardwebhooks verifies the signature, and hashlib the MD5";
    stage.check(callback.refusal.is_none(), verified, callback.refusal.as_deref().unwrap_or_default())?;
    stage.screen.event(&format!("{} {verified}", stage.screen.paint(Ink::Push, "✓")));

    let forged = callback.body.replace("success", "fail");
    let status = stage.server.post_forged(&callback, forged).await?;
    stage.check(status == 401, "401", status)?;
    stage.screen.event("the same call with one word changed is refused: 401");
    stage.check_callbacks().await
}

impl Stage<'_> {
    fn print_callback(&self, callback: &Callback) {
        self.screen.event(&format!("POST {}", self.server.url()));
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            self.screen.detail(&format!("  {name}: {}", callback.header(name)));
        }
        let body = callback.json();
        for name in SHOWN {
            self.screen.detail(&format!("    {name:<9} {}", body[name].as_str().unwrap_or_default()));
        }
    }

    /// Checks that the server was told of the end of every push of the demo, and could verify everything.
    async fn check_callbacks(&self) -> Result<(), Stop> {
        let pushes: u32 = self.tally.pushes.values().chain(self.tally.refusals.values()).sum();
        let callbacks = until("the callbacks of all pushes", TOLD, async || {
            let callbacks = self.server.callbacks().await?;
            Ok((events(&callbacks, true) >= pushes).then_some(callbacks))
        })
        .await?;
        let (told, others) = (events(&callbacks, true), events(&callbacks, false));
        self.check(told == pushes, format!("{pushes} pushes"), told)?;
        self.screen
            .event(&format!("so far the server was told of {told} pushes and {others} other events, each signed"));
        Ok(())
    }
}

/// Returns of how many pushes, or of how many other events, genuine callbacks tell. One that came twice has the same id.
fn events(callbacks: &[Callback], pushes: bool) -> u32 {
    let genuine = callbacks.iter().filter(|one| one.refusal.is_none());
    let chosen = genuine.filter(|one| (one.json()["event"] == "push") == pushes);
    let ids: BTreeSet<&str> = chosen.map(Callback::id).collect();
    u32::try_from(ids.len()).unwrap_or(u32::MAX)
}
