//! Settings of users, rows of the user in the table `Users`. The profile sorts before bindings and presence, so one
//! query reads all of them. Settings of single conversations sort after them and are read only if the profile says that
//! they exist.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{
    conversations::{GROUP, OfEra, key},
    item::{ItemReader, VERSION, json, number, row, text, user_pk, version_is},
    own::{put_check, unless_own},
    store_error,
    users::UsersTable,
};
use crate::{
    domain::{
        id::{AppKey, GroupId, UserId},
        profile::{Conversation, Disturbance, Nickname, Profile},
    },
    ports::{
        error::StoreError,
        users::{ConversationSetting, ManageProfiles, ReadBan, ReadNickname},
    },
};

/// Sort key of a profile.
pub(super) const PROFILE: &str = "a#profile";

impl UsersTable {
    pub(super) async fn profile_row(
        &self,
        app: &AppKey,
        user: &UserId,
        consistent: bool,
    ) -> Result<Option<Profile>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), PROFILE)))
            .consistent_read(consistent)
            .send()
            .await
            .map_err(store_error)?;
        found.item.map(|item| read_profile(&ItemReader(&item))).transpose()
    }
}

impl UsersTable {
    /// Returns whether an earlier try of this call wrote the stored profile as the first.
    async fn is_own(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<bool, StoreError> {
        let stored = self.profile_row(app, user, true).await?;
        Ok(stored.is_some_and(|stored| stored == Profile { version: 0, ..profile.clone() }))
    }
}

pub(super) fn read_profile(reader: &ItemReader<'_>) -> Result<Profile, StoreError> {
    Ok(Profile { version: reader.version()?, ..reader.json("profile")? })
}

#[async_trait]
impl ReadNickname for UsersTable {
    async fn nickname(&self, app: &AppKey, user: &UserId) -> Result<Option<Nickname>, StoreError> {
        Ok(self.profile_row(app, user, false).await?.and_then(|profile| profile.nickname))
    }
}

#[async_trait]
impl ReadBan for UsersTable {
    async fn is_banned(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        Ok(self.profile_row(app, user, true).await?.is_some_and(|profile| profile.banned))
    }
}

#[async_trait]
impl ManageProfiles for UsersTable {
    async fn profile(&self, app: &AppKey, user: &UserId) -> Result<Option<Profile>, StoreError> {
        self.profile_row(app, user, true).await
    }

    async fn change_profile(
        &self,
        app: &AppKey,
        user: &UserId,
        seen: Option<&Profile>,
        profile: &Profile,
    ) -> Result<(), StoreError> {
        let mut item = row(user_pk(app, user), PROFILE);
        item.insert("profile".into(), json(profile)?);
        let Some(seen) = seen else {
            return match self.put_and_list(app, user, item).await {
                Err(StoreError::Conflict) if self.is_own(app, user, profile).await? => Ok(()),
                done => done,
            };
        };
        item.insert(VERSION.into(), number(i64::from(seen.version) + 1));
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .condition_expression(format!("attribute_exists(pk) AND {}", version_is(seen.version)))
            .expression_attribute_names("#version", VERSION);
        let put = match seen.version {
            0 => put,
            version => put.expression_attribute_values(":seen", number(version.into())),
        };
        let done = put.set_item(Some(item.clone())).send().await.map(drop);
        unless_own(done, put_check, |found| *found == item)
    }

    async fn conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
        era: u32,
    ) -> Result<Disturbance, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, user, conversation)))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        let stored: Option<OfEra> = found.item.map(|item| ItemReader(&item).json("disturbance")).transpose()?;
        Ok(stored.filter(|stored| stored.era == era).map(|stored| stored.disturbance).unwrap_or_default())
    }

    async fn group_settings(
        &self,
        app: &AppKey,
        user: &UserId,
        era: u32,
        most: usize,
    ) -> Result<Vec<(GroupId, Disturbance)>, StoreError> {
        let found = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :group)")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":group", text(GROUP))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        let mut settings = Vec::new();
        for item in found.items() {
            let reader = ItemReader(item);
            let group = reader.text("sk")?.strip_prefix(GROUP).unwrap_or_default();
            let stored: OfEra = reader.json("disturbance")?;
            if stored.era == era {
                let group = GroupId::parse(group).map_err(|invalid| StoreError::Corrupt(invalid.to_string()))?;
                settings.push((group, stored.disturbance));
            }
        }
        Ok(settings)
    }

    async fn set_conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        setting: &ConversationSetting<'_>,
        max: usize,
    ) -> Result<bool, StoreError> {
        self.put_conversation(app, user, setting, max).await
    }
}
