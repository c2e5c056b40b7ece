//! What an operator sees in AWS: queues, rows, event sources.

use std::{collections::BTreeMap, fmt::Display, sync::Arc};

use aws_sdk_dynamodb::{self as dynamodb, types::AttributeValue};
use aws_sdk_lambda::{self as lambda, primitives::Blob};
use aws_sdk_sqs::{
    self as sqs,
    types::{DeleteMessageBatchRequestEntry, MessageAttributeValue, QueueAttributeName},
};
use shared::{
    aws::{
        Sdk,
        dynamo::{GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable, client},
        secrets::StackSecret,
    },
    crypto::system::System,
    domain::{
        id::{AppKey, MessageId, UserId},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{
        messages::{ReadMessage, StoredMessage},
        queue::READS,
        secrets::ReadSecret,
    },
};

use super::{Description, StackError};

/// Receives of a record after which SQS moves it to the dead-letter queue.
const MAX_RECEIVES: usize = 5;

/// Returns the logical ids of the queues that carry work.
pub fn queues() -> Vec<String> {
    let of = |vendor: Vendor| format!("Push{}{}Queue", vendor.name()[..1].to_ascii_uppercase(), &vendor.name()[1..]);
    std::iter::once("DispatchQueue".to_owned()).chain(Vendor::ALL.map(of)).collect()
}

/// The stack's AWS side.
#[derive(Debug, Clone)]
pub struct Cloud {
    queues: BTreeMap<String, String>,
    functions: BTreeMap<String, String>,
    dynamo: dynamodb::Client,
    apps: String,
    messages: MessagesTable,
    groups: GroupsTable,
    users: UsersTable,
    runtime: RuntimeTable,
    sqs: sqs::Client,
    lambda: lambda::Client,
    sdk: Sdk,
    secrets: BTreeMap<String, String>,
}

/// A record on a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// the record as it came
    pub body: String,
    /// the dead-letter reason
    pub reason: Option<String>,
    receipt: String,
}

impl Cloud {
    pub(super) fn new(sdk: &Sdk, description: &Description) -> Self {
        let dynamo = client(sdk);
        let table = |id: &str| description.tables.get(id).cloned().unwrap_or_default();
        Self {
            queues: description.queues.clone(),
            functions: description.functions.clone(),
            apps: table("AppsTable"),
            messages: MessagesTable::new(&dynamo, table("MessagesTable")),
            groups: GroupsTable::new(&dynamo, table("GroupsTable")),
            users: UsersTable::new(&dynamo, table("UsersTable")),
            runtime: RuntimeTable::new(&dynamo, table("RuntimeTable")),
            sqs: sqs::Client::new(sdk.config()),
            lambda: lambda::Client::new(sdk.config()),
            sdk: sdk.clone(),
            secrets: description.secrets.clone(),
            dynamo,
        }
    }

    // ---- rows ----

    /// Makes an app older, as if it had been created at that time. Data that is older than its app is shown to nobody.
    ///
    /// A function that has the app cached uses the old value for up to a minute.
    pub async fn backdate_app(&self, app: &AppKey, created_at: Timestamp) -> Result<(), StackError> {
        let update = self.dynamo.update_item().table_name(&self.apps).update_expression("SET created_at = :then");
        let update =
            update.key("pk", AttributeValue::S(format!("app#{app}"))).key("sk", AttributeValue::S("app".into()));
        let then = AttributeValue::N(created_at.as_millis().to_string());
        update.expression_attribute_values(":then", then).send().await.map(drop).map_err(aws)
    }

    /// Returns the offline store.
    pub fn messages(&self) -> &MessagesTable {
        &self.messages
    }

    /// Returns the table of groups and their members.
    pub fn groups(&self) -> &GroupsTable {
        &self.groups
    }

    /// Returns the table of users.
    pub fn users(&self) -> &UsersTable {
        &self.users
    }

    /// Returns the table of what functions remember for a time.
    pub fn runtime(&self) -> &RuntimeTable {
        &self.runtime
    }

    /// Returns a stored message of one receiver.
    pub async fn message(&self, app: &AppKey, user: &str, msg_id: &str) -> Result<Option<StoredMessage>, StackError> {
        let user = UserId::parse(user).map_err(aws)?;
        let msg_id = MessageId::parse(msg_id).map_err(aws)?;
        MessageReader::new(self.messages.clone(), System::default()).message(app, &user, msg_id).await.map_err(aws)
    }

    // ---- queues ----

    /// Returns the URL of a queue by its logical id.
    pub fn queue(&self, logical_id: &str) -> Result<&str, StackError> {
        self.queues.get(logical_id).map(String::as_str).ok_or(StackError::Lacking("the queue"))
    }

    /// Returns the depth of every queue by logical id: its records, whether visible, in flight or delayed.
    pub async fn depths(&self) -> Result<BTreeMap<String, u64>, StackError> {
        let mut depths = BTreeMap::new();
        for id in self.queues.keys() {
            depths.insert(id.clone(), self.depth(id).await?);
        }
        Ok(depths)
    }

    /// Returns how many records a queue holds, whether visible, in flight or delayed.
    ///
    /// One call asks for all three numbers, because a record may move between them.
    pub async fn depth(&self, queue: &str) -> Result<u64, StackError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        self.attributes(queue, &names).await
    }

    /// Returns for how many seconds a received record stays invisible.
    pub async fn visibility_timeout(&self, queue: &str) -> Result<u64, StackError> {
        self.attributes(queue, &[QueueAttributeName::VisibilityTimeout]).await
    }

    /// Sets for how many seconds a received record stays invisible.
    pub async fn set_visibility_timeout(&self, queue: &str, seconds: u64) -> Result<(), StackError> {
        let url = self.queue(queue)?;
        let set = self.sqs.set_queue_attributes().queue_url(url);
        let set = set.attributes(QueueAttributeName::VisibilityTimeout, seconds.to_string());
        set.send().await.map(drop).map_err(aws)
    }

    /// Puts a raw record on a queue, and receives it `reads` times without deleting it.
    pub async fn put_record(&self, queue: &str, body: &str, reads: u32) -> Result<(), StackError> {
        let read = MessageAttributeValue::builder().data_type("Number").string_value(reads.to_string()).build();
        let send = self.sqs.send_message().queue_url(self.queue(queue)?).message_body(body);
        send.message_attributes(READS, read.map_err(aws)?).send().await.map(drop).map_err(aws)
    }

    /// Takes one record from a queue, and returns its text.
    pub async fn take_record(&self, queue: &str) -> Result<String, StackError> {
        let url = self.queue(queue)?;
        let mut received = self.sqs.receive_message().queue_url(url).send().await.map_err(aws)?.messages;
        let message = received.as_mut().and_then(Vec::pop).ok_or(StackError::Lacking("a record"))?;
        let delete = self.sqs.delete_message().queue_url(url).set_receipt_handle(message.receipt_handle);
        delete.send().await.map_err(aws)?;
        Ok(message.body.unwrap_or_default())
    }

    /// Receives the records of a queue in vain until SQS moves them to the dead-letter queue.
    pub async fn exhaust(&self, queue: &str) -> Result<(), StackError> {
        for _ in 0..=MAX_RECEIVES {
            let receive = self.sqs.receive_message().queue_url(self.queue(queue)?);
            receive.max_number_of_messages(10).visibility_timeout(0).send().await.map_err(aws)?;
        }
        Ok(())
    }

    /// Puts a record on a dead-letter queue with a reason, as a function does.
    pub async fn dead_letter(&self, queue: &str, body: &str, reason: &str) -> Result<(), StackError> {
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let send = self.sqs.send_message().queue_url(self.queue(queue)?).message_body(body);
        send.message_attributes("reason", reason.map_err(aws)?).send().await.map(drop).map_err(aws)
    }

    /// Returns what a dead-letter queue shows now. The records stay, and are invisible for a moment.
    pub async fn dead_lettered(&self, queue: &str) -> Result<Vec<DeadLetter>, StackError> {
        let receive = self.sqs.receive_message().queue_url(self.queue(queue)?).visibility_timeout(1);
        let receive = receive.max_number_of_messages(10).message_attribute_names("All");
        let received = receive.send().await.map_err(aws)?;
        let dead_lettered = received.messages.unwrap_or_default().into_iter().map(|message| DeadLetter {
            reason: message.message_attributes.and_then(|attributes| attributes.get("reason")?.string_value.clone()),
            body: message.body.unwrap_or_default(),
            receipt: message.receipt_handle.unwrap_or_default(),
        });
        Ok(dead_lettered.collect())
    }

    /// Removes a record from the queue it was seen on.
    pub async fn remove(&self, queue: &str, dead_lettered: &DeadLetter) -> Result<(), StackError> {
        let entry = DeleteMessageBatchRequestEntry::builder().id("0").receipt_handle(&dead_lettered.receipt).build();
        let delete = self.sqs.delete_message_batch().queue_url(self.queue(queue)?).entries(entry.map_err(aws)?);
        delete.send().await.map(drop).map_err(aws)
    }

    /// Returns the sum of these attributes.
    async fn attributes(&self, queue: &str, names: &[QueueAttributeName]) -> Result<u64, StackError> {
        let get = self.sqs.get_queue_attributes().queue_url(self.queue(queue)?);
        let found = get.set_attribute_names(Some(names.to_vec())).send().await.map_err(aws)?;
        let value = |name| found.attributes()?.get(name)?.parse::<u64>().ok();
        let values: Option<Vec<u64>> = names.iter().map(value).collect();
        values.map(|values| values.iter().sum()).ok_or(StackError::Lacking("the queue's attributes"))
    }

    // ---- secrets ----

    /// Returns the value of one of the stack's secrets.
    pub async fn secret(&self, logical_id: &str) -> Result<String, StackError> {
        let id = self.secrets.get(logical_id).ok_or(StackError::Lacking("the secret"))?;
        StackSecret::new(&self.sdk, id.clone(), Arc::new(System::default())).secret().await.map_err(aws)
    }

    // ---- functions ----

    /// Invokes a function with an empty event and waits until it is done. EventBridge invokes `RunSchedule` every
    /// minute; a test need not wait for that.
    pub async fn invoke(&self, function: &str) -> Result<(), StackError> {
        let name = self.functions.get(function).ok_or(StackError::Lacking("the function"))?;
        let payload = Blob::new("{}");
        let done = self.lambda.invoke().function_name(name).payload(payload).send().await.map_err(aws)?;
        done.function_error.map_or(Ok(()), |error| Err(StackError::Aws(error)))
    }

    /// Enables or disables the event source of a function, so that a test can gather a batch.
    pub async fn feed(&self, function: &str, on: bool) -> Result<(), StackError> {
        let name = self.functions.get(function).ok_or(StackError::Lacking("the function"))?;
        let sources = self.lambda.list_event_source_mappings().function_name(name).send().await.map_err(aws)?;
        for source in sources.event_source_mappings() {
            let id = source.uuid().unwrap_or_default();
            self.lambda.update_event_source_mapping().uuid(id).enabled(on).send().await.map_err(aws)?;
        }
        Ok(())
    }
}

pub(super) fn aws(error: impl Display + std::fmt::Debug) -> StackError {
    StackError::Aws(format!("{error}: {error:?}"))
}
