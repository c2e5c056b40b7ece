//! Events during the deletion of an app: users act, records are delivered twice, the name is reused, and rows cannot be
//! read.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::json;
use shared::{
    domain::{
        directory::Month,
        group::Group,
        group_profile::{GroupInfo, GroupSettings},
        id::GroupId,
        presence::PresenceStatus,
        profile::{Conversation, Disturbance, PushMode},
    },
    ports::{
        clock::Clock,
        directory::ReadGroupDirectory,
        erasure::ForgetUser,
        groups::{ManageGroups, ReadMemberships},
        users::{ConversationSetting, ManageBindings, ManageProfiles, TrackPresence},
    },
    testing::sample,
};

use super::{
    app_deletion::{create, fill, listed, operator},
    harness::{FCM, INVOCATION, Stack, TestApp},
};

/// Makes the user known again in every way except by a message.
async fn make_known(stack: &Stack, app: &TestApp, name: &str, device: &str) {
    let at = stack.clock.now();
    let bound = sample::binding(device, FCM, &format!("{}-{name}-{device}", app.key), at);
    stack.users.bind(&app.key, &sample::user(name), &bound, 16).await.unwrap();
    let online = sample::event(name, device, "s", PresenceStatus::Online, at);
    stack.users.apply(&app.key, &online, Duration::from_secs(300), 32).await.unwrap();
    let conversation = Conversation::User(sample::user("peer"));
    let disturbance = Disturbance { mode: Some(PushMode::None), ..Disturbance::default() };
    let setting = ConversationSetting { conversation: &conversation, era: 0, disturbance, at };
    assert!(stack.users.set_conversation(&app.key, &sample::user(name), &setting, 30).await.unwrap());
}

/// Returns whether anything is stored of the user, listed or not.
async fn is_known(stack: &Stack, app: &TestApp, name: &str) -> bool {
    stack.users.knows_user(&app.key, &sample::user(name)).await.unwrap()
}

#[tokio::test]
async fn a_first_bind_that_meets_the_erasure_of_its_app_goes_with_it() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let other = stack.app("other", json!({})).await;
    make_known(&stack, &app, "ann", "phone").await;
    make_known(&stack, &other, "ann", "phone").await;
    // `register-token` has the app cached for a minute, and the phone binds again and again.
    stack.bind(&app, "ann", "tablet", FCM, &fcm::device_token()).await;
    operator(&stack, "DELETE").await;
    for device in ["watch", "car"] {
        while stack.step().await {}
        assert!(!is_known(&stack, &app, "ann").await, "{device}");
        make_known(&stack, &app, "ann", device).await;
        make_known(&stack, &app, "zoe", device).await;
        stack.clock.set(stack.next_visible().unwrap());
    }
    let (late, token) = (app.path("users/ann/push/binding"), fcm::device_token());
    let bound = json!({"device_id": "late", "device_token": token, "notifier_name": FCM});
    assert_eq!(stack.call("PUT", &late, &app.token, &bound).await.0, 404, "the cache ended");
    stack.drain().await;
    assert_eq!((is_known(&stack, &app, "ann").await, is_known(&stack, &app, "zoe").await), (false, false));
    assert_eq!(listed(&stack, &app.key).await, 0);
    assert!(is_known(&stack, &other, "ann").await);
    assert_eq!(create(&stack).await.0, 201);
}

#[tokio::test]
async fn a_group_that_is_created_while_its_app_is_deleted_goes_with_it() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    operator(&stack, "DELETE").await;
    let ann = sample::user("ann");
    for id in ["g1", "g2"] {
        while stack.step().await {}
        let group = Group {
            id: GroupId::parse(id).unwrap(),
            name: "late".into(),
            owner: Some(ann.clone()),
            members: 1,
            created_at: stack.clock.now(),
            settings: GroupSettings::default(),
            changes: 0,
        };
        let info = GroupInfo::default();
        stack.groups.create_group(&app.key, &group, &info, std::slice::from_ref(&ann)).await.unwrap();
        stack.clock.set(stack.next_visible().unwrap());
    }
    stack.drain().await;
    let month = Month::of(stack.clock.now());
    assert_eq!(stack.groups.groups(&app.key, month, None, 9).await.unwrap(), []);
    assert_eq!(stack.groups.groups_of(&app.key, &ann).await.unwrap(), []);
    assert_eq!(create(&stack).await.0, 201);
}

#[tokio::test]
async fn no_user_is_erased_of_an_app_that_is_created_as_soon_as_the_name_is_free() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    fill(&stack, &app, 3).await;
    // The operator sends the deletion twice, so that two records sweep at the same time.
    operator(&stack, "DELETE").await;
    operator(&stack, "DELETE").await;
    for _ in 0..2 {
        while stack.step().await {}
        stack.clock.set(stack.next_visible().unwrap());
    }
    // Both records make their last sweep. The second one is slow, up to the end of an invocation.
    let records = stack.erase_queue.take(2);
    assert_eq!(records.len(), 2);
    assert!(stack.erase_record(&records[0]).await);
    stack.users.faults.slow_down_of("users", Duration::from_millis(20));
    let anew = async {
        while create(&stack).await.0 != 201 {
            if !stack.erase_step().await {
                stack.clock.set(stack.next_visible().unwrap());
            }
            tokio::task::yield_now().await;
        }
        make_known(&stack, &app, "ann", "phone").await;
        stack.clock.now()
    };
    let begun = stack.clock.now();
    let (slow, created) = futures::future::join(stack.erase_record(&records[1]), anew).await;
    assert!(slow);
    // The name became free only after every running invocation had ended.
    assert!(created.since(begun) >= INVOCATION, "{:?}", created.since(begun));
    stack.users.faults.at_full_speed();
    stack.drain().await;
    assert!(is_known(&stack, &app, "ann").await);
    assert_eq!(operator(&stack, "GET").await.1["state"], "active");
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_record_that_meets_an_app_of_the_same_name_leaves_it_alone() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    fill(&stack, &app, 3).await;
    stack.call("DELETE", &app.path("users/u0"), &app.token, &json!({})).await;
    operator(&stack, "DELETE").await;
    // The queue delivers records twice: at every stage, and of both kinds.
    let mut again = Vec::new();
    while !stack.erase_queue.is_empty() {
        again.extend(stack.erase_queue.records().into_iter().map(|record| record.body));
        if !stack.step().await {
            stack.clock.set(stack.next_visible().unwrap());
        }
    }
    stack.clock.advance(Duration::from_secs(1));
    let anew = stack.app("chat", json!({})).await;
    fill(&stack, &anew, 3).await;
    let group = json!({"groupid": "g1", "owner": "u0", "members": ["u1"]});
    stack.ok("POST", &anew.path("chatgroups"), &anew.token, group.clone()).await;
    assert!(again.len() > 6, "{again:?}");
    for record in &again {
        stack.erase_queue.put(record.clone());
    }
    stack.drain().await;
    assert_eq!((listed(&stack, &anew.key).await, stack.messages.all(&anew.key).len()), (3, 3));
    assert_eq!(stack.call("GET", &anew.path("chatgroups/g1"), &anew.token, &json!({})).await.0, 200);
    // Nor does it when the next app is being deleted, which is another deletion.
    operator(&stack, "DELETE").await;
    for record in &again {
        assert!(stack.erase_record(record).await);
    }
    let (status, refused) = create(&stack).await;
    assert_eq!((status, operator(&stack, "GET").await.1["state"].clone()), (409, json!("deleting")), "{refused}");
    stack.drain().await;
    assert_eq!((create(&stack).await.0, listed(&stack, &anew.key).await), (201, 0));
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_of_one_user_or_group_keeps_nothing_else() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    fill(&stack, &app, 120).await;
    for id in ["g1", "g2", "g3"] {
        let group = json!({"groupid": id, "owner": "bob", "members": ["u1", "u2"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
        stack.clock.advance(Duration::from_secs(1));
    }
    stack.users.faults.corrupt("forget_user", "u7");
    stack.groups.faults.corrupt("delete_group", "g2");
    operator(&stack, "DELETE").await;
    assert!(stack.erase_step().await);
    assert_eq!((listed(&stack, &app.key).await, stack.messages.all(&app.key).len()), (1, 0));
    let left = stack.groups.groups(&app.key, Month::of(stack.clock.now()), None, 9).await.unwrap();
    assert_eq!(left.iter().map(|(_, group)| group.as_str()).collect::<Vec<_>>(), ["g2"]);
    // It counts as a failure. The name stays reserved until somebody repairs the row.
    stack.clock.advance(Duration::from_secs(3600));
    assert!(stack.erase_step().await);
    assert_eq!(operator(&stack, "GET").await.1["state"], "deleting");
    stack.users.faults.mend();
    stack.groups.faults.mend();
    stack.drain().await;
    assert_eq!((create(&stack).await.0, listed(&stack, &app.key).await), (201, 0));
    assert!(stack.dead_letters.is_empty());
}
