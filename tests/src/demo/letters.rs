//! Messages of the demo: sent as an IM server sends them, and checked against their traces.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::content::{DEFAULT_BODY, DEFAULT_TITLE};

use super::{
    cast::{Card, listed},
    record::{self, Line},
    result::{DeliveryResult, Ended},
    screen::{Ink, fit},
    stage::Stage,
    stop::Stop,
    wait::until,
};
use crate::stack::StackError;

/// How long a message's trace may take, retries included.
const RECORDED: Duration = Duration::from_secs(30);

/// A message to be sent.
#[derive(Debug, Clone)]
pub struct Letter {
    from: &'static str,
    to: &'static str,
    text: &'static str,
    ext: Value,
    card: Card,
}

/// A message that was sent.
#[derive(Debug)]
pub struct Sent {
    letter: Letter,
    /// the receiver's message id
    pub msg_id: String,
}

impl Letter {
    /// Returns a text message whose notification names the sender and shows the text.
    pub fn new(from: &'static str, to: &'static str, text: &'static str) -> Self {
        let card = Card { title: from.to_owned(), body: text.to_owned(), alerts: 1 };
        Self { from, to, text, ext: json!({"em_push_ext": {"title": from, "content": text}}), card }
    }

    /// Hides the text: the notification says only that there is a message.
    pub fn discreet(self) -> Self {
        let card = Card { title: DEFAULT_TITLE.to_owned(), body: DEFAULT_BODY.to_owned(), alerts: 1 };
        Self { ext: json!({}), card, ..self }
    }

    /// Sets another title for the notification than the sender's name.
    pub fn titled(mut self, title: &str) -> Self {
        self.ext["em_push_ext"]["title"] = json!(title);
        title.clone_into(&mut self.card.title);
        self
    }

    /// Asks for no push (`em_ignore_notification`).
    pub fn hushed(mut self) -> Self {
        self.ext["em_ignore_notification"] = json!(true);
        self
    }

    /// Mentions the receiver.
    pub fn mentioning(mut self) -> Self {
        self.ext["em_at_list"] = json!([self.to.to_ascii_lowercase()]);
        self
    }

    /// Uses a template with these arguments for the title. The notification must show `title` and `body`.
    pub fn by_template(mut self, name: &str, title_args: &[&str], title: &str, body: &str) -> Self {
        self.ext = json!({"em_push_template": {"name": name, "title_args": title_args}});
        self.card = Card { title: title.to_owned(), body: body.to_owned(), alerts: 1 };
        self
    }

    /// Sets how often the vendor will deliver the message.
    pub fn delivered(mut self, times: u32) -> Self {
        self.card.alerts = times;
        self
    }
}

impl Letter {
    /// Returns the request body for the API.
    pub fn message(&self) -> Value {
        let Self { from, to, text, ext, .. } = self;
        json!({"from": from, "to": [to], "type": "txt", "body": {"msg": text}, "ext": ext})
    }
}

impl Stage<'_> {
    /// Sends a message and checks its delivery results.
    pub async fn tell(&mut self, letter: Letter, expected: &[Ended]) -> Result<(), Stop> {
        let sent = self.post(letter).await?;
        self.judge([(sent, expected)]).await
    }

    /// Sends a message.
    pub async fn post(&mut self, letter: Letter) -> Result<Sent, Stop> {
        let Letter { from, to, text, .. } = &letter;
        let line = format!("✉ {} {text}", fit(&format!("{from} → {to}"), 11));
        self.screen.event(&self.screen.paint(Ink::Bold, &line));
        let mut ids = self.app.send(&letter.message()).await?;
        let msg_id = ids.remove(*to).ok_or(StackError::Lacking("the message's id"))?;
        self.sent.push((to, msg_id.clone()));
        Ok(Sent { letter, msg_id })
    }

    /// Reads the traces of messages, prints them, and checks them against the expected results.
    pub async fn judge<const N: usize>(&mut self, sent: [(Sent, &[Ended]); N]) -> Result<(), Stop> {
        for (Sent { letter, msg_id }, expected) in sent {
            let lines = self.recorded(&letter, &msg_id).await?;
            lines.iter().for_each(|line| self.screen.detail(&self.described(line)));
            let found: Vec<&Ended> = lines.iter().map(|line| &line.ended).collect();
            self.check(found.iter().copied().eq(expected), listed(expected), listed(found.iter().copied()))?;
            for line in &lines {
                self.tally.count(line);
                if let (DeliveryResult::Pushed { .. }, Some(device)) = (line.ended.result, &line.ended.device) {
                    self.phone(device)?.shade.push(letter.card.clone());
                }
            }
            self.tally.messages += 1;
        }
        self.check_shades().await
    }

    /// Returns the trace of a message when no push is pending any more.
    async fn recorded(&self, letter: &Letter, msg_id: &str) -> Result<Vec<Line>, Stop> {
        until("the trace of a message", RECORDED, async || {
            let message = self.stack.cloud.message(&self.key, letter.to, msg_id).await?;
            Ok(message.as_ref().and_then(record::read))
        })
        .await
    }

    fn described(&self, line: &Line) -> String {
        let (ink, word) = match line.ended.result {
            DeliveryResult::Pushed { .. } => (Ink::Push, "pushed"),
            DeliveryResult::Suppressed(_) => (Ink::Suppression, "suppressed"),
            DeliveryResult::Refused { .. } => (Ink::Bad, "refused"),
        };
        let device = fit(line.ended.device.as_deref().unwrap_or("no device"), 9);
        let detail = self.screen.paint(Ink::Faint, &format!("({})", line.detail));
        format!("  {device} {} {}  {detail}", self.screen.paint(ink, &fit(word, 10)), line.reason)
    }
}
