//! Every deployed route refuses who has no valid bearer. `tests/it/pipeline/matrix` tries every other kind of caller.

use curlew_tests::{
    access::{ApiRoute, Expected, Forged, Rank, described_routes, forged},
    stack::{Answer, segment},
};
use futures::{StreamExt, stream};

use crate::harness::{Tenant, World};

/// Calls at a time.
const AT_A_TIME: usize = 4;

/// Makes a call with this bearer, or without one.
async fn ask(tenant: &Tenant<'_>, route: &ApiRoute, bearer: Option<&str>) -> Answer {
    let path = route.path_with(|name| match name {
        "org" => segment(&tenant.app.org),
        "app" => segment(&tenant.app.app),
        "chattype" => "user".to_owned(),
        _ => "unknown".to_owned(),
    });
    let call = tenant.world.stack.api.call(route.method.parse().unwrap(), &path);
    let call = match bearer {
        Some(token) => call.bearer(token),
        None => call,
    };
    call.body(route.example().unwrap_or("{}")).send().await.unwrap()
}

#[tokio::test]
async fn every_deployed_route_refuses_who_has_no_valid_bearer() {
    let world = World::side_by_side().await;
    let (tenant, other) = (world.tenant().await, world.tenant().await);
    let forged: Vec<Forged> = forged(&tenant.app.token);
    let unsigned = forged.iter().find(|forged| forged.how.starts_with("alg none")).unwrap();
    let bearers = [
        ("no bearer", None, "unauthorized"),
        (unsigned.how, Some(unsigned.token.as_str()), "auth_bad_access_token"),
        ("another app", Some(other.app.token.as_str()), "auth_bad_access_token"),
    ];
    let routes: Vec<ApiRoute> =
        described_routes().into_iter().filter(|route| route.expects(Rank::Nobody) == Expected::Unauthorized).collect();
    assert!(routes.len() > 100);
    let calls = routes.iter().flat_map(|route| bearers.iter().map(move |bearer| (route, bearer)));
    let wrong: Vec<String> = stream::iter(calls)
        .map(|(route, (name, bearer, error))| {
            let tenant = &tenant;
            async move {
                let answer = ask(tenant, route, *bearer).await;
                let fits = answer.status == 401 && answer.body["error"] == *error;
                (!fits).then(|| format!("{route} to {name}: {} {}", answer.status, answer.text))
            }
        })
        .buffer_unordered(AT_A_TIME)
        .filter_map(async |wrong| wrong)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
