//! Pushes of tasks. Each page of a task has an id of its own, which no answer names.

use serde_json::Value;
use shared::domain::id::{MessageId, UserId};

use super::{
    super::{StackError, api::segment},
    Known, Recorder,
    ending::present,
};

impl Recorder<'_> {
    /// Finds the pushes of tasks among the recent messages of everybody who bound a token. The stored push has the text.
    pub(super) async fn find_pushes_of_tasks(&self, known: &mut Known) -> Result<(), StackError> {
        if !known.has_tasks {
            return Ok(());
        }
        for user in &known.users {
            for message in self.recent(user).await? {
                if known.messages.binary_search(&(user.clone(), message)).is_ok() {
                    continue;
                }
                let stored = self.stack.cloud.message(&self.key, user.as_str(), &message.to_string()).await?;
                let content = stored.and_then(|stored| serde_json::to_string(&stored.content).ok()).unwrap_or_default();
                if let Some(text) = known.texts.iter().find(|text| content.contains(text.as_str())) {
                    known.of_tasks.push((user.clone(), message, text.clone()));
                }
            }
        }
        Ok(())
    }

    /// Returns the ids of a user's recent messages. An erased user has none.
    async fn recent(&self, user: &UserId) -> Result<Vec<MessageId>, StackError> {
        let (mut ids, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let after = cursor.map_or_else(String::new, |cursor| format!("&cursor={}", segment(&cursor)));
            let path = format!("/users/{}/messages?limit=100{after}", segment(user.as_str()));
            let answer = self.app.call(reqwest::Method::GET, &path).send().await?.success();
            let Some(page) = present(answer)? else { return Ok(ids) };
            let listed = page["data"].as_array().into_iter().flatten();
            ids.extend(listed.filter_map(|one: &Value| MessageId::parse(one["msg_id"].as_str()?).ok()));
            cursor = page["cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(ids);
            }
        }
    }
}
