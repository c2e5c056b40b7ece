//! Users' settings in memory.

use async_trait::async_trait;

use super::{MemoryUsers, lock};
use crate::{
    domain::{
        id::{AppKey, GroupId, UserId},
        profile::{Conversation, Disturbance, Nickname, Profile},
    },
    ports::{
        error::StoreError,
        users::{BanUser, ConversationSetting, CreateUser, ManageProfiles, ReadBan, ReadNickname},
    },
};

#[async_trait]
impl ReadNickname for MemoryUsers {
    async fn nickname(&self, app: &AppKey, user: &UserId) -> Result<Option<Nickname>, StoreError> {
        self.faults.before("nickname").await?;
        Ok(self.rows(app, user).profile.and_then(|profile| profile.nickname))
    }
}

#[async_trait]
impl ReadBan for MemoryUsers {
    async fn is_banned(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError> {
        self.faults.before("is_banned").await?;
        Ok(self.rows(app, user).profile.is_some_and(|profile| profile.banned))
    }
}

#[async_trait]
impl BanUser for MemoryUsers {
    async fn set_banned(&self, app: &AppKey, user: &UserId, banned: bool) -> Result<Option<Profile>, StoreError> {
        self.faults.before("set_banned").await?;
        let listed = lock(&self.directory).contains(&(app.clone(), user.clone()));
        let profile = {
            let mut users = lock(&self.users);
            let rows = users.entry((app.clone(), user.clone())).or_default();
            if !rows.is_known() && !listed {
                return Ok(None);
            }
            let profile = Profile { banned, ..rows.profile.clone().unwrap_or_default() };
            if rows.profile.as_ref().map_or(banned, |seen| seen.banned != banned) {
                let version = rows.profile.as_ref().map_or(0, |seen| seen.version + 1);
                rows.profile = Some(Profile { version, ..profile.clone() });
                lock(&self.directory).insert((app.clone(), user.clone()));
            }
            profile
        };
        self.faults.after("set_banned")?;
        Ok(Some(profile))
    }
}

#[async_trait]
impl CreateUser for MemoryUsers {
    async fn create_user(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<(), StoreError> {
        self.faults.before("create_user").await?;
        {
            let mut users = lock(&self.users);
            let rows = users.entry((app.clone(), user.clone())).or_default();
            let stored = rows.profile.as_ref();
            let own = profile.account.is_some() && stored.is_some_and(|stored| stored.account == profile.account);
            let listed = lock(&self.directory).contains(&(app.clone(), user.clone()));
            if !own && (rows.is_known() || listed) {
                return Err(StoreError::Conflict);
            }
            if !own {
                rows.profile = Some(Profile { version: 0, ..profile.clone() });
            }
        }
        self.list(app, user);
        self.faults.after("create_user")
    }
}

#[async_trait]
impl ManageProfiles for MemoryUsers {
    async fn profile(&self, app: &AppKey, user: &UserId) -> Result<Option<Profile>, StoreError> {
        self.faults.before("profile").await?;
        Ok(self.rows(app, user).profile)
    }

    async fn change_profile(
        &self,
        app: &AppKey,
        user: &UserId,
        seen: Option<&Profile>,
        profile: &Profile,
    ) -> Result<(), StoreError> {
        self.faults.before("change_profile").await?;
        {
            let mut users = lock(&self.users);
            let rows = users.entry((app.clone(), user.clone())).or_default();
            let changed = Profile { version: seen.map_or(0, |seen| seen.version + 1), ..profile.clone() };
            if rows.profile.as_ref().map(|stored| stored.version) == seen.map(|seen| seen.version) {
                rows.profile = Some(changed);
            } else if rows.profile != Some(changed) {
                return Err(StoreError::Conflict);
            }
        }
        self.list(app, user);
        self.faults.after("change_profile")
    }

    async fn conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
        era: u32,
    ) -> Result<Disturbance, StoreError> {
        self.faults.before("conversation").await?;
        Ok(self.rows(app, user).conversation(conversation, era))
    }

    async fn group_settings(
        &self,
        app: &AppKey,
        user: &UserId,
        era: u32,
        max: usize,
    ) -> Result<Vec<(GroupId, Disturbance)>, StoreError> {
        self.faults.before("group_settings").await?;
        let rows = self.rows(app, user);
        let mut groups: Vec<(&GroupId, &(u32, Disturbance))> = rows
            .conversations
            .iter()
            .filter_map(|(conversation, set)| match conversation {
                Conversation::Group(group) => Some((group, set)),
                Conversation::User(_) => None,
            })
            .collect();
        groups.sort_by_key(|(group, _)| *group);
        groups.truncate(max);
        groups.retain(|(_, (of, _))| *of == era);
        Ok(groups.into_iter().map(|(group, (_, disturbance))| (group.clone(), *disturbance)).collect())
    }

    async fn set_conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        setting: &ConversationSetting<'_>,
        max: usize,
    ) -> Result<bool, StoreError> {
        self.faults.before("set_conversation").await?;
        let ConversationSetting { conversation, era, disturbance, at } = *setting;
        let first = {
            let mut users = lock(&self.users);
            let set = &mut users.entry((app.clone(), user.clone())).or_default().conversations;
            let first = set.is_empty();
            if set.len() >= max && !set.contains_key(conversation) {
                set.retain(|_, (of, disturbance)| *of == era && !disturbance.says_nothing(at));
                if set.len() >= max {
                    return Ok(false);
                }
            }
            set.insert(conversation.clone(), (era, disturbance));
            first
        };
        if first {
            self.list(app, user);
        }
        self.faults.after("set_conversation")?;
        Ok(true)
    }
}
