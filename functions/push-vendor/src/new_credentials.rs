//! Finds refused calls whose notifier has another credential by now, and plans them again with it.
//!
//! A process caches credentials, and a vendor may refuse an old one as soon as its secret is replaced. The push must not
//! end for that once the new credential is there.

use std::collections::{BTreeSet, HashMap};

use futures::future::join_all;
use shared::{
    domain::{outcome::CallError, vendor::Vendor},
    lambda::deadline::Deadline,
    ports::vendor::VendorClient,
};

use crate::{
    batch::NotifierKey,
    call::Call,
    merge::merge,
    notifiers::{Notifiers, OpenNotifier},
    send::{CallResult, Called},
};

/// Plans refused calls again.
pub(crate) struct NewCredentials<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) client: &'p dyn VendorClient,
    pub(crate) notifiers: &'p Notifiers,
}

impl NewCredentials<'_> {
    /// Reads the notifiers of refused calls. Returns the calls to be made with a new credential, and all others as they
    /// are. A notifier that cannot be read by `open_by` keeps its refusal.
    pub(crate) async fn find<'a>(
        &self,
        called: Vec<Called<'a>>,
        open_by: Deadline,
    ) -> (Vec<Call<'a>>, Vec<Called<'a>>) {
        let (refused, mut ended): (Vec<_>, Vec<_>) = called.into_iter().partition(is_refused);
        let keys: BTreeSet<NotifierKey<'a>> = refused.iter().map(|(call, ..)| call.key()).collect();
        let opened = keys.into_iter().map(|key| async move {
            let opened = open_by.wait(self.notifiers.open_current(key, self.vendor)).await;
            Some((key, opened?.ok()?))
        });
        let opened: HashMap<NotifierKey<'a>, OpenNotifier> = join_all(opened).await.into_iter().flatten().collect();
        let mut again = Vec::new();
        for (call, result, answer) in refused {
            match opened.get(&call.key()) {
                Some(new) if new.credential.fingerprint() != call.opened.credential.fingerprint() => {
                    tracing::info!(app = %call.app, notifier = %call.notifier, "a refused call is made with the new credential");
                    again.extend(call.opened_again(new));
                }
                _ => ended.push((call, result, answer)),
            }
        }
        if let Some(merging) = self.client.merging() {
            again = merge(again, |credential| merging.max_merged(credential));
        }
        (again, ended)
    }
}

/// Returns whether the vendor refused the credential for certain.
fn is_refused((_, result, _): &Called<'_>) -> bool {
    matches!(result, CallResult::Failed(CallError::Credential { .. }))
}
