//! Users: facts for decisions, settings, bindings, token ownership and presence.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    binding::{Binding, DeviceToken, TokenHolder},
    decision::Facts,
    id::{AppKey, DeviceId, GroupId, NotifierName, SessionId, UserId},
    presence::{Presence, PresenceChange, PresenceEvent},
    profile::{Conversation, Disturbance, Nickname, Profile},
    time::Timestamp,
};

/// Reads the facts of a receiver for one decision.
#[async_trait]
pub trait ReadFacts: Send + Sync {
    /// Returns the receiver's settings, including those for this conversation, bindings and presence. For a one-to-one
    /// message the read is strongly consistent. For a group message, changes of the last moment may be missing. The
    /// result does not contain the group's members.
    async fn facts(&self, app: &AppKey, user: &UserId, conversation: &Conversation) -> Result<Facts, StoreError>;

    /// Returns the same facts with strongly consistent reads, also for a group message.
    async fn facts_of_now(&self, app: &AppKey, user: &UserId, conversation: &Conversation)
    -> Result<Facts, StoreError>;
}

/// Reads a sender's nickname.
#[async_trait]
pub trait ReadNickname: Send + Sync {
    /// Returns the user's push nickname.
    async fn nickname(&self, app: &AppKey, user: &UserId) -> Result<Option<Nickname>, StoreError>;
}

/// Reads whether users are banned.
#[async_trait]
pub trait ReadBan: Send + Sync {
    /// Returns whether the app banned the user; strongly consistent.
    async fn is_banned(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Bans users.
#[async_trait]
pub trait BanUser: Send + Sync {
    /// Bans a known user, or removes the ban, and returns the profile. Writes nothing if that is already so. Returns
    /// `None`, and writes nothing, for an unknown user, so that an erased user is not created again.
    async fn set_banned(&self, app: &AppKey, user: &UserId, banned: bool) -> Result<Option<Profile>, StoreError>;
}

/// Creates users.
#[async_trait]
pub trait CreateUser: Send + Sync {
    /// Creates a user with this profile, and lists the user in the same step. Fails with [`StoreError::Conflict`] if
    /// the user has any facts, or is listed. A profile with the same account was written by an earlier try, and is no
    /// conflict.
    async fn create_user(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<(), StoreError>;
}

/// A user's setting for one conversation.
#[derive(Debug, Clone, Copy)]
pub struct ConversationSetting<'a> {
    /// the conversation
    pub conversation: &'a Conversation,
    /// the app's era at that time
    pub era: u32,
    /// the new setting
    pub disturbance: Disturbance,
    /// when the user sets it
    pub at: Timestamp,
}

/// Reads and changes users' settings.
#[async_trait]
pub trait ManageProfiles: Send + Sync {
    /// Returns the user's profile, or `None` if the user never set anything.
    async fn profile(&self, app: &AppKey, user: &UserId) -> Result<Option<Profile>, StoreError>;

    /// Replaces the profile `seen`, and increments its version. Fails with [`StoreError::Conflict`] if the stored
    /// version is another. A profile that already has the new values was changed by an earlier try, and is no conflict.
    async fn change_profile(
        &self,
        app: &AppKey,
        user: &UserId,
        seen: Option<&Profile>,
        profile: &Profile,
    ) -> Result<(), StoreError>;

    /// Returns the user's settings for a conversation in this era, or the default.
    async fn conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
        era: u32,
    ) -> Result<Disturbance, StoreError>;

    /// Returns the user's settings for groups in this era, by group id. It reads the first `most` groups that the user
    /// has rows for.
    async fn group_settings(
        &self,
        app: &AppKey,
        user: &UserId,
        era: u32,
        most: usize,
    ) -> Result<Vec<(GroupId, Disturbance)>, StoreError>;

    /// Stores a setting for a conversation. The profile must already say that there are such settings. Returns `false`,
    /// and stores nothing, if it is a new one and the user has settings for `max` other conversations. Settings without
    /// effect are removed to make room.
    async fn set_conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        setting: &ConversationSetting<'_>,
        max: usize,
    ) -> Result<bool, StoreError>;
}

/// Binds and unbinds device tokens.
#[async_trait]
pub trait ManageBindings: Send + Sync {
    /// Binds a token to the user's device. A token belongs to one device of one user: its previous owner loses it in
    /// the same step. Above `most` bindings the user's oldest one is removed. Returns all bindings of the user.
    async fn bind(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        most: usize,
    ) -> Result<Vec<Binding>, StoreError>;

    /// Removes a device's binding for one notifier, or all of its bindings. Returns the user's remaining bindings.
    async fn unbind(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: Option<&NotifierName>,
    ) -> Result<Vec<Binding>, StoreError>;

    /// Returns all bindings of the user, in a stable order.
    async fn bindings(&self, app: &AppKey, user: &UserId) -> Result<Vec<Binding>, StoreError>;
}

/// Reads which device a token belongs to.
#[async_trait]
pub trait FindTokenOwner: Send + Sync {
    /// Returns the device that holds the token, or `None`; strongly consistent.
    async fn token_owner(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
    ) -> Result<Option<TokenHolder>, StoreError>;
}

/// Reads which devices many tokens belong to.
#[async_trait]
pub trait FindTokenOwners: Send + Sync {
    /// Returns the device that holds each of the tokens, in their order; strongly consistent. No token may occur twice.
    async fn token_owners(
        &self,
        app: &AppKey,
        tokens: &[(&NotifierName, &DeviceToken)],
    ) -> Result<Vec<Option<TokenHolder>>, StoreError>;
}

/// Removes a token that its vendor unregistered.
#[async_trait]
pub trait RemoveUnregisteredToken: Send + Sync {
    /// Removes the binding if it still has this token. Returns `true` if it was removed.
    ///
    /// A device that registered the token after `since` has the app, so its binding stays.
    async fn remove_if_current(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: &NotifierName,
        token: &DeviceToken,
        since: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Result of applying a presence event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// the event is the device's presence now
    Applied,
    /// the event is stale: the device has a newer session or a newer event
    Stale,
}

impl From<&PresenceChange> for Applied {
    fn from(change: &PresenceChange) -> Self {
        match change {
            PresenceChange::Applied(_) => Self::Applied,
            PresenceChange::Superseded(_) | PresenceChange::Stale => Self::Stale,
        }
    }
}

/// Maximum devices removed in one call.
pub const MAX_DEVICES_REMOVED: usize = 100;

/// Applies presence events, and reads who is connected.
#[async_trait]
pub trait TrackPresence: Send + Sync {
    /// Applies one event by [`Presence::after`], the first one of a device by [`Presence::first`]. A new device, and
    /// each `online`, removes the user's [`surplus`](crate::domain::room::surplus) devices, at most
    /// [`MAX_DEVICES_REMOVED`] in one call. Devices that are connected to us stay. The step that writes the first row
    /// of a user also lists the user.
    async fn apply(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Applied, StoreError>;

    /// Returns the presence of each device of each user. Users without devices are omitted.
    async fn presence(
        &self,
        app: &AppKey,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Vec<(DeviceId, Presence)>)>, StoreError>;
}

/// Marks a device as logged out.
#[async_trait]
pub trait LogOutDevice: Send + Sync {
    /// Ends the session that the device has when it is read, if any. A session that begins during the call is a login
    /// after the logout, and stays. Returns the connections to us that the device no longer uses and that may still be
    /// open. A repeated call returns them again until they are closed.
    async fn log_out(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError>;
}
