//! Direct calls of functions: of the vendors' push functions, for certificate tests, for pushes that are waited for and
//! for checks of credentials, and of `watch-credentials`.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use aws_sdk_lambda::{Client, config::Builder, primitives::Blob, types::InvocationType};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;
use serde::{Serialize, de::DeserializeOwned};

use super::{Sdk, Service};
use crate::{
    domain::vendor::Vendor,
    ports::{
        certificate_test::{TestNotifier, TestPush, TestReport},
        credential_check::{CheckCredentials, CheckResult, CheckedNotifier},
        credential_watch::{StartWatch, WatchSlice},
        error::StoreError,
        push_now::{PushNow, PushNowReport},
        queue::PushJob,
    },
};

/// Event that a vendor's function gets in place of queue records.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum DirectCall<'a> {
    /// a test push
    Test(&'a TestPush),
    /// a push that is waited for
    Push(&'a PushJob),
    /// checks of credentials
    Check(&'a [CheckedNotifier]),
}

/// The push functions of the vendors, by name.
#[derive(Debug)]
pub struct PushFunctions {
    client: Service<Client>,
    names: HashMap<Vendor, String>,
}

impl PushFunctions {
    /// Returns the push functions, one for each vendor.
    pub fn new(sdk: &Sdk, names: impl IntoIterator<Item = (Vendor, String)>) -> Self {
        Self { client: Service::new(sdk, once), names: names.into_iter().collect() }
    }
}

/// Maximum time of a call: as long as the function may run.
const LONGEST: Duration = Duration::from_secs(22);

/// Returns a client that does not retry: a repeated call is a second push.
fn once(config: &SdkConfig) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).operation_timeout(LONGEST).build();
    let config = Builder::from(config).timeout_config(timeouts).retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

impl PushFunctions {
    /// Calls a vendor's function, and returns its answer.
    async fn call<T: DeserializeOwned>(&self, vendor: Vendor, call: &DirectCall<'_>) -> Result<T, StoreError> {
        let name = self.names.get(&vendor).ok_or_else(|| StoreError::Corrupt(format!("no function for {vendor}")))?;
        let event = serde_json::to_vec(call).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let output = self
            .client
            .get()
            .invoke()
            .function_name(name)
            .payload(Blob::new(event))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let answer = output.payload.map(Blob::into_inner).unwrap_or_default();
        if let Some(kind) = output.function_error {
            return Err(StoreError::Corrupt(format!("the function of {vendor} failed: {kind}")));
        }
        serde_json::from_slice(&answer).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

#[async_trait]
impl TestNotifier for PushFunctions {
    async fn test(&self, vendor: Vendor, push: &TestPush) -> Result<TestReport, StoreError> {
        self.call(vendor, &DirectCall::Test(push)).await
    }
}

#[async_trait]
impl PushNow for PushFunctions {
    async fn push_now(&self, vendor: Vendor, job: &PushJob) -> Result<PushNowReport, StoreError> {
        self.call(vendor, &DirectCall::Push(job)).await
    }
}

#[async_trait]
impl CheckCredentials for PushFunctions {
    async fn check(&self, vendor: Vendor, notifiers: &[CheckedNotifier]) -> Result<Vec<CheckResult>, StoreError> {
        self.call(vendor, &DirectCall::Check(notifiers)).await
    }
}

/// The function `watch-credentials`, by name.
#[derive(Debug)]
pub struct WatchFunction {
    client: Service<Client>,
    name: String,
}

impl WatchFunction {
    /// Returns the function with this name.
    pub fn new(sdk: &Sdk, name: String) -> Self {
        Self { client: Service::new(sdk, once), name }
    }
}

#[async_trait]
impl StartWatch for WatchFunction {
    async fn start_watch(&self, slice: &WatchSlice) -> Result<(), StoreError> {
        let event = serde_json::to_vec(slice).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let invoke = self.client.get().invoke().function_name(&self.name).invocation_type(InvocationType::Event);
        invoke.payload(Blob::new(event)).send().await.map(drop).map_err(StoreError::unavailable)
    }
}
