//! Removal of a user from the table `Users`.
//!
//! Removes all rows of the user, whatever their kind. Then it removes the directory's row, unless somebody made the
//! user known again since it was read. In that case it starts again. A later write lists its user again.
//!
//! Earlier versions wrote some rows without the directory's. The sweeps of an erasure list their user with
//! [`ListUser`](crate::ports::directory::ListUser).

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    CONFLICT_TRIES,
    bindings::read_binding,
    item::{Item, ItemReader, row, text, user_pk},
    store_error,
    users::{BINDING, UsersTable},
};
use crate::{
    domain::{
        binding::Binding,
        id::{AppKey, UserId},
    },
    ports::{erasure::ForgetUser, error::StoreError, users::FindTokenOwner},
};

/// Maximum parallel removals of rows.
const PARALLEL_REMOVALS: usize = 16;
/// Attributes that are read of a row: its key, and those that lead from a binding to its owner row.
const READ: &str = "pk, sk, device_id, notifier_name, device_token, bound_at";

#[async_trait]
impl ForgetUser for UsersTable {
    async fn knows_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        Ok(!self.first_rows(app, user).await?.is_empty() || self.times_listed(app, user).await?.is_some())
    }

    async fn forget_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        let mut found = false;
        for _ in 0..CONFLICT_TRIES {
            let listed = self.times_listed(app, user).await?;
            let rows = self.all_rows(app, user).await?;
            found |= listed.is_some() || !rows.is_empty();
            if rows.is_empty() {
                match listed {
                    Some(times) if !self.unlist(app, user, times).await? => {}
                    _ => return Ok(found),
                }
            }
            stream::iter(rows)
                .map(|item| async move { self.forget_row(app, user, &item).await })
                .buffer_unordered(PARALLEL_REMOVALS)
                .try_collect::<()>()
                .await?;
        }
        Err(StoreError::Conflict)
    }
}

impl UsersTable {
    /// Returns the user's rows, up to a page of 1 MB.
    async fn all_rows(&self, app: &AppKey, user: &UserId) -> Result<Vec<Item>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .projection_expression(READ)
            .consistent_read(true);
        Ok(query.send().await.map_err(store_error)?.items.unwrap_or_default())
    }

    async fn forget_row(&self, app: &AppKey, user: &UserId, item: &Item) -> Result<(), StoreError> {
        let reader = ItemReader(item);
        let sk = reader.text("sk")?;
        // The owner row of a binding that cannot be read is unknown.
        match sk.strip_prefix(BINDING).and_then(|_| read_binding(&reader).ok()) {
            Some(binding) => self.forget_binding(app, user, &binding, sk).await,
            None => self.delete_row(app, user, sk).await,
        }
    }

    /// Removes a binding with its owner row. Removes the binding alone if another device or user owns the token by now.
    async fn forget_binding(&self, app: &AppKey, user: &UserId, binding: &Binding, sk: &str) -> Result<(), StoreError> {
        match self.remove(app, user, std::slice::from_ref(binding)).await {
            Err(StoreError::Conflict) => {}
            done => return done,
        }
        let owner = self.token_owner(app, &binding.notifier, &binding.token).await?;
        if owner.is_some_and(|holder| holder.user == *user && holder.device == binding.device_id) {
            // The binding has got another token. The next pass finds it.
            return Ok(());
        }
        self.delete_row(app, user, sk).await
    }

    async fn delete_row(&self, app: &AppKey, user: &UserId, sk: &str) -> Result<(), StoreError> {
        let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(row(user_pk(app, user), sk)));
        match delete.send().await.map_err(store_error) {
            // A transaction is writing the row. The next pass finds the result.
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
