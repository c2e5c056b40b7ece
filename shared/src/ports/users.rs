//! What is known of users: bindings, token ownership, presence.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    binding::{Binding, DeviceToken},
    decision::Facts,
    id::{AppKey, DeviceId, GroupId, NotifierName, SessionId, UserId},
    presence::{Presence, PresenceChange, PresenceEvent},
    profile::{Conversation, Disturbance, Nickname, Profile},
    time::Timestamp,
};

/// Reads everything that one decision needs of a receiver.
#[async_trait]
pub trait ReadFacts: Send + Sync {
    /// The receiver's settings, those for this conversation included, bindings and presence. For a one-to-one message they are
    /// strongly consistent; for a group message, what changed within the last moment may be missing. The members of a group
    /// are not known here.
    async fn facts(&self, app: &AppKey, user: &UserId, conversation: &Conversation) -> Result<Facts, StoreError>;

    /// The same, strongly consistent for a group message as well.
    async fn facts_of_now(&self, app: &AppKey, user: &UserId, conversation: &Conversation)
    -> Result<Facts, StoreError>;
}

/// Reads how a sender is called.
#[async_trait]
pub trait ReadNickname: Send + Sync {
    /// The user's push nickname.
    async fn nickname(&self, app: &AppKey, user: &UserId) -> Result<Option<Nickname>, StoreError>;
}

/// Reads who is banned.
#[async_trait]
pub trait ReadBan: Send + Sync {
    /// Whether the app banned the user; strongly consistent.
    async fn is_banned(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Bans users.
#[async_trait]
pub trait BanUser: Send + Sync {
    /// Bans a known user, or takes the ban back; the profile then. `None`, and nothing is written, for a user who is not known: whoever is
    /// erased meanwhile stays so. Nothing is written either if it is so already.
    async fn set_banned(&self, app: &AppKey, user: &UserId, banned: bool) -> Result<Option<Profile>, StoreError>;
}

/// Creates users.
#[async_trait]
pub trait CreateUser: Send + Sync {
    /// Creates a user with this profile, and lists the user in the same step. [`StoreError::Conflict`] if the user is known by anything
    /// that facts tell, or is listed. A profile with the same account was written by an earlier try.
    async fn create_user(&self, app: &AppKey, user: &UserId, profile: &Profile) -> Result<(), StoreError>;
}

/// What a user sets for one conversation.
#[derive(Debug, Clone, Copy)]
pub struct ConversationSetting<'a> {
    /// for which
    pub conversation: &'a Conversation,
    /// the app's era at that time
    pub era: u32,
    /// what is to count
    pub disturbance: Disturbance,
    /// when it is set
    pub at: Timestamp,
}

/// Reads and changes what users set.
#[async_trait]
pub trait ManageProfiles: Send + Sync {
    /// The user's profile, or `None` if nothing was ever set.
    async fn profile(&self, app: &AppKey, user: &UserId) -> Result<Option<Profile>, StoreError>;

    /// Replaces the profile that was `seen`, and counts its version up; [`StoreError::Conflict`] if the stored version is not that
    /// of `seen`. A profile that already is what this call makes of it was changed by an earlier try.
    async fn change_profile(
        &self,
        app: &AppKey,
        user: &UserId,
        seen: Option<&Profile>,
        profile: &Profile,
    ) -> Result<(), StoreError>;

    /// What the user set for a conversation in this era; nothing is the default.
    async fn conversation(
        &self,
        app: &AppKey,
        user: &UserId,
        conversation: &Conversation,
        era: u32,
    ) -> Result<Disturbance, StoreError>;

    /// What the user set for groups in this era, by the groups' ids: of the first `most` groups that anything was ever set for.
    async fn group_settings(
        &self,
        app: &AppKey,
        user: &UserId,
        era: u32,
        most: usize,
    ) -> Result<Vec<(GroupId, Disturbance)>, StoreError>;

    /// Sets what counts for a conversation. The profile must say before that there are conversations. `false`, and nothing is
    /// set, if it is a new one and the user has settings for `max` others; what says nothing any more makes room.
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
    /// Binds a token to the user's device. A token belongs to one device of one user: whoever held it loses it in the same
    /// step. Above `most` bindings the user's oldest goes. Answers all bindings of the user.
    async fn bind(
        &self,
        app: &AppKey,
        user: &UserId,
        binding: &Binding,
        most: usize,
    ) -> Result<Vec<Binding>, StoreError>;

    /// Drops the binding of a device for one notifier, or all of the device's. Answers the user's bindings that are left.
    async fn unbind(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: Option<&NotifierName>,
    ) -> Result<Vec<Binding>, StoreError>;

    /// All bindings of the user, in a stable order.
    async fn bindings(&self, app: &AppKey, user: &UserId) -> Result<Vec<Binding>, StoreError>;
}

/// Finds whose device a token belongs to.
#[async_trait]
pub trait FindTokenOwner: Send + Sync {
    /// The user and the device that hold the token, or `None` when nobody does.
    async fn token_owner(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
    ) -> Result<Option<(UserId, DeviceId)>, StoreError>;
}

/// Finds whose devices many tokens belong to.
#[async_trait]
pub trait FindTokenOwners: Send + Sync {
    /// The user and the device that hold each of the tokens, in their order, strongly consistent. No token may be named twice.
    async fn token_owners(
        &self,
        app: &AppKey,
        tokens: &[(&NotifierName, &DeviceToken)],
    ) -> Result<Vec<Option<(UserId, DeviceId)>>, StoreError>;
}

/// Removes a token that its vendor unregistered.
#[async_trait]
pub trait RemoveUnregisteredToken: Send + Sync {
    /// Removes the binding if this token is still the one it holds. `true` if it was removed.
    async fn remove_if_current(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: &NotifierName,
        token: &DeviceToken,
    ) -> Result<bool, StoreError>;
}

/// Whether a presence event counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// it is the device's presence now
    Applied,
    /// a newer session or a newer event was there first
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

/// Maximum devices that make room in one call.
pub const MAX_DEVICES_REMOVED: usize = 100;

/// Takes presence events and answers who is connected.
#[async_trait]
pub trait TrackPresence: Send + Sync {
    /// Applies one event by the rules of [`Presence::after`], the first of a device by those of [`Presence::first`]. A new device and
    /// each `online` make the [`surplus`](crate::domain::room::surplus) devices of the user go, at most [`MAX_DEVICES_REMOVED`] in one
    /// call. Those that are connected to us stay. Of a new user the directory tells from then on.
    async fn apply(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Applied, StoreError>;

    /// The presence of each device of each user; users without any are left out.
    async fn presence(
        &self,
        app: &AppKey,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Vec<(DeviceId, Presence)>)>, StoreError>;
}

/// Marks a device as logged out.
#[async_trait]
pub trait LogOutDevice: Send + Sync {
    /// Ends the session that the device has when it is read, if it has one. One that begins meanwhile is a login after the logout, and
    /// stays. Answers the connections to us that are not the device's any more and may still be open; a repeat names them again until
    /// they are closed.
    async fn log_out(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError>;
}
