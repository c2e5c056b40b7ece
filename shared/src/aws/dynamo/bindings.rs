//! Bindings and token ownership. One transaction changes a binding and the owner row of its token, so a token serves
//! one device of one user at a time.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{TransactWriteItem, builders::DeleteBuilder};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    CONFLICT_TRIES,
    item::{Item, ItemReader, binding_name, number, row, text, user_pk},
    store_error,
    users::{BINDING, UsersTable},
    writes::{deletes, puts},
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        binding::{Binding, DeviceToken, TokenHolder},
        id::{AppKey, DeviceId, NotifierName, UserId},
    },
    ports::{
        error::StoreError,
        users::{FindTokenOwner, FindTokenOwners, ManageBindings},
    },
};

/// Maximum keys of one batch read. Source: Amazon DynamoDB, "BatchGetItem".
const MAX_READ_AT_ONCE: usize = 100;
/// Maximum parallel batch reads of one call.
const PARALLEL_READS: usize = 8;
/// Maximum bindings of one removal. A transaction takes 100 items, and a binding takes two: itself and its owner row.
const MAX_REMOVED_AT_ONCE: usize = 45;

#[async_trait]
impl ManageBindings for UsersTable {
    async fn bind(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        most: usize,
    ) -> Result<Vec<Binding>, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            let existing = self.bindings(app, user).await?;
            let same = existing.iter().any(|old| is_slot(old, binding) && old.token == binding.token);
            let result = if same && existing.len() <= most {
                self.renew(app, user, binding).await.map(|()| Vec::new())
            } else {
                self.take_over(app, user, binding, &existing, most).await
            };
            match result {
                Ok(removed) => {
                    let left = existing.into_iter().filter(|old| !is_slot(old, binding) && !removed.contains(old));
                    return Ok(sorted(left.chain([binding.clone()])));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn unbind(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: Option<&NotifierName>,
    ) -> Result<Vec<Binding>, StoreError> {
        for _ in 0..CONFLICT_TRIES {
            let existing = self.bindings(app, user).await?;
            let named = |old: &Binding| old.device_id == *device && notifier.is_none_or(|name| old.notifier == *name);
            let (out, left): (Vec<_>, Vec<_>) = existing.into_iter().partition(named);
            match self.remove(app, user, &out).await {
                Ok(()) => return Ok(sorted(left.into_iter())),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    async fn bindings(&self, app: &AppKey, user: &UserId) -> Result<Vec<Binding>, StoreError> {
        let rows = self.rows_of_kind(app, user, BINDING).await?;
        let bindings: Vec<Binding> =
            rows.iter().map(|item| read_binding(&ItemReader(item))).collect::<Result<_, _>>()?;
        Ok(sorted(bindings.into_iter()))
    }
}

#[async_trait]
impl FindTokenOwner for UsersTable {
    async fn token_owner(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
    ) -> Result<Option<TokenHolder>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(owner_key(app, notifier, token)))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        found.item.as_ref().map(read_holder).transpose()
    }
}

#[async_trait]
impl FindTokenOwners for UsersTable {
    async fn token_owners(
        &self,
        app: &AppKey,
        tokens: &[(&NotifierName, &DeviceToken)],
    ) -> Result<Vec<Option<TokenHolder>>, StoreError> {
        let parts: Vec<Vec<Item>> = tokens
            .chunks(MAX_READ_AT_ONCE)
            .map(|part| part.iter().map(|(notifier, token)| owner_key(app, notifier, token)).collect())
            .collect();
        let found: Vec<Vec<Option<Item>>> = stream::iter(parts)
            .map(|keys| async move { self.0.items(&keys).await })
            .buffered(PARALLEL_READS)
            .try_collect()
            .await?;
        found.iter().flatten().map(|item| item.as_ref().map(read_holder).transpose()).collect()
    }
}

impl UsersTable {
    /// Updates the time of a binding whose device registers the same token again.
    async fn renew(&self, app: &AppKey, user: &UserId, binding: &Binding) -> Result<(), StoreError> {
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), binding_sk(binding))))
            .update_expression("SET bound_at = :at")
            .condition_expression("device_token = :token")
            .expression_attribute_values(":at", number(binding.bound_at.as_millis()))
            .expression_attribute_values(":token", text(binding.token.expose()))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    /// Writes the binding and moves the token's ownership. Returns the user's own bindings that were removed.
    async fn take_over(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        existing: &[Binding],
        most: usize,
    ) -> Result<Vec<Binding>, StoreError> {
        let owner = self.token_owner(app, &binding.notifier, &binding.token).await?;
        let replaced = existing.iter().find(|old| is_slot(old, binding));
        let own_former = existing
            .iter()
            .filter(|old| !is_slot(old, binding) && old.notifier == binding.notifier && old.token == binding.token);
        let mut removed: Vec<Binding> = own_former.cloned().collect();
        removed.extend(too_many(existing, binding, &removed, most));

        let mut writes =
            vec![self.put_binding(app, user, binding, replaced)?, self.put_owner(app, user, binding, owner.as_ref())?];
        if let Some(replaced) = replaced.filter(|old| old.token != binding.token) {
            writes.push(self.delete_owner(app, user, replaced)?);
        }
        if let Some(holder) = owner {
            let former = Binding { device_id: holder.device, ..binding.clone() };
            // Another device of the same user may have got the token after `existing` was read.
            let covered = is_slot(&former, binding) || removed.iter().any(|old| is_slot(old, &former));
            if holder.user != *user || !covered {
                writes.push(self.delete_binding(app, &holder.user, &former)?);
            }
        }
        // A running erasure may not see a new row. It sees the change of the directory's row.
        if replaced.is_none() {
            writes.push(self.list(app, user)?);
        }
        for old in &removed {
            writes.push(self.delete_binding(app, user, old)?);
            if old.token != binding.token || old.notifier != binding.notifier {
                writes.push(self.delete_owner(app, user, old)?);
            }
        }
        self.0.transact(writes).await?;
        Ok(removed)
    }

    /// Removes bindings with their owner rows.
    pub(super) async fn remove(&self, app: &AppKey, user: &UserId, bindings: &[Binding]) -> Result<(), StoreError> {
        for chunk in bindings.chunks(MAX_REMOVED_AT_ONCE) {
            let mut writes = Vec::with_capacity(chunk.len() * 2);
            for binding in chunk {
                writes.push(self.delete_binding(app, user, binding)?);
                writes.push(self.delete_owner(app, user, binding)?);
            }
            self.0.transact(writes).await?;
        }
        Ok(())
    }

    // ---- the writes of a transaction ----

    fn put_binding(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        replaced: Option<&Binding>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = row(user_pk(app, user), binding_sk(binding));
        item.insert("device_id".into(), text(binding.device_id.as_str()));
        item.insert("notifier_name".into(), text(binding.notifier.as_str()));
        item.insert("device_token".into(), text(binding.token.expose()));
        item.insert("bound_at".into(), number(binding.bound_at.as_millis()));
        let put = self.0.put_of(item);
        let put = match replaced {
            Some(old) => put
                .condition_expression("device_token = :old")
                .expression_attribute_values(":old", text(old.token.expose())),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        puts(put)
    }

    fn put_owner(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        seen: Option<&TokenHolder>,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = owner_key(app, &binding.notifier, &binding.token);
        item.insert("user".into(), text(user.as_str()));
        item.insert("device_id".into(), text(binding.device_id.as_str()));
        // A device that registers its token again holds it as long as before.
        let same = seen.filter(|holder| holder.user == *user && holder.device == binding.device_id);
        if let Some(since) = same.map_or(Some(binding.bound_at), |holder| holder.since) {
            item.insert("since".into(), number(since.as_millis()));
        }
        let put = self.0.put_of(item);
        let put = match seen {
            Some(holder) => put
                .condition_expression(IS_OWNER)
                .expression_attribute_names("#user", "user")
                .expression_attribute_values(":user", text(holder.user.as_str()))
                .expression_attribute_values(":device", text(holder.device.as_str())),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        puts(put)
    }

    fn delete_binding(&self, app: &AppKey, user: &UserId, binding: &Binding) -> Result<TransactWriteItem, StoreError> {
        deletes(self.delete_of_binding(app, user, binding).condition_expression("device_token = :token"))
    }

    /// Deletes a binding unless its device registered the token later than `binding` says.
    pub(super) fn delete_unless_newer(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
    ) -> Result<TransactWriteItem, StoreError> {
        deletes(
            self.delete_of_binding(app, user, binding)
                .condition_expression("device_token = :token AND bound_at <= :since")
                .expression_attribute_values(":since", number(binding.bound_at.as_millis())),
        )
    }

    fn delete_of_binding(&self, app: &AppKey, user: &UserId, binding: &Binding) -> DeleteBuilder {
        self.0
            .delete_of(row(user_pk(app, user), binding_sk(binding)))
            .expression_attribute_values(":token", text(binding.token.expose()))
    }

    pub(super) fn delete_owner(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
    ) -> Result<TransactWriteItem, StoreError> {
        deletes(
            self.0
                .delete_of(owner_key(app, &binding.notifier, &binding.token))
                .condition_expression(IS_OWNER)
                .expression_attribute_names("#user", "user")
                .expression_attribute_values(":user", text(user.as_str()))
                .expression_attribute_values(":device", text(binding.device_id.as_str())),
        )
    }
}

// ---- rows ----

const IS_OWNER: &str = "#user = :user AND device_id = :device";

pub(super) fn binding_sk(binding: &Binding) -> String {
    format!("{BINDING}{}", binding_name(&binding.device_id, &binding.notifier))
}

fn owner_key(app: &AppKey, notifier: &NotifierName, token: &DeviceToken) -> Item {
    row(format!("token#{app}#{notifier}#{}", sha256_hex(token.expose().as_bytes())), "owner")
}

fn read_holder(item: &Item) -> Result<TokenHolder, StoreError> {
    let reader = ItemReader(item);
    let (user, device) = (reader.parsed("user", UserId::parse)?, reader.parsed("device_id", DeviceId::parse)?);
    Ok(TokenHolder { user, device, since: reader.optional_time("since") })
}

pub(super) fn read_binding(reader: &ItemReader<'_>) -> Result<Binding, StoreError> {
    Ok(Binding {
        device_id: reader.parsed("device_id", DeviceId::parse)?,
        notifier: reader.parsed("notifier_name", NotifierName::parse)?,
        token: reader.parsed("device_token", DeviceToken::parse)?,
        bound_at: reader.time("bound_at")?,
    })
}

// ---- which bindings ----

/// Returns whether two bindings are for the same device and notifier.
fn is_slot(a: &Binding, b: &Binding) -> bool {
    a.device_id == b.device_id && a.notifier == b.notifier
}

/// Returns the oldest bindings above `most`, counted with `binding` and without `removed`.
fn too_many(existing: &[Binding], binding: &Binding, removed: &[Binding], most: usize) -> Vec<Binding> {
    let mut others: Vec<&Binding> =
        existing.iter().filter(|old| !is_slot(old, binding) && !removed.contains(old)).collect();
    others.sort_by_key(|old| old.bound_at);
    let surplus = (others.len() + 1).saturating_sub(most);
    others.into_iter().take(surplus.min(MAX_REMOVED_AT_ONCE)).cloned().collect()
}

fn sorted(bindings: impl Iterator<Item = Binding>) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = bindings.collect();
    bindings.sort_by(|a, b| (&a.device_id, &a.notifier).cmp(&(&b.device_id, &b.notifier)));
    bindings
}
