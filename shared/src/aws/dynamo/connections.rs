//! Connections to Curlew. The table `Runtime` holds the owner of each; the presence rows of the table `Users` hold
//! their progress.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{error::SdkError, operation::update_item::UpdateItemError, types::AttributeValue};

use super::{
    RuntimeTable,
    item::{Item, ItemReader, number, row, text, user_pk},
    presence_rows::{LINK, link_name, presence_sk},
    store_error,
    users::UsersTable,
};
use crate::{
    domain::{
        connection::{CONNECTION_LEASE, Link},
        id::{AppKey, DeviceId, SessionId, UserId},
        presence::{Presence, PresenceEvent},
        time::Timestamp,
    },
    ports::{
        connections::{Connection, KeepConnections, OpenConnection, TrackConnections},
        effect::Effect,
        error::StoreError,
    },
};

/// Attributes with the progress of a connection.
const BACKLOG_READ: &str = "looked_at";
const LIVE: &str = "live";

#[async_trait]
impl KeepConnections for RuntimeTable {
    async fn open(&self, open: &OpenConnection) -> Result<(), StoreError> {
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(connection_row(open)));
        put.send().await.map(drop).map_err(store_error)
    }

    async fn find(&self, id: &SessionId, now: Timestamp) -> Result<Option<OpenConnection>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key(id))).consistent_read(true);
        let found = get.send().await.map_err(store_error)?.item;
        found.filter(|item| !ItemReader(item).has_expired(now)).map(|item| read(id, &ItemReader(&item))).transpose()
    }

    async fn note_backlog_read(&self, id: &SessionId) -> Result<(), StoreError> {
        self.mark(id, BACKLOG_READ).await
    }

    async fn note_live(&self, id: &SessionId) -> Result<(), StoreError> {
        self.mark(id, LIVE).await
    }

    async fn forget(&self, id: &SessionId) -> Result<(), StoreError> {
        let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(key(id)));
        delete.send().await.map(drop).map_err(store_error)
    }
}

impl RuntimeTable {
    /// Sets an attribute of a connection whose row exists.
    async fn mark(&self, id: &SessionId, attribute: &str) -> Result<(), StoreError> {
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(id)))
            .update_expression("SET #noted = :yes")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#noted", attribute)
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        match update.send().await.map_err(store_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl TrackConnections for UsersTable {
    async fn connect(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        token_key: &str,
        max: usize,
    ) -> Result<Effect, StoreError> {
        self.change(app, event, max, |current, _| Presence::connected(current, event, lease, token_key)).await
    }

    async fn apply_to_connections(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Effect, StoreError> {
        self.change(app, event, max, |current, bound| Presence::reported(current, event, lease, bound)).await
    }

    async fn make_room(&self, app: &AppKey, user: &UserId, surplus: &[(DeviceId, Presence)]) -> Result<(), StoreError> {
        self.remove_all(app, user, surplus.to_vec()).await.map(drop)
    }

    async fn end(&self, connection: &Connection, at: Timestamp) -> Result<Effect, StoreError> {
        let event = connection.offline(at);
        self.change(&connection.app, &event, usize::MAX, |current, _| Presence::disconnected(current, &event)).await
    }

    async fn held(&self, connection: &Connection) -> Result<Option<Presence>, StoreError> {
        let Connection { id, app, user, device_id } = connection;
        let found = self.get(app, user, device_id).await?;
        Ok(found.filter(|presence| presence.connection() == Some(id)))
    }

    async fn mark_live(&self, connection: &Connection) -> Result<bool, StoreError> {
        let Connection { id, app, user, device_id } = connection;
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), presence_sk(device_id))))
            .update_expression("SET #link = :live")
            .condition_expression("#session = :session AND #state = :online AND #link = :connecting")
            .expression_attribute_names("#link", LINK)
            .expression_attribute_names("#session", "session")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":live", text(link_name(Link::Live)))
            .expression_attribute_values(":connecting", text(link_name(Link::Connecting)))
            .expression_attribute_values(":session", text(id.as_str()))
            .expression_attribute_values(":online", text("online"));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(failure)) => match failure.err() {
                UpdateItemError::ConditionalCheckFailedException(_) => Ok(false),
                _ => Err(store_error(SdkError::ServiceError(failure))),
            },
            Err(error) => Err(store_error(error)),
        }
    }
}

// ---- rows ----

fn key(id: &SessionId) -> Item {
    row(format!("conn#{id}"), "conn")
}

fn connection_row(open: &OpenConnection) -> Item {
    let Connection { id, app, user, device_id } = &open.connection;
    let mut item = key(id);
    item.insert("app".into(), text(app.as_str()));
    item.insert("user".into(), text(user.as_str()));
    item.insert("device_id".into(), text(device_id.as_str()));
    item.insert("token_key".into(), text(&open.token_key));
    if let Some(until) = open.token_until {
        item.insert("token_until".into(), number(until.as_millis()));
    }
    for (attribute, noted) in [(BACKLOG_READ, open.backlog_read), (LIVE, open.live)] {
        if noted {
            item.insert(attribute.into(), AttributeValue::Bool(true));
        }
    }
    item.insert("since".into(), number(open.since.as_millis()));
    item.insert("expires_at".into(), number(open.since.plus(CONNECTION_LEASE).as_seconds()));
    item
}

fn read(id: &SessionId, reader: &ItemReader<'_>) -> Result<OpenConnection, StoreError> {
    let noted = |attribute| reader.0.get(attribute).is_some_and(|noted| noted.as_bool().is_ok_and(|noted| *noted));
    Ok(OpenConnection {
        connection: Connection {
            id: id.clone(),
            app: reader.parsed("app", AppKey::parse)?,
            user: reader.parsed("user", UserId::parse)?,
            device_id: reader.parsed("device_id", DeviceId::parse)?,
        },
        token_key: reader.text("token_key")?.to_owned(),
        token_until: reader.optional_time("token_until"),
        backlog_read: noted(BACKLOG_READ),
        live: noted(LIVE),
        since: reader.time("since")?,
    })
}
