//! Conditional writes that meet themselves: the SDK repeats a request whose answer was lost, and then the condition fails because
//! of the row that the first try wrote. Transactions need nothing of this: the SDK repeats them under one token.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, update_item::UpdateItemError},
};

use super::{item::Item, store_error};
use crate::ports::error::StoreError;

/// The row that made the condition of a put fail.
pub(super) fn put_check(error: &PutItemError) -> Option<&Item> {
    match error {
        PutItemError::ConditionalCheckFailedException(check) => check.item.as_ref(),
        _ => None,
    }
}

/// The row that made the condition of an update fail.
pub(super) fn update_check(error: &UpdateItemError) -> Option<&Item> {
    match error {
        UpdateItemError::ConditionalCheckFailedException(check) => check.item.as_ref(),
        _ => None,
    }
}

/// The result of a conditional write, which succeeded also if its condition failed on what it wrote itself.
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
