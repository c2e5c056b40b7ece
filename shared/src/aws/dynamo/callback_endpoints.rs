//! The health of apps' servers in the table `Runtime`.

use async_trait::async_trait;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, VERSION, json, number, row, version_is},
    store_error,
};
use crate::{
    domain::{
        callback::endpoint::{ENDPOINT_RETENTION, Endpoint},
        id::AppKey,
        time::Timestamp,
    },
    ports::{callbacks::TrackEndpoint, error::StoreError},
};

#[async_trait]
impl TrackEndpoint for RuntimeTable {
    async fn endpoint(&self, app: &AppKey, now: Timestamp) -> Result<Endpoint, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key(app))).consistent_read(true);
        let Some(item) = get.send().await.map_err(store_error)?.item else {
            return Ok(Endpoint::default());
        };
        let reader = ItemReader(&item);
        let version = reader.version()?;
        let stored = if reader.has_expired(now) { Endpoint::default() } else { reader.json("health")? };
        Ok(Endpoint { version, ..stored })
    }

    async fn change_endpoint(&self, app: &AppKey, endpoint: &Endpoint, now: Timestamp) -> Result<(), StoreError> {
        let mut item = key(app);
        item.insert("health".into(), json(endpoint)?);
        item.insert(VERSION.into(), number(i64::from(endpoint.version) + 1));
        item.insert("expires_at".into(), number(now.plus(ENDPOINT_RETENTION).as_seconds()));
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression(version_is(endpoint.version))
            .expression_attribute_names("#version", VERSION);
        let put = match endpoint.version {
            0 => put,
            seen => put.expression_attribute_values(":seen", number(seen.into())),
        };
        put.send().await.map(drop).map_err(store_error)
    }
}

pub(super) fn key(app: &AppKey) -> Item {
    row(format!("endpoint#{app}"), "endpoint")
}
