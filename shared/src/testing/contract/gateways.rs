//! Leases of gateways. The domain has the rules of renewals. A store must apply them to its rows.

use std::time::Duration;

use futures::future::join_all;

use super::{Case, RuntimeStore, races::ROUNDS, run::suite};
use crate::{
    domain::{
        gateway::{GatewayLease, Renewal},
        id::AppKey,
    },
    testing::sample::gateway,
};

suite! { "gateways" on dyn RuntimeStore:
    a_gateway_has_no_lease_before_its_first_word,
    a_renewal_is_found_at_once,
    a_lease_that_lasts_goes_on_and_one_that_ended_begins_anew,
    a_gateway_that_began_anew_says_so,
    a_lease_can_be_made_shorter,
    renewals_that_race_leave_one_of_them,
    gateways_and_apps_are_apart,
}

fn renewal(case: &Case, second: u64, started: Option<u64>) -> Renewal {
    Renewal {
        at: case.at(second),
        ttl: Duration::from_secs(30),
        started_at: started.map(|second| case.at(second)),
        grace: Duration::from_secs(300),
    }
}

async fn renew(runtime: &dyn RuntimeStore, case: &Case, second: u64, started: Option<u64>) -> GatewayLease {
    runtime.renew_gateway(&case.app, &gateway("gw7"), &renewal(case, second, started)).await.unwrap()
}

async fn find(runtime: &dyn RuntimeStore, app: &AppKey, name: &str) -> Option<GatewayLease> {
    runtime.gateway_lease(app, &gateway(name)).await.unwrap()
}

async fn a_gateway_has_no_lease_before_its_first_word(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(find(runtime, &case.app, "gw7").await, None);
}

async fn a_renewal_is_found_at_once(runtime: &dyn RuntimeStore, case: &Case) {
    let lease = renew(runtime, case, 0, None).await;
    assert_eq!(lease, GatewayLease::after(None, &renewal(case, 0, None)));
    assert_eq!(find(runtime, &case.app, "gw7").await, Some(lease));
}

async fn a_lease_that_lasts_goes_on_and_one_that_ended_begins_anew(runtime: &dyn RuntimeStore, case: &Case) {
    let first = renew(runtime, case, 0, None).await;
    let second = renew(runtime, case, 29, None).await;
    assert_eq!((second.since, second.renewed_at, second.until), (first.since, case.at(29), case.at(59)));
    let third = renew(runtime, case, 59, None).await;
    assert_eq!((third.since, third.until), (case.at(59), case.at(89)));
    assert_eq!(find(runtime, &case.app, "gw7").await, Some(third));
}

async fn a_gateway_that_began_anew_says_so(runtime: &dyn RuntimeStore, case: &Case) {
    for (second, started) in [(10, 1), (20, 15), (60, 15)] {
        renew(runtime, case, second, Some(started)).await;
        let found = find(runtime, &case.app, "gw7").await.unwrap();
        assert_eq!((found.since, found.renewed_at), (case.at(started), case.at(second)));
    }
}

async fn a_lease_can_be_made_shorter(runtime: &dyn RuntimeStore, case: &Case) {
    renew(runtime, case, 0, None).await;
    let shorter = Renewal { ttl: Duration::from_secs(5), ..renewal(case, 1, None) };
    runtime.renew_gateway(&case.app, &gateway("gw7"), &shorter).await.unwrap();
    assert_eq!(find(runtime, &case.app, "gw7").await.unwrap().until, case.at(6));
}

async fn renewals_that_race_leave_one_of_them(runtime: &dyn RuntimeStore, case: &Case) {
    for round in 0..ROUNDS {
        let case = case.part(round);
        let renewals = join_all((0..3).map(|second| renew(runtime, &case, second, None))).await;
        let found = find(runtime, &case.app, "gw7").await.unwrap();
        assert!(renewals.contains(&found), "round {round}: {found:?}");
    }
}

async fn gateways_and_apps_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    renew(runtime, case, 0, None).await;
    for name in ["gw", "gw70", "GW7"] {
        assert_eq!(find(runtime, &case.app, name).await, None, "{name}");
    }
    assert_eq!(find(runtime, &case.elsewhere, "gw7").await, None);
}
