//! The scene about reasons: of a push before it is sent, and of a suppressed push.

use serde_json::Value;
use shared::domain::reason::Reason;

use crate::demo::{
    cast::{ANA, KIM, MATE, WEI},
    letters::Letter,
    result::suppressed,
    stage::Stage,
    stop::Stop,
};

/// Shows the dry run of a push, and the stored trace of a suppressed one.
pub async fn why(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("14  Why?");
    stage.screen.event("POST /push/explain: what would become of \"Lunch?\" from Ana to Kim? Nothing is sent.");
    let explained = stage.app.explain(&Letter::new(ANA, KIM, "Lunch?").message()).await?;
    stage.tell_why(&explained)?;
    stage.check(explained["verdict"] == "push", "a push", &explained["verdict"])?;
    stage.check_shades().await?;

    let sent = stage.post(Letter::new(ANA, WEI, "hm")).await?;
    let msg_id = sent.msg_id.clone();
    stage.judge([(sent, &[suppressed(MATE, Reason::NotMentioned)])]).await?;
    stage.screen.event("GET /push/trace: why was \"hm\" not pushed?");
    let traced = stage.app.trace(WEI, &msg_id).await?;
    stage.tell_why(&traced)?;
    stage.check(traced["reason"] == Reason::NotMentioned.code(), Reason::NotMentioned, &traced["reason"])
}

impl Stage<'_> {
    fn tell_why(&self, explanation: &Value) -> Result<(), Stop> {
        let reason = explanation["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
        self.screen.detail(&format!("  {}{reason}", explanation["verdict"].as_str().unwrap_or_default()));
        for rule in explanation["rules"].as_array().into_iter().flatten() {
            let inputs = match rule["inputs"].as_object() {
                Some(inputs) if !inputs.is_empty() => Value::Object(inputs.clone()).to_string(),
                _ => String::new(),
            };
            let word = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
            self.screen.detail(&format!("    {:<15} {:<5} {inputs}", word("rule"), word("verdict")));
        }
        for device in explanation["devices"].as_array().into_iter().flatten() {
            let word = |name: &str| device[name].as_str().unwrap_or_default().to_owned();
            self.screen.detail(&format!("    {}: {} {}", word("device_id"), word("verdict"), word("reason")));
            if let Some(request) = device.get("vendor_request") {
                self.screen.detail(&format!("      {request}"));
            }
        }
        let rules = explanation["rules"].as_array().map_or(0, Vec::len);
        self.check(rules > 0, "an explanation by rules", explanation)
    }
}
