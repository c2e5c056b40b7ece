//! Conditional writes that fail on their own first try. The SDK repeats a request whose answer was lost. Its condition
//! then fails on the row that the first try wrote. Transactions are not affected: the SDK repeats them with the same
//! token.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, update_item::UpdateItemError},
};

use super::{item::Item, store_error};
use crate::ports::error::StoreError;

/// Returns the row on which the condition of a put failed.
pub(super) fn put_check(error: &PutItemError) -> Option<&Item> {
    match error {
        PutItemError::ConditionalCheckFailedException(check) => check.item.as_ref(),
        _ => None,
    }
}

/// Returns the row on which the condition of an update failed.
pub(super) fn update_check(error: &UpdateItemError) -> Option<&Item> {
    match error {
        UpdateItemError::ConditionalCheckFailedException(check) => check.item.as_ref(),
        _ => None,
    }
}

/// Returns success also for a conditional write that failed on its own earlier try.
pub(super) fn unless_own<E>(
    done: Result<(), SdkError<E>>,
    found: impl Fn(&E) -> Option<&Item>,
    own: impl Fn(&Item) -> bool,
) -> Result<(), StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match done {
        Err(error) if error.as_service_error().and_then(found).is_some_and(own) => Ok(()),
        done => done.map_err(store_error),
    }
}
