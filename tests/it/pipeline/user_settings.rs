//! Settings of users, from the call to the suppressed push or the notification.

use std::{collections::BTreeMap, time::Duration};

use curlew_tests::simulators::meizu;
use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use serde_json::{Value, json};
use shared::{
    app_configs::KEPT,
    domain::{reason::Reason, time::Timestamp},
};

use super::harness::{Stack, TestApp};

/// 2027-01-15 21:00 UTC: 22:00 in Berlin, 05:00 of the next day in Shanghai.
const EVENING: i64 = 1_800_046_800_000;
const HOUR: Duration = Duration::from_secs(3600);

/// An app whose advanced push is on, and the phone of its user `ann`.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        stack.clock.set(Timestamp::from_millis(EVENING));
        let app = stack.app("chat", json!({"advanced_push": true})).await;
        let token = meizu::device_token();
        stack.bind(&app, "ann", "phone", MEIZU, &token).await;
        Self { stack, app, token }
    }

    async fn set(&self, path: &str, body: Value) -> Value {
        self.stack.ok("PUT", &self.app.path(path), &self.app.token, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.stack.ok("GET", &self.app.path(path), &self.app.token, json!({})).await
    }

    /// Sends a message to `ann` now. Returns its suppression reason, or `None` if it is pushed.
    async fn silent(&self, more: Value) -> Option<Reason> {
        let id = self.stack.send(&self.app, &["ann"], more).await[0];
        self.stack.drain().await;
        self.stack.suppression(&self.app, "ann", id).await
    }

    /// Returns the body of the newest notification on the phone.
    fn newest(&self) -> String {
        let shade = self.stack.simulators.device("meizu", &self.token).shade;
        shade.last().unwrap().delivery.notice.body.clone().unwrap()
    }
}

const SELF: &str = "users/ann/notification/user/ann";
const WITH_SENDER: &str = "users/ann/notification/user/sender";

#[tokio::test]
async fn a_do_not_disturb_interval_crosses_midnight_on_the_user_s_own_clock() {
    let world = World::start().await;
    world.set(SELF, json!({"ignoreInterval": "22:00-07:00"})).await;
    // The app's zone is Shanghai, where it is 05:00.
    for (zone, hours, expected) in [
        ("", 0, Some(Reason::UserIgnorePush)),
        ("", 2, None),
        ("Europe/Berlin", 0, Some(Reason::UserIgnorePush)),
        ("Europe/Berlin", 9, None),
        ("Europe/London", 0, None),
        ("Europe/London", 2, Some(Reason::UserIgnorePush)),
    ] {
        world.stack.clock.set(Timestamp::from_millis(EVENING).plus(HOUR * hours));
        world.set("users/ann", json!({"time_zone": zone})).await;
        assert_eq!(world.silent(json!({})).await, expected, "{zone} {hours}");
    }
    world.stack.clock.set(Timestamp::from_millis(EVENING).plus(HOUR * 2));
    assert_eq!(world.silent(json!({"ext": {"em_force_notification": true}})).await, None);
    world.set(SELF, json!({"ignoreInterval": ""})).await;
    assert_eq!(world.silent(json!({})).await, None);
}

#[tokio::test]
async fn a_mute_is_set_as_a_duration_and_shown_as_its_end() {
    let world = World::start().await;
    for path in [SELF, WITH_SENDER] {
        let set = world.set(path, json!({"ignoreDuration": 3_600_000})).await;
        assert_eq!(set["data"]["ignoreDuration"], EVENING + 3_600_000);
        assert_eq!(world.get(path).await["data"], set["data"]);
        assert_eq!(world.silent(json!({})).await, Some(Reason::UserIgnorePush));
        world.stack.clock.set(Timestamp::from_millis(EVENING).plus(HOUR));
        assert_eq!(world.get(path).await["data"]["ignoreDuration"], 0);
        assert_eq!(world.silent(json!({})).await, None);

        world.stack.clock.set(Timestamp::from_millis(EVENING));
        assert_eq!(world.silent(json!({})).await, Some(Reason::UserIgnorePush));
        let ended = world.set(path, json!({"ignoreDuration": 0})).await;
        assert_eq!(ended["data"]["ignoreDuration"], 0);
        assert_eq!(world.silent(json!({})).await, None);
    }
}

#[tokio::test]
async fn a_mention_breaks_through_the_mode_at() {
    let world = World::start().await;
    world.set(SELF, json!({"type": "AT"})).await;
    assert_eq!(world.silent(json!({})).await, Some(Reason::NotMentioned));
    assert_eq!(world.silent(json!({"ext": {"em_at_list": ["bob"]}})).await, Some(Reason::NotMentioned));
    for at in [json!(["bob", "ann"]), json!("all")] {
        assert_eq!(world.silent(json!({"ext": {"em_at_list": at}})).await, None);
    }
}

#[tokio::test]
async fn a_conversation_goes_by_its_own_mode_and_by_default_by_the_app_s() {
    let world = World::start().await;
    assert_eq!(world.get(SELF).await["data"], json!({"type": "ALL", "ignoreInterval": "", "ignoreDuration": 0}));
    assert_eq!(
        world.get(WITH_SENDER).await["data"],
        json!({"type": "DEFAULT", "ignoreInterval": "", "ignoreDuration": 0})
    );
    for (level, mode, expected) in [
        (SELF, "NONE", Some(Reason::ModeNone)),
        (WITH_SENDER, "ALL", None),
        (SELF, "ALL", None),
        (WITH_SENDER, "NONE", Some(Reason::ModeNone)),
        (WITH_SENDER, "DEFAULT", None),
        (SELF, "NONE", Some(Reason::ModeNone)),
        ("users/ann/notification/user/bob", "ALL", Some(Reason::ModeNone)),
        ("users/ann/notification/chatgroup/sender", "ALL", Some(Reason::ModeNone)),
    ] {
        let set = world.set(level, json!({"type": mode})).await;
        assert_eq!(set["data"]["type"], mode);
        assert_eq!(world.get(level).await["data"]["type"], mode);
        assert_eq!(world.silent(json!({})).await, expected, "{level} {mode}");
    }
}

#[tokio::test]
async fn the_mode_of_the_whole_app_can_be_taken_back() {
    let world = World::start().await;
    world.set(SELF, json!({"type": "NONE"})).await;
    assert_eq!(world.silent(json!({})).await, Some(Reason::ModeNone));
    assert_eq!(world.set(SELF, json!({"type": "DEFAULT"})).await["data"]["type"], "ALL");
    assert_eq!(world.get(SELF).await["data"]["type"], "ALL");
    assert_eq!(world.silent(json!({})).await, None);
}

#[tokio::test]
async fn what_a_change_does_not_name_stays() {
    let world = World::start().await;
    world.set(SELF, json!({"type": "AT", "ignoreInterval": "01:30-02:00", "ignoreDuration": 1000})).await;
    let left = world.set(SELF, json!({"type": "ALL"})).await;
    let expected = json!({"type": "ALL", "ignoreInterval": "01:30-02:00", "ignoreDuration": EVENING + 1000});
    assert_eq!(left["data"], expected);
    // A conversation has no interval of its own.
    let conversation = world.set(WITH_SENDER, json!({"type": "AT", "ignoreInterval": "nonsense"})).await;
    assert_eq!(conversation["data"], json!({"type": "AT", "ignoreInterval": "", "ignoreDuration": 0}));

    world.set("users/ann", json!({"nickname": "Ann", "time_zone": "Europe/Berlin"})).await;
    let user = world.set("users/ann", json!({"notification_display_style": "1"})).await;
    assert_eq!(
        user["entities"],
        json!([{
            "username": "ann", "type": "user", "activated": true, "nickname": "Ann", "time_zone": "Europe/Berlin",
            "notification_display_style": 1,
        }])
    );
    assert_eq!(world.get(SELF).await["data"], expected);
}

#[tokio::test]
async fn switching_advanced_push_off_deletes_what_users_set_with_it() {
    let world = World::start().await;
    let template = json!({"name": "old", "title_pattern": "t", "content_pattern": "c"});
    world.stack.ok("POST", &world.app.path("notification/template"), &world.app.token, template).await;
    for path in [SELF, WITH_SENDER] {
        world.set(path, json!({"type": "NONE"})).await;
    }
    world.set("users/ann", json!({"nickname": "Ann"})).await;
    assert_eq!(world.silent(json!({})).await, Some(Reason::ModeNone));
    for on in [false, true] {
        world.set("push/settings", json!({"advanced_push": on})).await;
        world.stack.clock.advance(KEPT);
        assert_eq!(world.silent(json!({})).await, None, "{on}");
    }
    assert_eq!(world.get(SELF).await["data"]["type"], "ALL");
    assert_eq!(world.get(WITH_SENDER).await["data"]["type"], "DEFAULT");
    assert_eq!(world.get("users/ann").await["entities"][0]["nickname"], "Ann");
    // A setting after `advanced_push` was switched on again does not restore the older ones.
    for path in [SELF, WITH_SENDER] {
        world.set(path, json!({"ignoreDuration": 0})).await;
        assert_eq!(world.silent(json!({})).await, None);
    }
    world.set(WITH_SENDER, json!({"type": "NONE"})).await;
    assert_eq!(world.silent(json!({})).await, Some(Reason::ModeNone));
    assert_eq!(world.get("notification/template").await["data"], json!([]));
}

#[tokio::test]
async fn a_sender_s_nickname_stands_in_the_notification_of_who_wants_to_see_it() {
    let world = World::start().await;
    world.set("users/ann", json!({"notification_display_style": 1})).await;
    assert_eq!(world.silent(json!({})).await, None);
    assert_eq!(world.newest(), "sender: hello");
    let named = json!([{"username": "Sender", "push_nickname": "Bob B."}, {"username": "eve", "push_nickname": ""}]);
    let set = world.set("push/nickname", named).await;
    assert_eq!(
        set["entities"],
        json!([{"username": "sender", "push_nickname": "Bob B."}, {"username": "eve", "push_nickname": ""}])
    );
    assert_eq!(world.silent(json!({})).await, None);
    assert_eq!(world.newest(), "Bob B.: hello");
}

#[tokio::test]
async fn a_user_is_shown_with_the_groups_that_are_muted_and_those_that_are_not() {
    let world = World::start().await;
    let groups = async || {
        let entity = world.get("users/ann").await["entities"][0].clone();
        let shown = entity.as_object().unwrap().iter();
        let shown = shown.filter_map(|(name, value)| Some((name.strip_prefix("notification_ignore_")?, value.clone())));
        json!(shown.collect::<BTreeMap<_, _>>())
    };
    assert_eq!(groups().await, json!({}));
    world.set("users/ann/notification/user/sender", json!({"type": "NONE"})).await;
    for (group, set) in [
        ("none", json!({"type": "NONE"})),
        ("at", json!({"type": "AT"})),
        ("all", json!({"type": "ALL", "ignoreDuration": 1000})),
        ("a.while", json!({"ignoreDuration": 1000})),
        ("inherits", json!({"type": "DEFAULT"})),
    ] {
        world.set(&format!("users/ann/notification/chatgroup/{group}"), set).await;
    }
    assert_eq!(groups().await, json!({"none": true, "at": false, "all": true, "a.while": true}));
    world.stack.clock.advance(Duration::from_secs(1));
    assert_eq!(groups().await, json!({"none": true, "at": false, "all": false}));
    world.set("users/ann/notification/chatgroup/none", json!({"type": "DEFAULT"})).await;
    assert_eq!(groups().await, json!({"at": false, "all": false}));
    let changed = world.set("users/ann", json!({"nickname": "Ann"})).await;
    assert!(!changed.to_string().contains("notification_ignore_"));
    world.set("push/settings", json!({"advanced_push": false})).await;
    world.stack.clock.advance(KEPT);
    assert_eq!(groups().await, json!({}));
}

#[tokio::test]
async fn a_user_is_shown_with_the_devices_and_the_older_form_of_the_window() {
    let world = World::start().await;
    let (status, answer) = world.stack.call("GET", &world.app.path("users/eve"), &world.app.token, &json!({})).await;
    assert_eq!((status, answer["error"].as_str().unwrap()), (404, "service_resource_not_found"));
    let quiet = json!({
        "notification_no_disturbing": true,
        "notification_no_disturbing_start": "22",
        "notification_no_disturbing_end": 7,
    });
    world.set("users/ann", quiet).await;
    assert_eq!(
        world.get("users/Ann").await["entities"],
        json!([{
            "username": "ann",
            "type": "user",
            "activated": true,
            "notification_display_style": 0,
            "notification_no_disturbing": true,
            "notification_no_disturbing_start": "22",
            "notification_no_disturbing_end": "7",
            "pushInfo": [{"device_Id": "phone", "device_token": world.token, "notifier_name": MEIZU}],
        }])
    );
    assert_eq!(world.get(SELF).await["data"]["ignoreInterval"], "22:00-07:00");
    world.set("users/ann", json!({"notification_no_disturbing": false})).await;
    assert_eq!(world.get(SELF).await["data"]["ignoreInterval"], "");
}
