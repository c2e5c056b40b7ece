//! Contract suites: test cases that every implementation of a port must pass.
//!
//! The name of a case is a sentence. Each case has its own app, so that suites can run on shared tables. A failed case
//! is noted with its name, and the others still run. [`Run::report`] returns the results.

#![expect(clippy::unwrap_used, reason = "a case fails by a panic")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "a case reads best with the list that it expects")]

mod access_tokens;
mod acks;
mod app_directory;
mod apps;
mod bans;
mod bindings;
mod callbacks;
mod cipher;
mod claims;
mod connections;
mod create_user;
mod credential_watch;
mod directory;
mod erasure;
mod facts;
mod gateways;
mod group_messages;
mod group_profiles;
mod groups;
mod health;
mod inbox;
mod log_out;
mod memberships;
mod messages;
mod notifiers;
mod outcomes;
mod presence;
mod profiles;
mod push_labels;
mod races;
mod recalls;
mod receipts;
mod room;
mod run;
pub mod sequence;
mod statistics;
mod suspects;
mod tasks;
mod timelines;
mod traces;
mod unregistered_tokens;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::run::{Case, Report, Run};
use super::{
    chance::FixedClock,
    memory::{
        MemoryApps, MemoryCipher, MemoryErasures, MemoryGroups, MemoryLabels, MemoryMessages, MemoryRuntime,
        MemoryUsers,
    },
    sample::user,
};
use crate::{
    domain::{id::AppKey, profile::Conversation},
    ports::{
        access_tokens::ShareAccessTokens,
        acks::{AcknowledgeMessages, NoteTaken, ReadAck},
        app_directory::ListApps,
        apps::{
            DisableNotifier, FindReceiptOwner, ForgetNotifier, FreeAppName, ManageApps, NoteConnections, ReadHealth,
            TrackHealth,
        },
        callbacks::{
            EraseCallbacks, ListCallbacks, RemoveCallbacks, StoreCallbacks, SwitchOffCallback, TakeCallbacks,
            TrackEndpoint,
        },
        cipher::{DecryptCredential, EncryptCredential},
        claims::ClaimKeys,
        connections::{KeepConnections, TrackConnections},
        credential_watch::{MoveWatch, TakeWatch},
        directory::{FindListed, ListUser, ReadDirectory},
        erasure::{EraseGroups, EraseMessages, ForgetUser, KeepsMessages, NoteErasure},
        gateways::{ReadGateways, RenewGateways},
        group_messages::{FindRecorded, ReadGroupMessage, RecordForAll, RecordPage, StoreGroupMessages},
        groups::{DescribeGroups, ManageGroups, ManageRoles, RaiseHead, ReadMemberships},
        inbox::TrackInbox,
        messages::{
            FindEnded, FindStored, ReadContent, ReadMessage, RecordDecision, RecordOutcomes, RecordReceipt,
            StoreMessages,
        },
        push_labels::{EraseLabels, LabelUsers, ManageLabels},
        recalls::{ReadRecalls, ReadRecords, RecallMessage},
        statistics::{AddCounts, EraseCounts, ReadCounts},
        suspects::SuspectTokens,
        tasks::{
            ChangeTask, CountTaskPushes, CreateTask, EraseTasks, FindDueTasks, ListTasks, ReadTaskContent,
            ReadTaskCounts, ReservePage, StorePushes,
        },
        timelines::ReadTimeline,
        traces::ReadTraces,
        users::{
            BanUser, CreateUser, FindTokenOwner, FindTokenOwners, LogOutDevice, ManageBindings, ManageProfiles,
            ReadBan, ReadFacts, ReadNickname, RemoveUnregisteredToken, TrackPresence,
        },
    },
};

/// Puts apps into the state that earlier versions left.
#[async_trait]
pub trait AppsOfBefore: Send + Sync {
    /// Stores whether the directory lists every user of the app, which the backfill ensures.
    async fn set_users_listed(&self, key: &AppKey, listed: bool);
}

/// Every port about apps.
pub trait AppStore:
    ManageApps
    + DisableNotifier
    + FindReceiptOwner
    + FreeAppName
    + ListApps
    + NoteConnections
    + SwitchOffCallback
    + AppsOfBefore
{
}
impl<T> AppStore for T where
    T: ManageApps
        + DisableNotifier
        + FindReceiptOwner
        + FreeAppName
        + ListApps
        + NoteConnections
        + SwitchOffCallback
        + AppsOfBefore
{
}

/// Every port about users.
pub trait UserStore:
    ManageBindings
    + FindTokenOwner
    + FindTokenOwners
    + RemoveUnregisteredToken
    + ReadFacts
    + TrackPresence
    + TrackConnections
    + LogOutDevice
    + ManageProfiles
    + BanUser
    + CreateUser
    + ReadBan
    + ReadNickname
    + ReadDirectory
    + FindListed
    + ListUser
    + ForgetUser
    + TrackInbox
{
}
impl<T> UserStore for T where
    T: ManageBindings
        + FindTokenOwner
        + FindTokenOwners
        + RemoveUnregisteredToken
        + ReadFacts
        + TrackPresence
        + TrackConnections
        + LogOutDevice
        + ManageProfiles
        + BanUser
        + CreateUser
        + ReadBan
        + ReadNickname
        + ReadDirectory
        + FindListed
        + ListUser
        + ForgetUser
        + TrackInbox
{
}

/// Returns a conversation for facts, in cases where it does not matter.
fn with_bob() -> Conversation {
    Conversation::User(user("bob"))
}

/// Every port that writes to the offline store.
pub trait MessageStore:
    StoreMessages
    + FindStored
    + RecordDecision
    + RecordOutcomes
    + RecordReceipt
    + StoreGroupMessages
    + RecordPage
    + RecordForAll
    + FindEnded
    + FindRecorded
    + ReadContent
    + AcknowledgeMessages
    + NoteTaken
    + ReadAck
    + EraseMessages
    + KeepsMessages
    + ReadTimeline
    + ReadTraces
    + RecallMessage
    + ReadRecalls
    + ReadRecords
{
}
impl<T> MessageStore for T where
    T: StoreMessages
        + FindStored
        + RecordDecision
        + RecordOutcomes
        + RecordReceipt
        + StoreGroupMessages
        + RecordPage
        + RecordForAll
        + FindEnded
        + FindRecorded
        + ReadContent
        + AcknowledgeMessages
        + NoteTaken
        + ReadAck
        + EraseMessages
        + KeepsMessages
        + ReadTimeline
        + ReadTraces
        + RecallMessage
        + ReadRecalls
        + ReadRecords
{
}

/// Every port that reads from it.
pub trait MessageReads: ReadMessage + ReadGroupMessage {}
impl<T: ReadMessage + ReadGroupMessage> MessageReads for T {}

/// Every port about groups.
pub trait GroupStore: ManageGroups + DescribeGroups + ManageRoles + EraseGroups + ReadMemberships + RaiseHead {}
impl<T: ManageGroups + DescribeGroups + ManageRoles + EraseGroups + ReadMemberships + RaiseHead> GroupStore for T {}

/// Every port about push labels.
pub trait LabelStore: ManageLabels + LabelUsers + EraseLabels {}
impl<T: ManageLabels + LabelUsers + EraseLabels> LabelStore for T {}

/// Every port about rows that expire.
pub trait RuntimeStore:
    AddCounts
    + ChangeTask
    + ClaimKeys
    + CountTaskPushes
    + CreateTask
    + EraseCallbacks
    + EraseCounts
    + EraseTasks
    + FindDueTasks
    + ForgetNotifier
    + KeepConnections
    + ListCallbacks
    + ListTasks
    + MoveWatch
    + ReadCounts
    + ReadGateways
    + ReadHealth
    + ReadTaskContent
    + ReadTaskCounts
    + RemoveCallbacks
    + RenewGateways
    + ReservePage
    + ShareAccessTokens
    + StoreCallbacks
    + StorePushes
    + SuspectTokens
    + TakeCallbacks
    + TakeWatch
    + TrackEndpoint
    + TrackHealth
{
}
impl<T> RuntimeStore for T where
    T: AddCounts
        + ChangeTask
        + ClaimKeys
        + CountTaskPushes
        + CreateTask
        + EraseCallbacks
        + EraseCounts
        + EraseTasks
        + FindDueTasks
        + ForgetNotifier
        + KeepConnections
        + ListCallbacks
        + ListTasks
        + MoveWatch
        + ReadCounts
        + ReadGateways
        + ReadHealth
        + ReadTaskContent
        + ReadTaskCounts
        + RemoveCallbacks
        + RenewGateways
        + ReservePage
        + ShareAccessTokens
        + StoreCallbacks
        + StorePushes
        + SuspectTokens
        + TakeCallbacks
        + TakeWatch
        + TrackEndpoint
        + TrackHealth
{
}

/// The stores of connections: their owners and their state.
pub struct ConnectionStores {
    /// the devices that connections belong to
    pub kept: Arc<dyn RuntimeStore>,
    /// the state of connections in presence
    pub presence: Arc<dyn UserStore>,
}

/// Both sides of a cipher.
pub trait Cipher: EncryptCredential + DecryptCredential {}
impl<T: EncryptCredential + DecryptCredential> Cipher for T {}

/// The offline store with its reader's clock.
pub struct Messages {
    /// its writes
    pub store: Arc<dyn MessageStore>,
    /// its reads
    pub reader: Arc<dyn MessageReads>,
    /// the reader's clock
    pub clock: FixedClock,
}

/// One implementation of every port of a store.
pub struct Stores {
    /// apps and notifiers
    pub apps: Arc<dyn AppStore>,
    /// bindings, presence, facts
    pub users: Arc<dyn UserStore>,
    /// the offline store
    pub messages: Messages,
    /// groups and their members
    pub groups: Arc<dyn GroupStore>,
    /// push labels and their users
    pub labels: Arc<dyn LabelStore>,
    /// claims, access tokens, leases of gateways, health, suspects, statistics, tasks
    pub runtime: Arc<dyn RuntimeStore>,
    /// erasures, by the clock of `messages`
    pub erasures: Arc<dyn NoteErasure>,
}

impl Stores {
    /// Returns the fakes.
    pub fn in_memory(clock: &FixedClock) -> Self {
        let messages = Arc::new(MemoryMessages::new(clock.clone()));
        Self {
            apps: Arc::new(MemoryApps::default()),
            users: Arc::new(MemoryUsers::default()),
            messages: Messages { store: messages.clone(), reader: messages, clock: clock.clone() },
            groups: Arc::new(MemoryGroups::default()),
            labels: Arc::new(MemoryLabels::default()),
            runtime: Arc::new(MemoryRuntime::default()),
            erasures: Arc::new(MemoryErasures::new(clock.clone())),
        }
    }
}

/// Runs every suite of the store.
pub async fn stores(stores: &Stores, run: &mut Run) {
    bindings::suite(&*stores.users, run).await;
    races::suite(&*stores.users, run).await;
    sequence::suite(&*stores.users, run).await;
    unregistered_tokens::suite(&*stores.users, run).await;
    presence::suite(&*stores.users, run).await;
    room::suite(&*stores.users, run).await;
    log_out::suite(&*stores.users, run).await;
    facts::suite(&*stores.users, run).await;
    profiles::suite(&*stores.users, run).await;
    create_user::suite(&*stores.users, run).await;
    bans::suite(&*stores.users, run).await;
    directory::suite(&*stores.users, run).await;
    messages::suite(&stores.messages, run).await;
    outcomes::suite(&stores.messages, run).await;
    receipts::suite(&stores.messages, run).await;
    erasure::suite(stores, run).await;
    group_messages::suite(&stores.messages, run).await;
    acks::suite(&stores.messages, run).await;
    timelines::suite(&stores.messages, run).await;
    traces::suite(&stores.messages, run).await;
    recalls::suite(&stores.messages, run).await;
    inbox::suite(&*stores.users, run).await;
    groups::suite(&*stores.groups, run).await;
    memberships::suite(&*stores.groups, run).await;
    group_profiles::suite(&*stores.groups, run).await;
    push_labels::suite(&*stores.labels, run).await;
    apps::suite(&*stores.apps, run).await;
    app_directory::suite(&*stores.apps, run).await;
    notifiers::suite(&*stores.apps, run).await;
    claims::suite(&*stores.runtime, run).await;
    access_tokens::suite(&*stores.runtime, run).await;
    health::suite(&*stores.runtime, run).await;
    credential_watch::suite(&*stores.runtime, run).await;
    suspects::suite(&*stores.runtime, run).await;
    statistics::suite(&*stores.runtime, run).await;
    callbacks::suite(&*stores.runtime, run).await;
    tasks::suite(&*stores.runtime, run).await;
    gateways::suite(&*stores.runtime, run).await;
    connections::suite(&connections::stores(&stores.runtime, &stores.users), run).await;
}

/// Runs the suite of a cipher.
pub async fn cipher(cipher: &dyn Cipher, run: &mut Run) {
    cipher::suite(cipher, run).await;
}

/// Returns the cipher in memory.
pub fn cipher_in_memory() -> Arc<dyn Cipher> {
    Arc::new(MemoryCipher::default())
}
