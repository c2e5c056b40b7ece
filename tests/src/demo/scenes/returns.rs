//! Scenes about offline messages: a user comes back, stays connected, loses the connection, and is erased.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::reason::Reason;

use crate::{
    demo::{
        cast::{ANA, LIN, WEI, lins},
        connection::Connection,
        letters::Letter,
        result::{pushed, suppressed, suppressed_without_device},
        stage::Stage,
        stop::Stop,
    },
    simulators::honor,
    stack::Answer,
};

/// The one phone on which Lin stays logged in.
const MAGIC: &str = honor::SIMULATOR.phone;

/// Pulls the missed messages: in order, until they are acknowledged.
pub async fn what_was_missed(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("15  Lin comes back");
    for vendor in lins().into_iter().filter(|vendor| vendor.phone != MAGIC) {
        stage.app.log_out(LIN, vendor.phone, true).await?;
    }
    stage.screen.event(&format!("Lin logs out on all phones but the {MAGIC}"));
    stage.tell(Letter::new(ANA, LIN, "We moved to the back room."), &[pushed(MAGIC)]).await?;
    stage.tell(Letter::new(WEI, LIN, "汤底要辣的吗？").titled("王伟"), &[pushed(MAGIC)]).await?;
    stage.screen.event("GET /users/lin/offline_messages: what did Lin miss?");
    let missed = stage.waiting().await?;
    for message in &missed {
        stage.screen.detail(&format!("  {}: {}", message["from"].as_str().unwrap_or_default(), message["body"]["msg"]));
    }
    let found: Vec<&str> = missed.iter().filter_map(|message| message["msg_id"].as_str()).collect();
    let to_lin = stage.sent.iter().filter(|(to, _)| *to == LIN);
    let expected: Vec<&str> = to_lin.map(|(_, id)| id.as_str()).collect();
    stage.check(found == expected, format!("{} messages, oldest first", expected.len()), found.join(", "))?;
    let ack = stage.lin(Method::POST, "/offline_messages/ack", Some(json!({"msg_ids": found}))).await?.success()?;
    stage.screen.event(&format!("POST /users/lin/offline_messages/ack: {}", ack["data"]));
    stage.check(stage.waiting().await?.is_empty(), "nothing waits any more", &ack)
}

/// Connects to Curlew's WebSocket API: the next message arrives there, and no push is sent.
pub async fn connected(stage: &mut Stage<'_>) -> Result<Connection, Stop> {
    stage.scene("16  Lin is connected");
    let mut connection = stage.connect(LIN, MAGIC).await?;
    let sent = stage.post(Letter::new(ANA, LIN, "Your chair is the red one.")).await?;
    let came = connection.message(&sent.msg_id).await?;
    stage.screen.detail(&format!("  {MAGIC} receives {}, and acknowledges it", came["body"]));
    connection.acknowledge(&sent.msg_id).await?;
    stage.judge([(sent, &[suppressed(MAGIC, Reason::MessageDelivered)])]).await?;
    Ok(connection)
}

/// Stops reading the connection. Without an acknowledgement, the message is pushed.
pub async fn lost_in_silence(stage: &mut Stage<'_>, connection: Connection) -> Result<(), Stop> {
    stage.scene("17  The connection is lost without a close frame");
    stage.screen.event(&format!("the {MAGIC} loses its network: the connection stays open, and nobody reads it"));
    stage.tell(Letter::new(ANA, LIN, "Starting without you."), &[pushed(MAGIC)]).await?;
    stage.show(LIN, MAGIC).await?;
    stage.hang_up(connection, LIN).await
}

/// Erases a user: no binding, no message and no trace is left.
pub async fn erased(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.scene("18  Lin is erased");
    let last = stage.sent.last().map(|(_, id)| id.clone()).unwrap_or_default();
    let erased = stage.lin(Method::DELETE, "", None).await?.success()?;
    stage.screen.event(&format!("DELETE /users/lin: {}", erased["entities"]));
    stage.check_bindings(LIN, &[]).await?;
    let traced = stage.app.call(Method::GET, &format!("/push/trace/{last}?user=lin")).send().await?.status;
    stage.screen.event(&format!("GET /push/trace of Lin's last message: {traced}"));
    stage.check(traced == 404, "404", traced)?;
    let nobody = suppressed_without_device(Reason::NoUserExist);
    stage.tell(Letter::new(ANA, LIN, "Lin?"), &[nobody]).await
}

impl Stage<'_> {
    /// Makes a call below Lin's path, with a token of the app.
    async fn lin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, Stop> {
        let call = self.app.call(method, &format!("/users/lin{path}"));
        let call = if let Some(body) = body { call.json(&body) } else { call };
        Ok(call.send().await?)
    }

    /// Returns Lin's waiting messages.
    async fn waiting(&self) -> Result<Vec<Value>, Stop> {
        let page = self.lin(Method::GET, "/offline_messages", None).await?.success()?;
        Ok(page["data"].as_array().cloned().unwrap_or_default())
    }
}
