//! The deployed local stack, seen from outside.
//!
//! It has the addresses, the API as an IM server and a client use it, and what an operator sees: queues, tables, logs
//! and processes. [`Stack::open`] reads the file that `make up` wrote. One [`Stack`] belongs to one tokio runtime.

mod api;
mod callback_server;
mod cloud;
mod invocations;
#[cfg(feature = "e2e")]
mod logs;
mod processes;
mod recorder;
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

pub use api::{Answer, Api, App, Call, Event, Issued, Refusals, segment};
pub use callback_server::{Callback, CallbackServer};
pub use cloud::{Cloud, DeadLetter, queues};
pub use invocations::{Invocations, UnderWay};
#[cfg(feature = "e2e")]
pub use logs::Logs;
pub use processes::{FunctionProcess, function_processes};
pub use recorder::{Connection, Recorder};
pub use sent::{Record, Sent};
pub use socket::{Socket, SocketError};
pub use usage::{Counts, Usage, Used, Written};

use crate::simulators::{ClientError, SimulatorClient};

/// The variable that names a file other than `.local/stack.json`.
pub const CURLEW_STACK: &str = "CURLEW_STACK";

/// An error between a client and the stack.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// the description is missing or unreadable
    #[error("{path} cannot be used ({why}); `make up` writes it")]
    NoStack {
        /// the file
        path: PathBuf,
        /// the error
        why: String,
    },
    /// the stack did not answer
    #[error("the stack does not answer")]
    Unreachable(#[from] reqwest::Error),
    /// the API answered with an error
    #[error("the API refuses with {}: {}", .0.status, .0.text)]
    Refused(Answer),
    /// an answer lacks a field
    #[error("the answer lacks {0}")]
    Lacking(&'static str),
    /// the simulators answered with an error
    #[error(transparent)]
    Vendors(#[from] ClientError),
    /// an AWS service answered with an error
    #[error("AWS: {0}")]
    Aws(String),
    /// a connection to the WebSocket API failed
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// the process of an app's own server failed
    #[error("the app's own server cannot be started")]
    NoServer(#[from] std::io::Error),
}

/// The file that `make up` writes.
#[derive(Debug, Clone, Deserialize)]
pub struct Description {
    /// the address of the API
    pub api_url: String,
    /// the address of the WebSocket API
    pub websocket_url: String,
    /// the operator key
    pub operator_key: String,
    /// the address of the vendors
    pub vendor_base_url: String,
    /// the endpoint of AWS
    pub aws_endpoint_url: String,
    /// the address of the proxy that lets the functions' AWS calls fail, if it runs
    #[serde(default)]
    pub faults_url: Option<String>,
    /// the AWS region
    pub region: String,
    /// queue URLs by logical id
    pub queues: BTreeMap<String, String>,
    /// table names by logical id
    pub tables: BTreeMap<String, String>,
    /// ids of the stack's secrets by logical id
    pub secrets: BTreeMap<String, String>,
    /// function names by logical id
    pub functions: BTreeMap<String, String>,
    /// log groups by logical id
    pub log_groups: BTreeMap<String, String>,
    /// the folder with the logs of the stack's own processes
    pub log_dir: PathBuf,
    /// the Python of the stack's own processes
    pub python: PathBuf,
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
    /// the description of the stack
    pub description: Description,
    /// the HTTP API
    pub api: Api,
    /// the vendor simulators
    pub vendors: SimulatorClient,
    /// queues, tables, event sources
    pub cloud: Cloud,
    /// what the functions used
    pub usage: Usage,
    /// what the functions put on queues
    pub sent: Sent,
    /// which invocations of functions are under way
    pub invocations: Invocations,
    /// what the functions wrote
    #[cfg(feature = "e2e")]
    pub logs: Logs,
}

impl Stack {
    /// Returns the stack that runs for this checkout.
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
            invocations: Invocations::new(&description)?,
            #[cfg(feature = "e2e")]
            logs: Logs::new(&sdk, &description),
            description,
        })
    }

    /// Returns the processes that run the stack's functions now.
    pub fn function_processes(&self) -> Vec<FunctionProcess> {
        let Description { aws_endpoint_url, faults_url, .. } = &self.description;
        function_processes(faults_url.as_ref().unwrap_or(aws_endpoint_url))
    }
}
