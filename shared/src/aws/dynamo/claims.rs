//! Idempotency claims in the table `Runtime`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    RuntimeTable,
    item::{Item, ItemReader, corrupt, number, row, text},
    own::update_check,
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
        item.insert(OWNER.into(), text(&claim.owner));
        item.insert("since".into(), number(now.as_millis()));
        item.insert("hold_until".into(), number(now.plus(hold).as_millis()));
        item.insert("expires_at".into(), number(now.plus(CLAIM_RETENTION).as_seconds()));
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now OR since < :not_before")
            .expression_attribute_values(":not_before", number(claim.not_before.as_millis()))
            .expression_attribute_values(":now", number(now.as_seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(Claimed::First { since: now, abandoned: false, renamed: Vec::new() });
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(check)) => match &check.item {
                Some(found) => self.judge(claim, found, now, hold).await,
                // The claim was given back after the condition failed.
                None => Ok(Claimed::Running),
            },
            _ => Err(store_error(error)),
        }
    }

    async fn rename(&self, claim: &Claim, renamed: &[Timestamp]) -> Result<(), StoreError> {
        let times = renamed.iter().map(|at| number(at.as_millis())).collect();
        self.0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(claim)))
            .update_expression(format!("SET {RENAMED} = :renamed"))
            .condition_expression("#owner = :owner AND attribute_not_exists(answer)")
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(&claim.owner))
            .expression_attribute_values(":renamed", AttributeValue::L(times))
            .send()
            .await
            .map_err(store_error)?;
        Ok(())
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
        let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(key(claim)));
        let delete = delete.condition_expression("#owner = :owner").expression_attribute_names("#owner", OWNER);
        let delete = delete.expression_attribute_values(":owner", text(&claim.owner));
        if_ones_own(delete.send().await.map(drop).map_err(store_error))
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), StoreError> {
        let update = self.0.client.update_item().table_name(&self.0.name).set_key(Some(key(claim)));
        let update = update
            .update_expression("SET hold_until = :none")
            .condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(&claim.owner))
            .expression_attribute_values(":none", number(0));
        if_ones_own(update.send().await.map(drop).map_err(store_error))
    }
}

impl RuntimeTable {
    /// Returns what an existing claim means for this request. Takes over an abandoned claim.
    async fn judge(&self, claim: &Claim, found: &Item, now: Timestamp, hold: Duration) -> Result<Claimed, StoreError> {
        let reader = ItemReader(found);
        if reader.text("body")? != claim.body_sha256 {
            return Ok(Claimed::OtherBody);
        }
        if let Some(answer) = reader.optional_text("answer") {
            return Ok(Claimed::Answered(answer.to_owned()));
        }
        if let Some(own) = own(claim, found)? {
            return Ok(own);
        }
        let held = reader.time("hold_until")?;
        if now < held {
            return Ok(Claimed::Running);
        }
        let update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(claim)))
            .update_expression("SET hold_until = :until, #owner = :owner, taken_over = :yes")
            .condition_expression("hold_until = :held AND attribute_not_exists(answer)")
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(&claim.owner))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":until", number(now.plus(hold).as_millis()))
            .expression_attribute_values(":held", number(held.as_millis()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else {
            return first(found, true);
        };
        match error.as_service_error().and_then(update_check).map(|found| own(claim, found)) {
            Some(own) => Ok(own?.unwrap_or(Claimed::Running)),
            None => match store_error(error) {
                StoreError::Conflict => Ok(Claimed::Running),
                error => Err(error),
            },
        }
    }
}

/// Attribute with the request that holds the claim. Claims of earlier versions lack it.
const OWNER: &str = "owner";
/// Attribute with the times at which message ids were assigned again.
const RENAMED: &str = "renamed";

/// Returns the claim as this request made it; `None` if another request holds it.
fn own(claim: &Claim, found: &Item) -> Result<Option<Claimed>, StoreError> {
    let reader = ItemReader(found);
    if reader.optional_text(OWNER) != Some(&claim.owner) || reader.optional_text("answer").is_some() {
        return Ok(None);
    }
    first(found, found.contains_key("taken_over")).map(Some)
}

/// Returns the claim as it stands for the request that holds it.
fn first(found: &Item, abandoned: bool) -> Result<Claimed, StoreError> {
    let listed = found.get(RENAMED).map(|list| list.as_l().map_err(|_| corrupt(RENAMED))).transpose()?;
    let time = |value: &AttributeValue| value.as_n().ok().and_then(|millis| millis.parse().ok());
    let renamed = listed.into_iter().flatten().map(|value| time(value).map(Timestamp::from_millis));
    let renamed = renamed.collect::<Option<_>>().ok_or_else(|| corrupt(RENAMED))?;
    Ok(Claimed::First { since: ItemReader(found).time("since")?, abandoned, renamed })
}

/// Ignores the conflict of a change to a claim that another request holds: that claim stays as it is.
fn if_ones_own(changed: Result<(), StoreError>) -> Result<(), StoreError> {
    match changed {
        Err(StoreError::Conflict) => Ok(()),
        done => done,
    }
}

fn key(claim: &Claim) -> Item {
    row(format!("claim#{}", sha256_hex(claim.key.as_bytes())), "claim")
}
