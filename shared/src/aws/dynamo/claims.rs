//! Idempotency claims in the table `Runtime`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    error::SdkError, operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};

use super::{
    RuntimeTable,
    item::{Item, Reader, number, row, text},
    store_error,
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::time::Timestamp,
    ports::{
        claims::{CLAIM_RETENTION, Claim, ClaimKeys, Claimed},
        error::StoreError,
    },
};

#[async_trait]
impl ClaimKeys for RuntimeTable {
    async fn claim(&self, claim: &Claim, now: Timestamp, hold: Duration) -> Result<Claimed, StoreError> {
        let mut item = key(claim);
        item.insert("body".into(), text(&claim.body_sha256));
        item.insert("since".into(), number(now.as_millis()));
        item.insert("hold_until".into(), number(now.plus(hold).as_millis()));
        item.insert("expires_at".into(), number(now.plus(CLAIM_RETENTION).as_seconds()));
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", number(now.as_seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Claimed::First { since: now, abandoned: false }),
            Err(SdkError::ServiceError(failure)) => match failure.err() {
                PutItemError::ConditionalCheckFailedException(check) => match &check.item {
                    Some(found) => self.judge(claim, found, now, hold).await,
                    // Given back between the check and its answer.
                    None => Ok(Claimed::Running),
                },
                _ => Err(store_error(SdkError::ServiceError(failure))),
            },
            Err(error) => Err(store_error(error)),
        }
    }

    async fn answer(&self, claim: &Claim, answer: &str) -> Result<(), StoreError> {
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(claim)))
            .update_expression("SET answer = :answer")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":answer", text(answer))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn give_back(&self, claim: &Claim) -> Result<(), StoreError> {
        self.0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .set_key(Some(key(claim)))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), StoreError> {
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(claim)))
            .update_expression("SET hold_until = :none")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":none", number(0))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
    }
}

impl RuntimeTable {
    /// What an existing claim means for this request; takes over one that was abandoned.
    async fn judge(&self, claim: &Claim, found: &Item, now: Timestamp, hold: Duration) -> Result<Claimed, StoreError> {
        let reader = Reader(found);
        if reader.text("body")? != claim.body_sha256 {
            return Ok(Claimed::OtherBody);
        }
        if let Some(answer) = reader.optional_text("answer") {
            return Ok(Claimed::Answered(answer.to_owned()));
        }
        let held = reader.time("hold_until")?;
        if now < held {
            return Ok(Claimed::Running);
        }
        let taken = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(claim)))
            .update_expression("SET hold_until = :until")
            .condition_expression("hold_until = :held AND attribute_not_exists(answer)")
            .expression_attribute_values(":until", number(now.plus(hold).as_millis()))
            .expression_attribute_values(":held", number(held.as_millis()))
            .send()
            .await
            .map_err(store_error);
        match taken {
            Ok(_) => Ok(Claimed::First { since: reader.time("since")?, abandoned: true }),
            Err(StoreError::Conflict) => Ok(Claimed::Running),
            Err(error) => Err(error),
        }
    }
}

fn key(claim: &Claim) -> Item {
    row(format!("claim#{}", sha256_hex(claim.key.as_bytes())), "claim")
}
