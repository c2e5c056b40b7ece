//! Groups as Easemob's app servers manage them: all forms of creation, details, changes, owners, administrators.

use manage_app::MAX_SHOWN_MEMBERS;
use serde_json::{Value, json};
use shared::{
    domain::{
        group::{MAX_ADMINS, MAX_FIRST_MEMBERS, MAX_NAME_CHARS, MAX_SHOWN_GROUPS},
        group_profile::{MAX_ANNOUNCEMENT_CHARS, MAX_AVATAR_CHARS, MAX_CUSTOM_BYTES, MAX_DESCRIPTION_CHARS},
        id::{GroupId, UserId},
    },
    ports::{clock::Clock, groups::ManageGroups},
};

use super::harness::{Stack, TestApp};

/// An app whose server manages groups.
pub struct Server {
    pub stack: Stack,
    pub app: TestApp,
}

impl Server {
    pub async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        Self { stack, app }
    }

    /// Makes a call that must succeed.
    pub async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        self.stack.ok(method, &self.app.path(path), &self.app.token, body).await
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ok("GET", path, json!({})).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.ok("POST", path, body).await
    }

    /// Makes a call that must be refused. Returns its status, error and description.
    pub async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let call = async || self.stack.call(method, &self.app.path(path), &self.app.token, &body).await;
        let (mut status, mut answer) = call().await;
        if status == 429 {
            self.stack.clock.advance(std::time::Duration::from_secs(1));
            (status, answer) = call().await;
        }
        assert!(status >= 400, "{method} {path}: {answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (status, text("error"), text("error_description"))
    }

    /// Creates a group with the owner `boss` and these members.
    pub async fn group(&self, id: &str, members: &[&str]) {
        self.post("chatgroups", json!({"groupid": id, "groupname": id, "owner": "boss", "members": members})).await;
    }

    /// Returns the details of the group.
    pub async fn shown(&self, id: &str) -> Value {
        let data = self.get(&format!("chatgroups/{id}")).await["data"].clone();
        assert_eq!(data.as_array().unwrap().len(), 1);
        data[0].clone()
    }
}

pub fn refusal(status: u16, error: &str, text: impl Into<String>) -> (u16, String, String) {
    (status, error.to_owned(), text.into())
}

#[tokio::test]
async fn a_group_is_created_in_the_forms_of_the_sdk_and_of_the_documents() {
    let server = Server::start().await;
    let common = json!({
        "groupname": "Birds \u{1f426}", "public": false, "owner": "Boss", "members": ["Ann", "bob"], "maxusers": 5000,
        "allowinvites": true, "invite_need_confirm": true, "need_verify": false, "custom": "{\"a\":1}", "avatar": "http://localhost/a.png",
    });
    for (id, description, approval, scale) in
        [("10000001", "desc", "members_only", json!("large")), ("own.id_-A", "description", "membersonly", Value::Null)]
    {
        let mut body = common.clone();
        body["groupid"] = json!(id);
        body[description] = json!("about birds");
        body[approval] = json!(true);
        body["scale"] = scale;
        assert_eq!(server.post("chatgroups", body).await["data"], json!({"groupid": id}));
        let mut shown = server.shown(id).await;
        assert!(shown.as_object_mut().unwrap().remove("created").unwrap().is_i64());
        assert_eq!(
            shown,
            json!({
                "id": id, "name": "Birds \u{1f426}", "description": "about birds", "owner": "boss", "custom": "{\"a\":1}",
                "avatar": "http://localhost/a.png", "maxusers": 5000, "affiliations_count": 3, "public": false,
                "membersonly": true, "allowinvites": true, "mute": false, "disabled": false,
                "affiliations": [{"owner": "boss"}, {"member": "ann"}, {"member": "bob"}],
            })
        );
    }
}

#[tokio::test]
async fn a_public_group_begins_without_invitations_of_its_members() {
    let server = Server::start().await;
    let body = json!({"groupid": "g", "owner": "boss", "public": true, "allowinvites": true, "members": []});
    server.post("chatgroups", body).await;
    let shown = server.shown("g").await;
    assert_eq!((&shown["public"], &shown["allowinvites"]), (&json!(true), &json!(false)));
    server.ok("PUT", "chatgroups/g", json!({"allowinvites": true})).await;
    assert_eq!(server.shown("g").await["allowinvites"], true);
}

#[tokio::test]
async fn a_group_that_is_only_synchronised_has_no_owner_and_no_limit() {
    let server = Server::start().await;
    let id = server.post("chatgroups", json!({"members": ["nobody-knows-me"]})).await["data"]["groupid"].clone();
    let shown = server.shown(id.as_str().unwrap()).await;
    assert_eq!((shown.get("owner"), shown.get("maxusers")), (None, None));
    assert_eq!(shown["affiliations"], json!([{"member": "nobody-knows-me"}]));
    assert_eq!(shown["affiliations_count"], 1);
    let listed = server.get("chatgroups").await;
    assert_eq!(listed["data"], json!([{"groupid": id, "groupname": "", "affiliations": 1, "type": "group"}]));
}

#[tokio::test]
async fn a_taken_id_is_refused_and_a_key_makes_a_repeat_safe() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    let taken = refusal(400, "illegal_argument", "group ID birds already exists!");
    assert_eq!(server.refused("POST", "chatgroups", json!({"groupid": "birds"})).await, taken);
    let create = async || {
        let body = json!({"groupid": "owls", "owner": "boss", "desc": "d"}).to_string();
        let headers = [("idempotency-key", "k1")];
        server.stack.call_with("POST", &server.app.path("chatgroups"), &server.app.token, &headers, body).await
    };
    server.stack.groups.faults.lose_answer_of("create_group", 1);
    assert_eq!(create().await.0, 503);
    for _ in 0..2 {
        let (status, answer) = create().await;
        assert_eq!((status, &answer["data"]), (200, &json!({"groupid": "owls"})));
    }
    assert_eq!(server.shown("owls").await["description"], "d");
}

#[tokio::test]
async fn a_repeat_takes_no_group_of_others_for_its_own() {
    let server = Server::start().await;
    let create = async || {
        let body = json!({"groupid": "owls", "owner": "ann"}).to_string();
        let headers = [("idempotency-key", "k1")];
        server.stack.call_with("POST", &server.app.path("chatgroups"), &server.app.token, &headers, body).await
    };
    // The first try wrote nothing. Meanwhile somebody else created a group with that id.
    server.stack.groups.faults.fail_next_of("create_group", 1);
    assert_eq!(create().await.0, 503);
    server.stack.clock.advance(std::time::Duration::from_millis(1));
    server.group("owls", &[]).await;
    let (status, answer) = create().await;
    assert_eq!((status, &answer["error_description"]), (400, &json!("group ID owls already exists!")));
    assert_eq!(server.shown("owls").await["owner"], "boss");
}

#[tokio::test]
async fn what_is_too_long_or_of_the_wrong_type_is_named() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    let long = |most: usize| "\u{fc}".repeat(most + 1);
    let characters = |field: &str, most: usize| format!("{field} must have at most {most} characters");
    for (create, body, text) in [
        (true, json!({"groupname": long(MAX_NAME_CHARS)}), characters("groupname", MAX_NAME_CHARS)),
        (false, json!({"name": long(MAX_NAME_CHARS)}), characters("name", MAX_NAME_CHARS)),
        (true, json!({"desc": long(MAX_DESCRIPTION_CHARS)}), characters("desc", MAX_DESCRIPTION_CHARS)),
        (false, json!({"description": long(MAX_DESCRIPTION_CHARS)}), characters("description", MAX_DESCRIPTION_CHARS)),
        (true, json!({"avatar": long(MAX_AVATAR_CHARS)}), characters("avatar", MAX_AVATAR_CHARS)),
        (
            false,
            json!({"custom": long(MAX_CUSTOM_BYTES / 2)}),
            format!("custom must have at most {MAX_CUSTOM_BYTES} bytes in UTF-8"),
        ),
        (true, json!({"maxusers": 0}), "maxusers must be 1 to 100000".into()),
        (false, json!({"maxusers": 100_001}), "maxusers must be 1 to 100000".into()),
        (true, json!({"maxusers": "many"}), "maxusers must be a whole number".into()),
        (true, json!({"public": "yes"}), "public must be true or false".into()),
        (false, json!({"need_verify": 1}), "need_verify must be true or false".into()),
        (true, json!({"owner": 7}), "owner must be a string".into()),
        (
            true,
            json!({"groupid": "a b"}),
            "groupid must be 1 to 64 characters of a-z, A-Z, 0-9, _, - and ., and not . or ..".into(),
        ),
        (true, json!({"members": vec!["x"; MAX_FIRST_MEMBERS + 1]}), "members must have 0 to 100 entries".into()),
    ] {
        let (method, path) = if create { ("POST", "chatgroups") } else { ("PUT", "chatgroups/birds") };
        assert_eq!(server.refused(method, path, body).await, refusal(400, "illegal_argument", text));
    }
    let longest = json!({
        "groupname": "\u{fc}".repeat(MAX_NAME_CHARS), "description": "\u{fc}".repeat(MAX_DESCRIPTION_CHARS),
        "avatar": "\u{fc}".repeat(MAX_AVATAR_CHARS), "custom": "\u{1}".repeat(MAX_CUSTOM_BYTES),
    });
    server.post("chatgroups", longest).await;
    let notice = json!({"announcement": long(MAX_ANNOUNCEMENT_CHARS)});
    let text = characters("announcement", MAX_ANNOUNCEMENT_CHARS);
    let refused = server.refused("POST", "chatgroups/birds/announcement", notice).await;
    assert_eq!(refused, refusal(400, "illegal_argument", text));
}

#[tokio::test]
async fn many_groups_are_shown_at_once_and_unknown_ones_are_left_out() {
    let server = Server::start().await;
    for id in ["a", "b"] {
        server.group(id, &["ann"]).await;
    }
    let answer = server.get("chatgroups/b,nope,a,b").await;
    let ids: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|group| &group["id"]).collect();
    assert_eq!((ids, &answer["count"]), (vec![&json!("b"), &json!("a")], &json!(2)));
    assert_eq!(server.get("chatgroups/nope,none").await["data"], json!([]));
    let unknown = refusal(404, "resource_not_found", "grpID nope does not exist!");
    assert_eq!(server.refused("GET", "chatgroups/nope", json!({})).await, unknown);
    let many = |number: usize| (0..number).map(|number| format!("g{number}")).collect::<Vec<_>>().join(",");
    server.get(&format!("chatgroups/{}", many(MAX_SHOWN_GROUPS))).await;
    let refused = server.refused("GET", &format!("chatgroups/{}", many(MAX_SHOWN_GROUPS + 1)), json!({})).await;
    assert_eq!(refused, refusal(400, "illegal_argument", "group must be at most 100 groups"));
}

#[tokio::test]
async fn a_change_answers_true_for_each_field_that_was_sent() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    let body = json!({
        "groupname": "Owls", "description": "d", "maxusers": 100, "membersonly": true, "allowinvites": true, "public": true,
        "custom": "c", "avatar": "a", "invite_need_confirm": false, "need_verify": true,
    });
    let changed = server.ok("PUT", "chatgroups/birds", body.clone()).await["data"].clone();
    let expected: Value = body.as_object().unwrap().keys().map(|name| (name.clone(), json!(true))).collect();
    assert_eq!(changed, expected);
    let shown = server.shown("birds").await;
    for (field, value) in
        [("name", json!("Owls")), ("maxusers", json!(100)), ("membersonly", json!(true)), ("custom", json!("c"))]
    {
        assert_eq!(shown[field], value, "{field}");
    }
    // The SDK sends the name in another field, and only the fields that are set.
    assert_eq!(server.ok("PUT", "chatgroups/birds", json!({"name": "Crows"})).await["data"], json!({"name": true}));
    assert_eq!(server.ok("PUT", "chatgroups/birds", json!({})).await["data"], json!({}));
    let shown = server.shown("birds").await;
    assert_eq!((&shown["name"], &shown["description"], &shown["public"]), (&json!("Crows"), &json!("d"), &json!(true)));

    let refused = server.refused("PUT", "chatgroups/birds", json!({"groupid": "x", "name": "y"})).await;
    assert_eq!(refused, refusal(400, "invalid_parameter", "some of [\"groupid\"] are not valid fields"));
    let unknown = refusal(404, "resource_not_found", "grpID nope does not exist!");
    assert_eq!(server.refused("PUT", "chatgroups/nope", json!({"name": "y"})).await, unknown);
}

#[tokio::test]
async fn a_member_becomes_the_owner_and_the_owner_before_stays_a_member() {
    let server = Server::start().await;
    server.group("birds", &["ann"]).await;
    let to = async |owner: &str| server.refused("PUT", "chatgroups/birds", json!({"newowner": owner})).await;
    assert_eq!(to("boss").await, refusal(403, "forbidden_op", "new owner and old owner are the same"));
    assert_eq!(to("eve").await, refusal(403, "forbidden_op", "user: eve doesn't exist in group: birds"));
    let both = server.refused("PUT", "chatgroups/birds", json!({"newowner": "ann", "name": "x"})).await;
    assert_eq!(both, refusal(400, "illegal_argument", "newowner must be the only field"));
    let changed = server.ok("PUT", "chatgroups/birds", json!({"newowner": "Ann"})).await;
    assert_eq!(changed["data"], json!({"newowner": true}));
    let shown = server.shown("birds").await;
    assert_eq!((&shown["owner"], &shown["affiliations_count"]), (&json!("ann"), &json!(2)));
    assert_eq!(shown["affiliations"], json!([{"owner": "ann"}, {"member": "boss"}]));
    let unknown = refusal(404, "resource_not_found", "grpID nope does not exist!");
    assert_eq!(server.refused("PUT", "chatgroups/nope", json!({"newowner": "ann"})).await, unknown);
}

#[tokio::test]
async fn administrators_come_and_go() {
    let server = Server::start().await;
    server.group("birds", &["ann", "bob"]).await;
    let admins = async || server.get("chatgroups/birds/admin").await["data"].clone();
    assert_eq!(admins().await, json!([]));
    let added = server.post("chatgroups/birds/admin", json!({"newadmin": "Bob"})).await;
    assert_eq!(added["data"], json!({"result": "success", "newadmin": "bob"}));
    server.post("chatgroups/birds/admin", json!({"newadmin": "bob"})).await;
    assert_eq!(admins().await, json!(["bob"]));
    // An administrator is listed as a member too.
    assert_eq!(server.shown("birds").await["affiliations"][2], json!({"member": "bob"}));
    let removed = server.ok("DELETE", "chatgroups/birds/admin/Bob", json!({})).await;
    assert_eq!((&removed["data"], admins().await), (&json!({"result": "success", "oldadmin": "bob"}), json!([])));

    let add = async |who: &str| server.refused("POST", "chatgroups/birds/admin", json!({"newadmin": who})).await;
    assert_eq!(add("eve").await, refusal(403, "forbidden_op", "user: eve doesn't exist in group: birds"));
    assert_eq!(add("boss").await, refusal(403, "forbidden_op", "forbidden operation on group owner!"));
    let none = server.refused("DELETE", "chatgroups/birds/admin/ann", json!({})).await;
    assert_eq!(none, refusal(403, "forbidden_op", "user: ann is no admin of group: birds"));
    for (method, path) in [("GET", "admin"), ("POST", "admin"), ("DELETE", "admin/ann")] {
        let refused = server.refused(method, &format!("chatgroups/nope/{path}"), json!({"newadmin": "ann"})).await;
        assert_eq!(refused, refusal(404, "resource_not_found", "grpID nope does not exist!"));
    }
}

#[tokio::test]
async fn a_group_takes_99_administrators_and_no_more() {
    let server = Server::start().await;
    let names: Vec<String> = (0..=MAX_ADMINS).map(|number| format!("m{number:03}")).collect();
    server.post("chatgroups", json!({"groupid": "g", "members": names})).await;
    for name in &names[..MAX_ADMINS] {
        server.post("chatgroups/g/admin", json!({"newadmin": name})).await;
    }
    server.post("chatgroups/g/admin", json!({"newadmin": names[0]})).await;
    let refused = server.refused("POST", "chatgroups/g/admin", json!({"newadmin": names[MAX_ADMINS]})).await;
    assert_eq!(refused, refusal(403, "exceed_limit", "newadmin must not be new: a group has at most 99 admins"));
}

#[tokio::test]
async fn an_announcement_is_read_as_it_was_written() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    let read = async || server.get("chatgroups/birds/announcement").await["data"]["announcement"].clone();
    assert_eq!(read().await, "");
    for text in ["At eight \u{1f426}", ""] {
        let body = json!({"announcement": text});
        let written = server.post("chatgroups/birds/announcement", body).await;
        assert_eq!((&written["data"]["result"], read().await), (&json!(true), json!(text)));
    }
    assert_eq!(server.refused("POST", "chatgroups/birds/announcement", json!({})).await.2, "announcement is required");
    for method in ["GET", "POST"] {
        let refused = server.refused(method, "chatgroups/nope/announcement", json!({"announcement": "x"})).await;
        assert_eq!(refused.0, 404);
    }
}

#[tokio::test]
async fn a_group_is_switched_off_and_on() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    for (switch, disabled) in [("disable", true), ("disable", true), ("enable", false)] {
        let answer = server.post(&format!("chatgroups/birds/{switch}"), json!({})).await;
        assert_eq!(answer["data"], json!({"disabled": disabled}));
        assert_eq!(server.shown("birds").await["disabled"], disabled);
    }
    assert_eq!(server.refused("POST", "chatgroups/nope/disable", json!({})).await.0, 404);
}

#[tokio::test]
async fn a_destroyed_group_leaves_nothing_to_the_next_of_its_name() {
    let server = Server::start().await;
    server.post("chatgroups", json!({"groupid": "g", "owner": "boss", "desc": "d", "members": ["ann"]})).await;
    server.post("chatgroups/g/admin", json!({"newadmin": "ann"})).await;
    server.post("chatgroups/g/announcement", json!({"announcement": "x"})).await;
    let gone = server.ok("DELETE", "chatgroups/g", json!({})).await;
    assert_eq!(gone["data"], json!({"groupid": "g", "success": true}));
    assert_eq!(server.refused("GET", "chatgroups/g", json!({})).await.0, 404);
    assert_eq!(server.refused("DELETE", "chatgroups/g", json!({})).await.0, 404);
    assert_eq!(server.get("chatgroups").await["data"], json!([]));
    server.stack.clock.advance(std::time::Duration::from_secs(1));
    server.post("chatgroups", json!({"groupid": "g", "members": ["ann"]})).await;
    assert_eq!(server.shown("g").await["description"], "");
    assert_eq!(server.get("chatgroups/g/admin").await["data"], json!([]));
    assert_eq!(server.get("chatgroups/g/announcement").await["data"]["announcement"], "");
}

#[tokio::test]
async fn groups_are_managed_by_the_app_alone() {
    let server = Server::start().await;
    server.group("birds", &["ann"]).await;
    let issued =
        server.post("token", json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true})).await;
    let token = issued["access_token"].as_str().unwrap();
    for (method, path) in [
        ("POST", "chatgroups"),
        ("GET", "chatgroups"),
        ("GET", "chatgroups/birds"),
        ("PUT", "chatgroups/birds"),
        ("DELETE", "chatgroups/birds"),
        ("GET", "chatgroups/birds/users"),
        ("POST", "chatgroups/birds/users"),
        ("POST", "chatgroups/birds/users/eve"),
        ("DELETE", "chatgroups/birds/users/ann"),
        ("GET", "chatgroups/birds/user/ann/is_joined"),
        ("GET", "chatgroups/birds/admin"),
        ("POST", "chatgroups/birds/admin"),
        ("DELETE", "chatgroups/birds/admin/ann"),
        ("POST", "chatgroups/birds/disable"),
        ("POST", "chatgroups/birds/enable"),
        ("GET", "chatgroups/birds/announcement"),
        ("POST", "chatgroups/birds/announcement"),
        ("GET", "users/ann/joined_chatgroups"),
    ] {
        let (status, answer) = server.stack.call(method, &server.app.path(path), token, &json!({})).await;
        assert_eq!((status, &answer["error_description"]), (403, &json!("this needs an app token")), "{method} {path}");
        server.stack.clock.advance(std::time::Duration::from_secs(1));
    }
    assert_eq!(server.shown("birds").await["affiliations_count"], 2);
}

#[tokio::test]
async fn a_group_with_more_members_than_an_answer_lists_is_shown_without_them() {
    let server = Server::start().await;
    server.group("large", &[]).await;
    server.group("small", &["ann"]).await;
    let crowd: Vec<UserId> =
        (2..MAX_SHOWN_MEMBERS).map(|number| UserId::parse(&format!("u{number}")).unwrap()).collect();
    let (large, now) = (GroupId::parse("large").unwrap(), server.stack.clock.now());
    server.stack.groups.add_members(&server.app.key, &large, &crowd, now).await.unwrap();
    let listed = async |asked: &str| {
        let answer = server.get(&format!("chatgroups/{asked}")).await;
        let groups = answer["data"].as_array().unwrap().iter();
        groups.map(|group| group["affiliations"].as_array().map(Vec::len)).collect::<Vec<_>>()
    };
    assert_eq!(listed("large").await, [Some(MAX_SHOWN_MEMBERS - 1)]);
    assert_eq!(listed("large,small").await, [Some(MAX_SHOWN_MEMBERS - 1), None]);
    assert_eq!(listed("small,large").await, [Some(2), None]);
    let counts = server.get("chatgroups/large,small").await;
    assert_eq!(counts["data"][1]["affiliations_count"], 2);
}
