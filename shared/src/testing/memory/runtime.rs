//! Rows that expire, in memory: claims, vendor access tokens, leases of gateways, notifier health, suspects,
//! statistics, tasks.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;

use super::{Faults, callbacks::AllCallbacks, lock, statistics::AllCounts, tasks::AllTasks};
use crate::{
    domain::{
        ambiguous_refusal::AmbiguousRefusal,
        binding::{DeviceToken, SUSPECT_RETENTION},
        credential_check::{CHECKED_EVERY, FailedChecks},
        gateway::GatewayLease,
        id::{AppKey, GatewayId, NotifierName, SessionId},
        push::SemanticClass,
        time::Timestamp,
    },
    ports::{
        access_tokens::{Lease, SealedToken, ShareAccessTokens, TokenOwner},
        apps::{ForgetNotifier, NotifierHealth, ReadHealth, TrackHealth, UsedUpQuota},
        claims::{CLAIM_RETENTION, Claim, ClaimKeys, Claimed},
        connections::OpenConnection,
        credential_watch::{MoveWatch, TakeWatch, WatchSlice},
        error::StoreError,
        suspects::SuspectTokens,
    },
};

/// Claims, access tokens, leases of gateways, health, suspects, statistics and tasks.
#[derive(Debug, Default)]
pub struct MemoryRuntime {
    /// failures on demand
    pub faults: Faults,
    claims: Mutex<HashMap<String, Held>>,
    access: Mutex<HashMap<TokenOwner, Access>>,
    health: Mutex<HashMap<(AppKey, NotifierName), NotifierHealth>>,
    suspects: Mutex<HashMap<(AppKey, NotifierName, DeviceToken), Timestamp>>,
    pub(super) gateways: Mutex<HashMap<(AppKey, GatewayId), GatewayLease>>,
    pub(super) counts: Mutex<AllCounts>,
    pub(super) connections: Mutex<HashMap<SessionId, OpenConnection>>,
    pub(super) callbacks: Mutex<AllCallbacks>,
    pub(super) tasks: Mutex<AllTasks>,
    watches: Mutex<HashMap<String, Watch>>,
}

/// The row of a walk.
#[derive(Debug, Clone)]
struct Watch {
    slice: WatchSlice,
    due: Timestamp,
}

#[derive(Debug, Clone)]
struct Held {
    body_sha256: String,
    owner: String,
    taken_over: bool,
    renamed: Vec<Timestamp>,
    since: Timestamp,
    until: Option<Timestamp>,
    answer: Option<String>,
}

impl Held {
    /// Returns the result for the request that holds the claim.
    fn first(&self) -> Claimed {
        Claimed::First { since: self.since, abandoned: self.taken_over, renamed: self.renamed.clone() }
    }
}

#[derive(Debug, Clone, Default)]
struct Access {
    token: Option<SealedToken>,
    lease_until: Option<Timestamp>,
}

#[async_trait]
impl ClaimKeys for MemoryRuntime {
    async fn claim(&self, claim: &Claim, now: Timestamp, hold: Duration) -> Result<Claimed, StoreError> {
        self.faults.before("claim").await?;
        let first = Held {
            body_sha256: claim.body_sha256.clone(),
            owner: claim.owner.clone(),
            taken_over: false,
            renamed: Vec::new(),
            since: now,
            until: Some(now.plus(hold)),
            answer: None,
        };
        let claimed = match lock(&self.claims).entry(claim.key.clone()) {
            Entry::Vacant(free) => {
                free.insert(first);
                Claimed::First { since: now, abandoned: false, renamed: Vec::new() }
            }
            Entry::Occupied(mut found)
                if now >= found.get().since.plus(CLAIM_RETENTION) || found.get().since < claim.not_before =>
            {
                found.insert(first);
                Claimed::First { since: now, abandoned: false, renamed: Vec::new() }
            }
            Entry::Occupied(mut found) => {
                let held = found.get_mut();
                if held.body_sha256 != claim.body_sha256 {
                    Claimed::OtherBody
                } else if let Some(answer) = &held.answer {
                    Claimed::Answered(answer.clone())
                } else if held.owner == claim.owner {
                    held.first()
                } else if held.until.is_some_and(|until| now < until) {
                    Claimed::Running
                } else {
                    held.until = Some(now.plus(hold));
                    held.owner.clone_from(&claim.owner);
                    held.taken_over = true;
                    held.first()
                }
            }
        };
        self.faults.after("claim")?;
        Ok(claimed)
    }

    async fn rename(&self, claim: &Claim, renamed: &[Timestamp]) -> Result<(), StoreError> {
        self.faults.before("rename").await?;
        {
            let mut claims = lock(&self.claims);
            let own = |held: &&mut Held| held.owner == claim.owner && held.answer.is_none();
            let held = claims.get_mut(&claim.key).filter(own).ok_or(StoreError::Conflict)?;
            held.renamed = renamed.to_vec();
        }
        self.faults.after("rename")
    }

    async fn answer(&self, claim: &Claim, answer: &str) -> Result<(), StoreError> {
        self.faults.before("answer").await?;
        self.change(claim, |held| held.answer = Some(answer.to_owned()))?;
        self.faults.after("answer")
    }

    async fn give_back(&self, claim: &Claim) -> Result<(), StoreError> {
        self.faults.before("give_back").await?;
        {
            let mut claims = lock(&self.claims);
            if claims.get(&claim.key).is_some_and(|held| held.owner == claim.owner) {
                claims.remove(&claim.key);
            }
        }
        self.faults.after("give_back")
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), StoreError> {
        self.faults.before("abandon").await?;
        if let Some(held) = lock(&self.claims).get_mut(&claim.key).filter(|held| held.owner == claim.owner) {
            held.until = None;
        }
        self.faults.after("abandon")
    }
}

impl MemoryRuntime {
    fn change(&self, claim: &Claim, change: impl FnOnce(&mut Held)) -> Result<(), StoreError> {
        lock(&self.claims).get_mut(&claim.key).map(change).ok_or(StoreError::Conflict)
    }
}

#[async_trait]
impl ShareAccessTokens for MemoryRuntime {
    async fn shared(&self, owner: &TokenOwner, now: Timestamp) -> Result<Option<SealedToken>, StoreError> {
        self.faults.before("shared").await?;
        let token = lock(&self.access).get(owner).and_then(|access| access.token.clone());
        Ok(token.filter(|token| now < token.expires_at))
    }

    async fn lease(&self, owner: &TokenOwner, now: Timestamp, hold: Duration) -> Result<Lease, StoreError> {
        self.faults.before("lease").await?;
        let lease = {
            let mut access = lock(&self.access);
            let access = access.entry(owner.clone()).or_default();
            match access.lease_until.filter(|until| now < *until) {
                Some(until) => Lease::Held(until),
                None => {
                    access.lease_until = Some(now.plus(hold));
                    Lease::Taken
                }
            }
        };
        self.faults.after("lease")?;
        Ok(lease)
    }

    async fn share(&self, owner: &TokenOwner, token: &SealedToken) -> Result<(), StoreError> {
        self.faults.before("share").await?;
        lock(&self.access).insert(owner.clone(), Access { token: Some(token.clone()), lease_until: None });
        self.faults.after("share")
    }

    async fn release(&self, owner: &TokenOwner) -> Result<(), StoreError> {
        self.faults.before("release").await?;
        if let Some(access) = lock(&self.access).get_mut(owner) {
            access.lease_until = None;
        }
        self.faults.after("release")
    }
}

#[async_trait]
impl ReadHealth for MemoryRuntime {
    async fn health_of(&self, key: &AppKey, names: &[NotifierName]) -> Result<Vec<NotifierHealth>, StoreError> {
        self.faults.before("health_of").await?;
        self.faults.read("health_of", key.as_str())?;
        let health = lock(&self.health);
        let of = |name: &NotifierName| health.get(&(key.clone(), name.clone())).cloned().unwrap_or_default();
        Ok(names.iter().map(of).collect())
    }
}

#[async_trait]
impl TrackHealth for MemoryRuntime {
    async fn health(&self, key: &AppKey, name: &NotifierName) -> Result<NotifierHealth, StoreError> {
        self.faults.before("health").await?;
        Ok(lock(&self.health).get(&(key.clone(), name.clone())).cloned().unwrap_or_default())
    }

    async fn note_success(&self, key: &AppKey, name: &NotifierName, at: Timestamp) -> Result<(), StoreError> {
        self.faults.before("note_success").await?;
        lock(&self.health).entry((key.clone(), name.clone())).or_default().last_success = Some(at);
        self.faults.after("note_success")
    }

    async fn note_failure(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.faults.before("note_failure").await?;
        {
            let mut health = lock(&self.health);
            let health = health.entry((key.clone(), name.clone())).or_default();
            (health.last_failure, health.failed_fingerprint) = (Some(at), Some(fingerprint.to_owned()));
        }
        self.faults.after("note_failure")
    }

    async fn note_quota(
        &self,
        key: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        quota: &UsedUpQuota,
    ) -> Result<(), StoreError> {
        self.faults.before("note_quota").await?;
        let noted = (key.clone(), name.clone());
        lock(&self.health).entry(noted).or_default().quotas.insert(class, quota.clone());
        self.faults.after("note_quota")
    }

    async fn note_ambiguous_refusals(
        &self,
        key: &AppKey,
        name: &NotifierName,
        ambiguous_refusals: &[AmbiguousRefusal],
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        self.faults.before("note_ambiguous_refusals").await?;
        lock(&self.health).entry((key.clone(), name.clone())).or_default().ambiguous_refusals =
            ambiguous_refusals.to_vec();
        self.faults.after("note_ambiguous_refusals")
    }

    async fn note_checks(
        &self,
        key: &AppKey,
        name: &NotifierName,
        failed: Option<&FailedChecks>,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        self.faults.before("note_checks").await?;
        lock(&self.health).entry((key.clone(), name.clone())).or_default().failed_checks = failed.cloned();
        self.faults.after("note_checks")
    }
}

#[async_trait]
impl TakeWatch for MemoryRuntime {
    async fn take_watch(&self, walk: &str, now: Timestamp, hold: Duration) -> Result<Option<WatchSlice>, StoreError> {
        self.faults.before("take_watch").await?;
        let mut watches = lock(&self.watches);
        let begun = WatchSlice { round: now, after: None, taken: now };
        let Some(stored) = watches.get(walk) else {
            watches.insert(walk.to_owned(), Watch { slice: begun, due: now.plus(CHECKED_EVERY) });
            return Ok(None);
        };
        if now < stored.due {
            return Ok(None);
        }
        let slice = match stored.slice.after {
            Some(_) => WatchSlice { taken: now, ..stored.slice.clone() },
            None => begun,
        };
        watches.insert(walk.to_owned(), Watch { slice: slice.clone(), due: now.plus(hold) });
        Ok(Some(slice))
    }
}

#[async_trait]
impl MoveWatch for MemoryRuntime {
    async fn move_watch(
        &self,
        walk: &str,
        slice: &WatchSlice,
        after: Option<&AppKey>,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.before("move_watch").await?;
        let mut watches = lock(&self.watches);
        let own = watches.get(walk).is_some_and(|stored| stored.slice.taken == slice.taken);
        if own {
            let slice = WatchSlice { after: after.cloned(), ..slice.clone() };
            watches.insert(walk.to_owned(), Watch { slice, due });
        }
        Ok(own)
    }
}

#[async_trait]
impl ForgetNotifier for MemoryRuntime {
    async fn forget_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<(), StoreError> {
        self.faults.before("forget_notifier").await?;
        lock(&self.health).remove(&(key.clone(), name.clone()));
        lock(&self.access).retain(|owner, _| owner.app != *key || owner.notifier != *name);
        self.faults.after("forget_notifier")
    }
}

#[async_trait]
impl SuspectTokens for MemoryRuntime {
    async fn suspect(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.faults.before("suspect").await?;
        let suspect = (app.clone(), notifier.clone(), token.clone());
        let before = lock(&self.suspects).insert(suspect, at);
        self.faults.after("suspect")?;
        Ok(before.filter(|before| at < before.plus(SUSPECT_RETENTION)))
    }
}
