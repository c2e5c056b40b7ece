//! The deployed local stack, seen from outside: where it is, its API as an IM server and a client use it, and what an
//! operator sees of its queues, tables, logs and processes.
//!
//! [`Stack::open`] reads what `make up` wrote. One [`Stack`] belongs to one tokio runtime.

mod api;
mod cloud;
#[cfg(feature = "e2e")]
mod logs;
mod processes;
mod sent;
mod socket;
mod usage;

use std::{collections::BTreeMap, path::PathBuf};

use aws_credential_types::Credentials;
use serde::Deserialize;
use shared::{
    aws::Sdk,
    config::{Environment, Vars},
};

pub use api::{Answer, Api, App, Call, Event, Refusals};
pub use cloud::{Cloud, DeadLetter, queues};
#[cfg(feature = "e2e")]
pub use logs::Logs;
pub use processes::{FunctionProcess, function_processes};
pub use sent::{Record, Sent};
pub use socket::{Socket, SocketError};
pub use usage::{Counts, Usage, Used, Written};

use crate::simulators::{ClientError, SimulatorClient};

/// The variable that names another description than `.local/stack.json`.
pub const CURLEW_STACK: &str = "CURLEW_STACK";

/// What went wrong between a client and the stack.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// no description, or an unreadable one
    #[error("{path} cannot be used ({why}); `make up` writes it")]
    NoStack {
        /// the file
        path: PathBuf,
        /// what is wrong with it
        why: String,
    },
    /// no answer
    #[error("the stack does not answer")]
    Unreachable(#[from] reqwest::Error),
    /// the API refuses
    #[error("the API refuses with {}: {}", .0.status, .0.text)]
    Refused(Answer),
    /// an answer without what it should have
    #[error("the answer lacks {0}")]
    Lacking(&'static str),
    /// the simulators
    #[error(transparent)]
    Vendors(#[from] ClientError),
    /// an AWS service
    #[error("AWS: {0}")]
    Aws(String),
    /// a connection to the WebSocket API
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// What `make up` writes down.
#[derive(Debug, Clone, Deserialize)]
pub struct Description {
    /// where the API is
    pub api_url: String,
    /// where the WebSocket API is
    pub websocket_url: String,
    /// what operators authenticate with
    pub operator_key: String,
    /// where the vendors are
    pub vendor_base_url: String,
    /// where AWS is
    pub aws_endpoint_url: String,
    /// its region
    pub region: String,
    /// queue URLs by logical id
    pub queues: BTreeMap<String, String>,
    /// table names by logical id
    pub tables: BTreeMap<String, String>,
    /// function names by logical id
    pub functions: BTreeMap<String, String>,
    /// log groups by logical id
    pub log_groups: BTreeMap<String, String>,
    /// where the logs of the stack's own processes are
    pub log_dir: PathBuf,
}

impl Description {
    /// Reads the file that [`CURLEW_STACK`] names, or this checkout's `.local/stack.json`.
    pub fn read() -> Result<Self, StackError> {
        let here = || format!("{}/../.local/stack.json", env!("CARGO_MANIFEST_DIR"));
        let path = PathBuf::from(Environment.get(CURLEW_STACK).unwrap_or_else(here));
        let unusable = |why: String| StackError::NoStack { path: path.clone(), why };
        let text = std::fs::read_to_string(&path).map_err(|error| unusable(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))
    }
}

/// The running stack.
#[derive(Debug, Clone)]
pub struct Stack {
    /// where everything is
    pub description: Description,
    /// the HTTP API
    pub api: Api,
    /// the vendors, if they are our simulators
    pub vendors: SimulatorClient,
    /// queues, tables, event sources
    pub cloud: Cloud,
    /// what the functions used
    pub usage: Usage,
    /// what the functions put on queues
    pub sent: Sent,
    /// what the functions wrote
    #[cfg(feature = "e2e")]
    pub logs: Logs,
}

impl Stack {
    /// The stack that runs for this checkout.
    pub fn open() -> Result<Self, StackError> {
        let description = Description::read()?;
        let credentials = Credentials::new("test", "test", None, None, "local");
        let sdk = Sdk::new(description.region.clone(), credentials, Some(description.aws_endpoint_url.clone()));
        Ok(Self {
            api: Api::new(&description.api_url, &description.operator_key)?,
            vendors: SimulatorClient::new(&description.vendor_base_url)?,
            cloud: Cloud::new(&sdk, &description),
            usage: Usage::new(&description)?,
            sent: Sent::new(&description)?,
            #[cfg(feature = "e2e")]
            logs: Logs::new(&sdk, &description),
            description,
        })
    }

    /// The processes that run the stack's functions now.
    pub fn function_processes(&self) -> Vec<FunctionProcess> {
        function_processes(&self.description.aws_endpoint_url)
    }
}
