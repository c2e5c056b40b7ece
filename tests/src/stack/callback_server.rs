//! An app's own server, which takes callbacks and has each verified by an independent implementation
//! (`infra/local/callback_server.py`).

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use super::{Description, StackError};
use crate::simulators::plain_http;

/// An app's own server. It ends when it is dropped.
#[derive(Debug)]
pub struct CallbackServer {
    address: String,
    http: reqwest::Client,
    _process: Child,
}

/// A callback that the server got.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Callback {
    /// its headers, with names in lower case
    pub headers: BTreeMap<String, String>,
    /// its body
    pub body: String,
    /// why the implementation refused it; `None` if the secret signed it
    pub refusal: Option<String>,
    /// the status of the answer
    pub status: u16,
}

impl Callback {
    /// Returns a header, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Returns the id of the event, which every try has.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Returns the body, `null` if it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl CallbackServer {
    /// Starts a server that takes callbacks signed with this secret, and no others.
    pub async fn start(stack: &Description, secret: &str) -> Result<Self, StackError> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/local/callback_server.py");
        let mut command = Command::new(&stack.python);
        command.arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let (input, output) = (process.stdin.as_mut(), process.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err(StackError::Lacking("a pipe")) };
        input.write_all(format!("{secret}\n").as_bytes()).await?;
        let address = BufReader::new(output).lines().next_line().await?.ok_or(StackError::Lacking("an address"))?;
        Ok(Self { address, http: plain_http(Duration::from_secs(10)).build()?, _process: process })
    }

    /// Returns the address for callbacks.
    pub fn url(&self) -> String {
        format!("{}/callback", self.address)
    }

    /// Sets the statuses of the next answers to callbacks that the secret signed. The others are 200.
    pub async fn answer(&self, statuses: &[u16]) -> Result<(), StackError> {
        let call = self.http.put(format!("{}/answers", self.address)).json(statuses);
        call.send().await?.error_for_status()?;
        Ok(())
    }

    /// Returns the callbacks so far, oldest first.
    pub async fn callbacks(&self) -> Result<Vec<Callback>, StackError> {
        let got = self.http.get(format!("{}/callbacks", self.address)).send().await?;
        Ok(got.error_for_status()?.json().await?)
    }

    /// Posts a copy of a callback with another body, as somebody does who does not know the secret. Returns the status.
    pub async fn post_forged(&self, callback: &Callback, body: String) -> Result<u16, StackError> {
        let signed = callback.headers.iter().filter(|(name, _)| name.starts_with("webhook-"));
        let call = signed.fold(self.http.post(self.url()), |call, (name, value)| call.header(name, value));
        Ok(call.body(body).send().await?.status().as_u16())
    }
}
