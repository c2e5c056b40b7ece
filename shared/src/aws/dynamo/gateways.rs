//! Leases of gateways in the table `Runtime`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    error::SdkError, operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};

use super::{
    CONFLICT_TRIES, RuntimeTable,
    item::{Item, ItemReader, number, row},
    store_error,
};
use crate::{
    domain::{
        gateway::{GatewayLease, Renewal},
        id::{AppKey, GatewayId},
    },
    ports::{
        error::StoreError,
        gateways::{ReadGateways, RenewGateways},
    },
};

/// Time from the lease's end until the TTL deletes its row. It is the longest presence lease of an app, so no device's
/// grace lasts longer.
const KEPT_AFTER_END: Duration = Duration::from_secs(3600);

#[async_trait]
impl ReadGateways for RuntimeTable {
    async fn gateway_lease(&self, app: &AppKey, gateway: &GatewayId) -> Result<Option<GatewayLease>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, gateway)))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        found.item.map(|item| read_lease(&ItemReader(&item))).transpose()
    }
}

#[async_trait]
impl RenewGateways for RuntimeTable {
    async fn renew_gateway(
        &self,
        app: &AppKey,
        gateway: &GatewayId,
        renewal: &Renewal,
    ) -> Result<GatewayLease, StoreError> {
        let mut current = self.gateway_lease(app, gateway).await?;
        for _ in 0..CONFLICT_TRIES {
            let next = GatewayLease::after(current.as_ref(), renewal);
            match self.replace_lease(app, gateway, current.as_ref(), &next).await? {
                Replaced::Done => return Ok(next),
                Replaced::Found(found) => current = found,
            }
        }
        Err(StoreError::Conflict)
    }
}

/// Result of a conditional write.
enum Replaced {
    Done,
    Found(Option<GatewayLease>),
}

impl RuntimeTable {
    /// Replaces exactly `seen` with `next`, or returns what is stored instead.
    async fn replace_lease(
        &self,
        app: &AppKey,
        gateway: &GatewayId,
        seen: Option<&GatewayLease>,
        next: &GatewayLease,
    ) -> Result<Replaced, StoreError> {
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(lease_row(app, gateway, next)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match seen {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(seen) => put
                .condition_expression("#since = :since AND lease_until = :until")
                .expression_attribute_names("#since", "since")
                .expression_attribute_values(":since", number(seen.since.as_millis()))
                .expression_attribute_values(":until", number(seen.until.as_millis())),
        };
        match put.send().await {
            Ok(_) => Ok(Replaced::Done),
            Err(SdkError::ServiceError(failure)) => match failure.err() {
                PutItemError::ConditionalCheckFailedException(check) => {
                    let found = check.item.as_ref().map(|item| read_lease(&ItemReader(item))).transpose()?;
                    Ok(Replaced::Found(found))
                }
                _ => Err(store_error(SdkError::ServiceError(failure))),
            },
            Err(error) => Err(store_error(error)),
        }
    }
}

// ---- rows ----

fn key(app: &AppKey, gateway: &GatewayId) -> Item {
    row(format!("gateway#{app}#{gateway}"), "gateway")
}

fn lease_row(app: &AppKey, gateway: &GatewayId, lease: &GatewayLease) -> Item {
    let mut item = key(app, gateway);
    item.insert("since".into(), number(lease.since.as_millis()));
    item.insert("renewed_at".into(), number(lease.renewed_at.as_millis()));
    item.insert("lease_until".into(), number(lease.until.as_millis()));
    item.insert("expires_at".into(), number(lease.until.plus(KEPT_AFTER_END).as_seconds()));
    item
}

fn read_lease(reader: &ItemReader<'_>) -> Result<GatewayLease, StoreError> {
    Ok(GatewayLease {
        since: reader.time("since")?,
        renewed_at: reader.time("renewed_at")?,
        until: reader.time("lease_until")?,
    })
}
