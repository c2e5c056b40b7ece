//! Members who join and leave, and the lists of members and groups.

use std::time::Duration;

use manage_app::MAX_SORTED_MEMBERS;
use serde_json::{Value, json};
use shared::{
    domain::{
        group::MAX_MEMBERS_AT_ONCE,
        id::{GroupId, UserId},
    },
    ports::{clock::Clock, groups::ManageGroups},
    testing::sample,
};

use super::groups_managed::{Server, refusal};

fn names(number: usize) -> Vec<String> {
    (0..number).map(|number| format!("m{number:03}")).collect()
}

/// Returns every page of a list. It follows the cursor, which the last page lacks.
async fn pages(server: &Server, path: &str) -> Vec<Value> {
    let mut pages = vec![server.get(path).await];
    while let Some(cursor) = pages.last().unwrap().get("cursor").and_then(Value::as_str) {
        assert!(!cursor.is_empty());
        let next = server.get(&format!("{path}&cursor={cursor}")).await;
        pages.push(next);
    }
    pages
}

/// Returns the entries of all pages, in order.
fn entries(pages: &[Value]) -> Vec<Value> {
    pages.iter().flat_map(|page| page["data"].as_array().unwrap().clone()).collect()
}

#[tokio::test]
async fn one_member_is_added_once() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    let added = server.post("chatgroups/birds/users/Ann", json!({})).await;
    assert_eq!(added["data"], json!({"groupid": "birds", "action": "add_member", "result": true, "user": "ann"}));
    let again = server.refused("POST", "chatgroups/birds/users/ann", json!({})).await;
    let text = "can not join this group, reason:user: ann already in group: birds";
    assert_eq!(again, refusal(403, "forbidden_op", text));
    let unknown = server.refused("POST", "chatgroups/nope/users/ann", json!({})).await;
    assert_eq!(unknown, refusal(404, "resource_not_found", "grpID nope does not exist!"));
    let two = server.refused("POST", "chatgroups/birds/users/eve,dan", json!({})).await;
    assert_eq!(two, refusal(400, "illegal_argument", "usernames must be one user"));
    assert_eq!(server.shown("birds").await["affiliations_count"], 2);
}

#[tokio::test]
async fn of_many_those_are_named_who_came() {
    let server = Server::start().await;
    server.group("birds", &["ann"]).await;
    let add =
        async |users: Value| server.post("chatgroups/birds/users", json!({"usernames": users})).await["data"].clone();
    let came = json!({"groupid": "birds", "action": "add_member", "newmembers": ["bob", "cat"]});
    assert_eq!(add(json!(["cat", "ann", "Bob", "cat"])).await, came);
    let refused =
        async |users: Value| server.refused("POST", "chatgroups/birds/users", json!({"usernames": users})).await;
    let all = "can not join this group, reason:user: ann,bob already in group: birds";
    assert_eq!(refused(json!(["bob", "ann"])).await, refusal(403, "forbidden_op", all));
    assert_eq!(refused(json!([])).await, refusal(400, "illegal_argument", "usernames must have 1 to 60 entries"));
    let too_many = refusal(403, "exceed_limit", "members size is greater than max user size !");
    assert_eq!(refused(json!(names(MAX_MEMBERS_AT_ONCE + 1))).await, too_many);
    add(json!(names(MAX_MEMBERS_AT_ONCE))).await;
    assert_eq!(server.shown("birds").await["affiliations_count"], 64);
}

#[tokio::test]
async fn a_key_makes_a_repeated_joining_safe() {
    let server = Server::start().await;
    server.group("birds", &["ann"]).await;
    server.stack.clock.advance(Duration::from_millis(1));
    for (path, body) in [
        ("chatgroups/birds/users", json!({"usernames": ["ann", "bob"]}).to_string()),
        ("chatgroups/birds/users/cat", String::new()),
    ] {
        let call = async || {
            let headers = [("idempotency-key", "k1")];
            server.stack.call_with("POST", &server.app.path(path), &server.app.token, &headers, body.clone()).await
        };
        server.stack.groups.faults.lose_answer_of("add_members", 1);
        assert_eq!(call().await.0, 503, "{path}");
        server.stack.clock.advance(Duration::from_secs(40));
        let (status, first) = call().await;
        assert_eq!(status, 200, "{first}");
        assert_eq!(call().await.1["data"], first["data"]);
        if path.ends_with("users") {
            assert_eq!(first["data"]["newmembers"], json!(["bob"]));
        }
    }
    assert_eq!(server.shown("birds").await["affiliations_count"], 4);
}

#[tokio::test]
async fn a_full_group_takes_nobody_until_it_may_have_more() {
    let server = Server::start().await;
    let full = refusal(403, "exceed_limit", "members size is greater than max user size !");
    let body = |most: u32| json!({"groupid": "g", "owner": "boss", "members": ["ann", "bob"], "maxusers": most});
    assert_eq!(server.refused("POST", "chatgroups", body(2)).await, full);
    server.post("chatgroups", body(3)).await;
    assert_eq!(server.refused("POST", "chatgroups/g/users/cat", json!({})).await, full);
    let two = json!({"usernames": ["cat", "dan"]});
    assert_eq!(server.refused("POST", "chatgroups/g/users", two.clone()).await, full);
    server.ok("PUT", "chatgroups/g", json!({"maxusers": 4})).await;
    assert_eq!(server.refused("POST", "chatgroups/g/users", two).await, full);
    server.post("chatgroups/g/users/cat", json!({})).await;
    assert_eq!(server.shown("g").await["affiliations_count"], 4);
}

#[tokio::test]
async fn of_several_who_are_removed_each_has_a_result_by_the_name_that_was_sent() {
    let server = Server::start().await;
    server.group("birds", &["ann", "bob", "cat"]).await;
    let removed = server.ok("DELETE", "chatgroups/birds/users/ann,randomMember3,Bob", json!({})).await;
    let reason = "user: randomMember3 doesn't exist in group: birds";
    assert_eq!(
        removed["data"],
        json!([
            {"groupid": "birds", "action": "remove_member", "user": "ann", "result": true},
            {"groupid": "birds", "action": "remove_member", "user": "randomMember3", "result": false, "reason": reason},
            {"groupid": "birds", "action": "remove_member", "user": "Bob", "result": true},
        ])
    );
    let one = server.ok("DELETE", "chatgroups/birds/users/Cat", json!({})).await;
    assert_eq!(one["data"], json!({"groupid": "birds", "action": "remove_member", "user": "Cat", "result": true}));
    assert_eq!(server.shown("birds").await["affiliations"], json!([{"owner": "boss"}]));
}

#[tokio::test]
async fn whoever_is_no_member_or_is_the_owner_cannot_be_removed() {
    let server = Server::start().await;
    server.group("birds", &["ann"]).await;
    let remove =
        async |users: &str| server.refused("DELETE", &format!("chatgroups/birds/users/{users}"), json!({})).await;
    let no_members =
        |named: &str| refusal(403, "forbidden_op", format!("users [{named}] are not members of this group!"));
    assert_eq!(remove("eve").await, no_members("eve"));
    assert_eq!(remove("eve,dan").await, no_members("eve,dan"));
    let owner = refusal(403, "forbidden_op", "forbidden operation on group owner!");
    assert_eq!(remove("boss").await, owner);
    assert_eq!(remove("ann,boss").await, owner);
    assert_eq!(server.shown("birds").await["affiliations_count"], 2);
    let many = names(MAX_MEMBERS_AT_ONCE + 1).join(",");
    let text = "kickMember: kickMembers number more than maxSize : 60";
    assert_eq!(remove(&many).await, refusal(400, "invalid_parameter", text));
    let unknown = server.refused("DELETE", "chatgroups/nope/users/ann", json!({})).await;
    assert_eq!(unknown, refusal(404, "resource_not_found", "grpID nope does not exist!"));
}

#[tokio::test]
async fn names_come_without_the_owner_in_pages_of_any_size() {
    let server = Server::start().await;
    // The owner's name sorts first, last, or between the others.
    for owner in ["a", "m001x", "z"] {
        let id = format!("of-{owner}");
        server.post("chatgroups", json!({"groupid": id, "owner": owner, "members": names(7)})).await;
        for size in [1, 2, 3, 6, 7, 8] {
            for sort in ["", "&sort=asc"] {
                let pages = pages(&server, &format!("chatgroups/{id}/users?version=v3&limit={size}{sort}")).await;
                assert_eq!(json!(entries(&pages)), json!(names(7)), "{owner}, pages of {size} {sort}");
                assert_eq!(pages.len(), 7_usize.div_ceil(size), "{owner}, pages of {size} {sort}");
            }
        }
    }
    server.post("chatgroups", json!({"groupid": "alone", "owner": "boss"})).await;
    let alone = server.get("chatgroups/alone/users?version=v3&limit=1").await;
    assert_eq!((&alone["data"], &alone["count"], alone.get("cursor")), (&json!([]), &json!(0), None));
}

#[tokio::test]
async fn names_come_in_the_order_of_their_joining() {
    let server = Server::start().await;
    server.group("birds", &["mia", "leo"]).await;
    for name in ["zoe", "ann", "kim"] {
        server.stack.clock.advance(Duration::from_millis(1));
        server.post(&format!("chatgroups/birds/users/{name}"), json!({})).await;
    }
    let sorted = async |sort: &str| {
        json!(entries(&pages(&server, &format!("chatgroups/birds/users?version=v3&limit=2&sort={sort}")).await))
    };
    assert_eq!(sorted("asc").await, json!(["leo", "mia", "zoe", "ann", "kim"]));
    assert_eq!(sorted("desc").await, json!(["kim", "ann", "zoe", "mia", "leo"]));
    // The next request sees every change, also in the middle of the pages.
    let first = server.get("chatgroups/birds/users?version=v3&limit=2&sort=asc").await;
    server.stack.clock.advance(Duration::from_millis(1));
    server.ok("DELETE", "chatgroups/birds/users/zoe,mia", json!({})).await;
    server.post("chatgroups/birds/users/eve", json!({})).await;
    let cursor = first["cursor"].as_str().unwrap();
    let rest = server.get(&format!("chatgroups/birds/users?version=v3&limit=9&sort=asc&cursor={cursor}")).await;
    assert_eq!(rest["data"], json!(["ann", "kim", "eve"]));
    assert_eq!(sorted("asc").await, json!(["leo", "ann", "kim", "eve"]));
}

#[tokio::test]
async fn a_group_is_read_whole_once_for_all_pages_of_it() {
    let server = Server::start().await;
    server.post("chatgroups", json!({"groupid": "g", "owner": "boss", "members": names(40)})).await;
    // A second read of all members would fail.
    server.get("chatgroups/g/users?pagenum=1&pagesize=5").await;
    server.stack.groups.faults.fail_next_of("all_members", 1);
    for page in 2..=9 {
        server.get(&format!("chatgroups/g/users?pagenum={page}&pagesize=5")).await;
    }
    assert_eq!(pages(&server, "chatgroups/g/users?version=v3&limit=5&sort=desc").await.len(), 8);
    server.ok("DELETE", "chatgroups/g/users/m000", json!({})).await;
    assert_eq!(server.refused("GET", "chatgroups/g/users", json!({})).await.0, 503);
    assert_eq!(server.get("chatgroups/g/users").await["count"], 40);
}

#[tokio::test]
async fn a_large_group_is_listed_in_the_order_of_its_rows_alone() {
    let server = Server::start().await;
    server.group("birds", &[]).await;
    let (groups, app, id) = (&server.stack.groups, &server.app.key, GroupId::parse("birds").unwrap());
    let names: Vec<UserId> = (1..MAX_SORTED_MEMBERS).map(|number| sample::user(&format!("u{number:05}"))).collect();
    groups.add_members(app, &id, &names, server.stack.clock.now()).await.unwrap();
    assert_eq!(server.get("chatgroups/birds/users?pagesize=5").await["count"], 5);
    groups.add_members(app, &id, &[sample::user("one-more")], server.stack.clock.now()).await.unwrap();
    let text = "a group of more than 10000 members is listed by version=v3 with limit and cursor, without sort";
    for query in ["pagenum=1", "pagesize=5&sort=desc", "version=v3&sort=asc", "version=v3&sort=desc&limit=1"] {
        let refused = server.refused("GET", &format!("chatgroups/birds/users?{query}"), json!({})).await;
        assert_eq!(refused, refusal(400, "illegal_argument", text), "{query}");
    }
    let listed = entries(&pages(&server, "chatgroups/birds/users?version=v3&limit=1000").await);
    assert_eq!(listed.len(), names.len() + 1);
}

#[tokio::test]
async fn pages_have_the_owner_first_and_say_how_many_rows_they_have() {
    let server = Server::start().await;
    server.group("birds", &["ann", "bob"]).await;
    server.stack.clock.advance(Duration::from_millis(1));
    server.post("chatgroups/birds/users/abe", json!({})).await;
    let page = async |query: &str| server.get(&format!("chatgroups/birds/users?{query}")).await;
    let first = page("pagenum=1&pagesize=2&sort=asc").await;
    assert_eq!(first["data"], json!([{"owner": "boss"}, {"member": "ann"}]));
    assert_eq!((&first["count"], &first["params"]), (&json!(2), &json!({"pagenum": ["1"], "pagesize": ["2"]})));
    let second = page("pagenum=2&pagesize=2").await;
    assert_eq!((&second["data"], &second["count"]), (&json!([{"member": "bob"}, {"member": "abe"}]), &json!(2)));
    let third = page("pagenum=3&pagesize=2").await;
    assert_eq!((&third["data"], &third["count"]), (&json!([]), &json!(0)));
    let last_first = page("sort=desc").await;
    assert_eq!(last_first["data"], json!([{"owner": "boss"}, {"member": "abe"}, {"member": "bob"}, {"member": "ann"}]));
    assert_eq!(page("pagesize=5000").await["params"]["pagesize"], json!(["1000"]));
    for (query, text) in [
        ("pagenum=0", "pagenum must be a whole number of 1 to 1000000000"),
        ("pagesize=x", "pagesize must be a whole number of 1 to 1000000000"),
        ("sort=up", "sort must be one of: asc, desc"),
        ("version=v2", "version must be v3"),
        ("limit=5", "version must be v3 where limit or cursor is given"),
        ("version=v3&limit=0", "limit must be a whole number of 1 to 1000000000"),
        ("version=v3&sort=asc&cursor=x", "cursor must be the cursor of the page before"),
    ] {
        let refused = server.refused("GET", &format!("chatgroups/birds/users?{query}"), json!({})).await;
        assert_eq!(refused, refusal(400, "illegal_argument", text), "{query}");
    }
    assert_eq!(server.refused("GET", "chatgroups/nope/users", json!({})).await.0, 404);
}

#[tokio::test]
async fn the_groups_of_an_app_come_newest_first_over_months() {
    let server = Server::start().await;
    assert_eq!(server.get("chatgroups").await["data"], json!([]));
    let mut ids = Vec::new();
    for number in 0..13 {
        let id = format!("g{number:02}");
        server.stack.clock.advance(Duration::from_secs(4 * 86_400));
        server.group(&id, &["ann"]).await;
        ids.insert(0, id);
    }
    for size in [1, 4, 13, 1_000_000] {
        let pages = pages(&server, &format!("chatgroups?limit={size}")).await;
        let listed = entries(&pages);
        let found: Vec<&str> = listed.iter().map(|group| group["groupid"].as_str().unwrap()).collect();
        assert_eq!(found, ids, "pages of {size}");
        assert_eq!(
            listed[0],
            json!({"groupid": "g12", "groupname": "g12", "owner": "boss", "affiliations": 2, "type": "group"})
        );
    }
    let first = server.get("chatgroups").await;
    assert_eq!((first["data"].as_array().unwrap().len(), first["cursor"].is_string()), (10, true));
    server.ok("DELETE", "chatgroups/g11", json!({})).await;
    assert_eq!(server.get("chatgroups?limit=2").await["data"][1]["groupid"], "g10");
    for query in ["limit=0", "cursor=x", "cursor=1.a b"] {
        let path = format!("chatgroups?{}", query.replace(' ', "%20"));
        assert_eq!(server.refused("GET", &path, json!({})).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_user_finds_the_groups_that_were_joined_last_first() {
    let server = Server::start().await;
    for number in 0..12 {
        server.stack.clock.advance(Duration::from_millis(1));
        server
            .post("chatgroups", json!({"groupid": format!("g{number:02}"), "owner": "boss", "members": ["ann"]}))
            .await;
    }
    server.stack.clock.advance(Duration::from_millis(1));
    server.ok("DELETE", "chatgroups/g03/users/ann", json!({})).await;
    server.post("chatgroups/g03/users/ann", json!({})).await;
    server.ok("PUT", "chatgroups/g11", json!({"name": "renamed"})).await;
    let joined = async |query: &str| server.get(&format!("users/Ann/joined_chatgroups{query}")).await;
    let all = joined("").await;
    let ids = |answer: &Value| -> Vec<String> {
        answer["data"].as_array().unwrap().iter().map(|group| group["groupid"].as_str().unwrap().to_owned()).collect()
    };
    let expected = ["g03", "g11", "g10", "g09", "g08", "g07", "g06", "g05", "g04", "g02", "g01", "g00"];
    assert_eq!(ids(&all), expected);
    assert_eq!(all["data"][1], json!({"groupid": "g11", "groupname": "renamed"}));
    assert_eq!(ids(&joined("?pagenum=1&pagesize=5").await), expected[..5]);
    assert_eq!(ids(&joined("?pagenum=3&pagesize=5").await), expected[10..]);
    assert_eq!(joined("?pagenum=2").await["params"], json!({"pagenum": ["2"], "pagesize": ["10"]}));
    assert_eq!(joined("?pagenum=4&pagesize=5").await["data"], json!([]));
    assert_eq!(server.get("users/nobody/joined_chatgroups").await["data"], json!([]));
    assert_eq!(server.refused("GET", "users/ann/joined_chatgroups?pagenum=0", json!({})).await.0, 400);
}

#[tokio::test]
async fn it_is_told_whether_somebody_is_a_member() {
    let server = Server::start().await;
    server.group("birds", &["ann"]).await;
    let is = async |who: &str| server.get(&format!("chatgroups/{who}/is_joined")).await["data"].clone();
    for (who, joined) in
        [("birds/user/Ann", true), ("birds/user/boss", true), ("birds/user/eve", false), ("nope/user/ann", false)]
    {
        assert_eq!(is(who).await, joined, "{who}");
    }
    server.ok("DELETE", "chatgroups/birds/users/ann", json!({})).await;
    assert_eq!(is("birds/user/ann").await, false);
}

#[tokio::test]
async fn an_erased_user_is_in_no_group_at_once_and_owns_none_soon() {
    let server = Server::start().await;
    server.group("birds", &["ann", "bob"]).await;
    server.post("chatgroups", json!({"groupid": "anns", "owner": "ann", "members": ["bob"]})).await;
    server.post("chatgroups/birds/admin", json!({"newadmin": "ann"})).await;
    server.stack.report(&server.app, "ann", "phone", "s1", "online").await;
    server.ok("DELETE", "users/ann", json!({})).await;
    assert_eq!(server.get("users/ann/joined_chatgroups").await["data"], json!([]));
    assert_eq!(server.get("chatgroups/birds/user/ann/is_joined").await["data"], false);
    while server.stack.erase_step().await {}
    assert_eq!(server.shown("birds").await["affiliations"], json!([{"owner": "boss"}, {"member": "bob"}]));
    assert_eq!(server.get("chatgroups/birds/admin").await["data"], json!([]));
    assert_eq!(server.refused("GET", "chatgroups/anns", json!({})).await.0, 404);
    // The next user of the name is a member only of the groups that this user joins.
    server.stack.clock.advance(Duration::from_secs(1));
    server.post("chatgroups/birds/users/ann", json!({})).await;
    assert_eq!(server.get("chatgroups/birds/user/ann/is_joined").await["data"], true);
}

#[tokio::test]
async fn whoever_has_the_name_of_an_erased_user_joins_at_once_and_stays() {
    let server = Server::start().await;
    server.group("birds", &["ann", "bob"]).await;
    server.stack.report(&server.app, "ann", "phone", "s1", "online").await;
    server.stack.clock.advance(Duration::from_millis(1));
    server.ok("DELETE", "users/ann", json!({})).await;
    server.stack.clock.advance(Duration::from_millis(1));
    server.post("users", json!({"username": "ann", "password": "new"})).await;
    // Before the sweep the erased member's row is still stored. It makes nobody owner or administrator.
    let absent = refusal(403, "forbidden_op", "user: ann doesn't exist in group: birds");
    assert_eq!(server.refused("POST", "chatgroups/birds/admin", json!({"newadmin": "ann"})).await, absent);
    assert_eq!(server.refused("PUT", "chatgroups/birds", json!({"newowner": "ann"})).await, absent);
    let came = server.post("chatgroups/birds/users", json!({"usernames": ["ann", "bob", "cid"]})).await;
    assert_eq!(came["data"]["newmembers"], json!(["ann", "cid"]));
    assert_eq!(server.refused("POST", "chatgroups/birds/users/ann", json!({})).await.0, 403);
    server.post("chatgroups/birds/admin", json!({"newadmin": "ann"})).await;
    server.stack.drain().await;
    assert_eq!(server.get("chatgroups/birds/user/ann/is_joined").await["data"], true);
    assert_eq!(server.get("chatgroups/birds/admin").await["data"], json!(["ann"]));
    assert_eq!(server.shown("birds").await["affiliations_count"], 4);
}
