//! Checks credentials between pushes: renews each notifier's access token, and stores in its health what failed.
//!
//! It sends nothing to a phone and never switches a notifier off: the next push does that, if the vendor still refuses
//! the credential then. A failure is stored only if its credential is still the notifier's.

use std::time::Duration;

use futures::{StreamExt, stream};
use shared::{
    domain::{
        credential_check::{CHECKED_EVERY, FailedChecks},
        notifier::NotifierState,
        outcome::CallError,
        vendor::Vendor,
    },
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        access_tokens::TokenOwner,
        clock::Clock,
        credential_check::{CheckResult, CheckedNotifier, MAX_CHECKED},
        error::StoreError,
        vendor::{Credential, RenewAccessToken, RenewCall, Renewed, VendorClient},
    },
};

use crate::{
    batch::NotifierKey,
    notifiers::{Notifiers, OpenNotifier, Unusable},
    tell::TellServers,
};

/// Checks that run at the same time. The vendor's endpoint of access tokens gets so many requests at once.
const PARALLEL_CHECKS: usize = 8;
/// Time that a check needs to begin: a decryption, an access token, and two requests to a table.
const LONGEST: Duration = Duration::from_secs(11);
/// Time until the answer. The caller waits 22 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(18);

/// Checks credentials.
pub(crate) struct CheckAll<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) client: &'p dyn VendorClient,
    pub(crate) notifiers: &'p Notifiers,
    pub(crate) tell: &'p TellServers<'p>,
    pub(crate) clock: &'p dyn Clock,
}

impl CheckAll<'_> {
    /// Checks these notifiers. Returns a result for each, in their order.
    pub(crate) async fn run(
        &self,
        asked: &[CheckedNotifier],
        deadline: Deadline,
        metrics: &Metrics,
    ) -> Vec<CheckResult> {
        let Some(renewing) = self.client.renewing() else {
            return vec![CheckResult::NotOffered; asked.len()];
        };
        let deadline = deadline.min(Deadline::after(ANSWER_WITHIN));
        let checks = asked.iter().enumerate().map(|(number, one)| async move {
            if number >= MAX_CHECKED || !deadline.allows(LONGEST) {
                return CheckResult::Skipped;
            }
            deadline.wait(self.check((&one.app, &one.notifier), renewing)).await.unwrap_or(CheckResult::Unclear)
        });
        let results = stream::iter(checks).buffered(PARALLEL_CHECKS).collect().await;
        self.tell.flush(deadline, metrics).await;
        results
    }

    async fn check(&self, key: NotifierKey<'_>, renewing: &dyn RenewAccessToken) -> CheckResult {
        let opened = match self.notifiers.open_enabled(key, self.vendor).await {
            Ok(opened) => opened,
            Err(Unusable::Permanent(_)) => return CheckResult::Skipped,
            Err(Unusable::Transient(error)) => return unclear(key, &error),
        };
        let noted = match self.renew(key, &opened, renewing).await {
            Ok(Renewed::NotOffered) => return CheckResult::NotOffered,
            Ok(Renewed::Issued | Renewed::StillGood) => self.note_valid(key, &opened.credential).await,
            Err(error) => self.note_failed(key, &opened.credential, &error).await,
        };
        noted.unwrap_or_else(|error| unclear(key, &error))
    }

    async fn renew(
        &self,
        (app, notifier): NotifierKey<'_>,
        opened: &OpenNotifier,
        renewing: &dyn RenewAccessToken,
    ) -> Result<Renewed, CallError> {
        let owner = TokenOwner { app: app.clone(), notifier: notifier.clone() };
        let OpenNotifier { credential, options, .. } = opened;
        renewing.renew(RenewCall { owner: &owner, credential, options, ahead: CHECKED_EVERY }).await
    }

    /// Ends the failures of this credential, if some are stored.
    async fn note_valid(&self, key: NotifierKey<'_>, credential: &Credential) -> Result<CheckResult, StoreError> {
        let health = self.notifiers.health.health_of(key).await?;
        if health.failed_checks_of(credential.fingerprint()).is_some() {
            self.notifiers.health.note_checks(key, None, self.clock.now()).await?;
        }
        Ok(CheckResult::Valid)
    }

    /// Stores a failure, unless the operator put another credential or disabled the notifier meanwhile.
    async fn note_failed(
        &self,
        key: NotifierKey<'_>,
        credential: &Credential,
        error: &CallError,
    ) -> Result<CheckResult, StoreError> {
        if !self.is_current(key, credential).await? {
            return Ok(CheckResult::Skipped);
        }
        let before = self.notifiers.health.health_of(key).await?.failed_checks;
        let failed = FailedChecks::next(before.as_ref(), credential.fingerprint(), error, self.clock.now());
        self.notifiers.health.note_checks(key, Some(&failed), failed.at).await?;
        let (app, notifier) = key;
        tracing::warn!(%app, %notifier, vendor = %self.vendor, code = failed.code, "the check of a credential failed");
        if !failed.refused {
            return Ok(CheckResult::Unclear);
        }
        let known = before.is_some_and(|before| before.refused && before.fingerprint == failed.fingerprint);
        if !known {
            self.tell.credential_refused(key, &failed.code);
        }
        Ok(CheckResult::Refused)
    }

    /// Reads whether the notifier is enabled and still has this credential.
    async fn is_current(&self, (app, name): NotifierKey<'_>, credential: &Credential) -> Result<bool, StoreError> {
        let configs = self.notifiers.configs();
        configs.forget(app);
        let config = configs.get(app).await?;
        let notifier = config.as_ref().and_then(|config| config.notifiers.get(name));
        Ok(notifier.is_some_and(|notifier| {
            notifier.state == NotifierState::Enabled && notifier.fingerprint == credential.fingerprint()
        }))
    }
}

fn unclear((app, notifier): NotifierKey<'_>, error: &StoreError) -> CheckResult {
    tracing::warn!(%app, %notifier, error = error.chain(), "a credential cannot be checked now");
    CheckResult::Unclear
}
