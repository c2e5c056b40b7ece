//! Migrates an app from Easemob, on the deployed stack.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use shared::config::{Environment, Vars};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::harness::{FCM, HUAWEI, Phone, Tenant, World, message, until};

fn python(module: &str) -> Command {
    let infra = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let mut command = Command::new(Environment.get("CURLEW_PYTHON").unwrap_or_else(|| "python3".to_owned()));
    command
        .args(["-m", module])
        .env("PYTHONPATH", infra)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts a simulated Easemob with this app. Returns its process and its address.
async fn easemob(app: &Value) -> (Child, String) {
    let mut served = python("import_easemob.tests.serve").spawn().unwrap();
    let line = format!("{app}\n");
    served.stdin.as_mut().unwrap().write_all(line.as_bytes()).await.unwrap();
    let address = BufReader::new(served.stdout.take().unwrap()).lines().next_line().await.unwrap();
    (served, address.expect("an address"))
}

/// Runs `make import-easemob APPLY=1`. Returns its report.
async fn import(tenant: &Tenant<'_>, address: &str, state: &Path) -> Value {
    let app = &tenant.app;
    let done = python("import_easemob")
        .args(["--apply", "--share", "100", "--state"])
        .arg(state)
        .env("EASEMOB_URL", address)
        .envs([("EASEMOB_APP", "acme#chat"), ("EASEMOB_CLIENT_ID", "id"), ("EASEMOB_CLIENT_SECRET", "the secret")])
        .env("CURLEW_URL", &tenant.world.stack.description.api_url)
        .env("CURLEW_APP", format!("{}#{}", app.org, app.app))
        .envs([("CURLEW_CLIENT_ID", &app.client_id), ("CURLEW_CLIENT_SECRET", &app.client_secret)])
        .output()
        .await
        .unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    let report = state.with_file_name("import-apply.json");
    serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap()
}

#[tokio::test]
async fn an_app_that_comes_from_easemob_is_pushed_to_and_keeps_what_is_changed_here() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(json!({"advanced_push": true})).await;
    let (ann, bob) = (Phone::new("fcm", "ann"), Phone::new("huawei", "bob"));
    let (served, address) = easemob(&json!({
        "users": [["ann", {"nickname": "Ann"}], ["bob", {"notification_display_style": 1}], ["cat", {"activated": false}]],
        "bindings": [["ann", ann.device, FCM, ann.token], ["bob", bob.device, HUAWEI, bob.token]],
        "groups": [["birds", "ann", ["bob", "cat"]]],
    }))
    .await;
    let folder = std::env::temp_dir().join(&tenant.app.app);
    let state = folder.join("import.sqlite");

    let report = import(&tenant, &address, &state).await;
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["counts"]["users"], json!({"created": 3, "read": 3}));
    tenant.app.send(&message(&["ann"], json!({}))).await.unwrap();
    let group = json!({"from": "ann", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    tenant
        .app
        .call(reqwest::Method::POST, "/messages/chatgroups")
        .json(&group)
        .send()
        .await
        .unwrap()
        .success()
        .unwrap();
    for phone in [&ann, &bob] {
        until(&format!("a notification for {}", phone.user), async || {
            (tenant.shown(phone).await.len() == 1).then_some(())
        })
        .await;
    }

    // Dan takes over Bob's phone and binds it here. Easemob does not know.
    let sold = Phone { user: "dan".to_owned(), ..bob.clone() };
    tenant.bind(&sold).await;
    let report = import(&tenant, &address, &state).await;
    assert_eq!(report["counts"]["bindings"], json!({"kept as changed at Curlew": 1, "read": 2, "unchanged": 1}));
    let bound =
        tenant.app.call(reqwest::Method::GET, "/users/dan/push/binding").send().await.unwrap().success().unwrap();
    assert_eq!(bound["entities"][0]["device_token"], bob.token);
    drop(served);
    std::fs::remove_dir_all(folder).unwrap();
}
