//! Secrets that are replaced in the vendors' consoles.

use std::sync::Arc;

use shared::crypto::system::System;
use shared::domain::outcome::{CallError, Outcome};
use shared::ports::vendor::CallReport;

use super::Sender;
use crate::simulators::engine::time::now_ms;
use crate::simulators::{Account, InProcess, interfaces};

fn is_accepted(report: &CallReport) -> bool {
    let accepted = |outcome: &Outcome| matches!(outcome, Outcome::Accepted { .. });
    report.outcomes.as_ref().is_ok_and(|outcomes| outcomes.iter().all(accepted))
}

fn is_refused(report: &CallReport) -> bool {
    matches!(report.outcomes, Err(CallError::Credential { .. }))
}

#[tokio::test]
async fn a_vendor_refuses_a_secret_that_was_replaced_and_what_it_issued_for_it() {
    for which @ (spec, interface) in interfaces() {
        let simulators = InProcess::new(Box::new(now_ms), 1);
        let register = |account: &Account| account.credential(spec.name());
        let sender = || {
            let way = (InProcess::base_url(), simulators.transport());
            Sender::new(which, way, Arc::new(System::default()), Arc::new(System::default()))
        };
        let mut account = (interface.account)();
        simulators.add_credential(register(&account)).unwrap();
        let (mut process, name) = (sender(), interface.notifier);
        for round in ["first", "second"] {
            process.enter(&account);
            assert!(is_accepted(&process.push().await), "{name}");
            let new = (interface.with_secret)(&account, &format!("{round}0123456789abcdef"));
            assert_ne!(new.secret, account.secret, "{name}");
            simulators.replace_secret(&register(&account), register(&new)).unwrap();
            assert!(is_refused(&process.push().await), "{name}: the access token of the old secret");
            let mut other = sender();
            other.enter(&account);
            assert!(is_refused(&other.push().await), "{name}: the old secret");
            account = new;
        }
        process.enter(&account);
        assert!(is_accepted(&process.push().await), "{name}");
    }
}
