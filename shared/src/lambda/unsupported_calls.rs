//! Easemob's calls that Curlew does not have. Each is answered with what to do instead, so that a team that migrates
//! reads it in its own log. The ids are those of `docs/easemob-calls.md`.

use axum::http::Method;

use super::error::ApiError;

/// Calls that are unsupported for one reason.
#[derive(Debug)]
pub struct UnsupportedCalls {
    /// what the calls do
    pub what: &'static str,
    /// what to do instead
    pub instead: &'static str,
    /// the calls
    pub calls: &'static [UnsupportedCall],
}

/// One call of the reference API.
#[derive(Debug)]
pub struct UnsupportedCall {
    /// its id in `docs/easemob-calls.md`
    pub id: &'static str,
    /// its method, or `ANY`
    pub method: &'static str,
    /// its path after org and app: `{name}` is one segment, `{+}` at the end is one or more
    pub path: &'static str,
}

const fn call(id: &'static str, method: &'static str, path: &'static str) -> UnsupportedCall {
    UnsupportedCall { id, method, path }
}

/// All unsupported calls. If two match, the first counts.
pub const UNSUPPORTED_CALLS: &[UnsupportedCalls] = &[
    UnsupportedCalls {
        what: "changing sent messages",
        instead: "send a custom or cmd message that names the changed one",
        calls: &[call("N3", "PUT", "messages/rewrite/{msg_id}")],
    },
    UnsupportedCalls {
        what: "importing messages",
        instead: "send new messages by POST /messages/users; earlier ones are never pushed",
        calls: &[call("N4", "POST", "messages/users/import")],
    },
    UnsupportedCalls {
        what: "importing messages",
        instead: "send new messages by POST /messages/chatgroups; earlier ones are never pushed",
        calls: &[call("N5", "POST", "messages/chatgroups/import")],
    },
    UnsupportedCalls {
        what: "the message history",
        instead: "GET /users/{username}/offline_messages shows what waits for a user",
        calls: &[call("N6", "GET", "chatmessages/{hour}")],
    },
    UnsupportedCalls {
        what: "roaming messages",
        instead: "DELETE /users/{username} erases a user with all messages",
        calls: &[call("N7", "POST", "rest/message/roaming/user/{username}/delete/all")],
    },
    UnsupportedCalls {
        what: "roaming messages",
        instead: "POST /users/{username}/offline_messages/ack ends that messages wait",
        calls: &[
            call("N8", "DELETE", "rest/message/roaming/chat/user/{username}/time"),
            call("N9", "DELETE", "rest/message/roaming/group/user/{username}/time"),
        ],
    },
    UnsupportedCalls {
        what: "the list of conversations",
        instead: "keep it in your app or your own server",
        calls: &[call("N10", "DELETE", "users/{username}/user_channel")],
    },
    UnsupportedCalls {
        what: "reading attributes of users",
        instead: "PUT /metadata/user/{username} is accepted and nothing of it kept; keep attributes in your own server",
        calls: &[
            call("N13", "GET", "metadata/user/capacity"),
            call("N11", "GET", "metadata/user/{username}"),
            call("N12", "POST", "metadata/user/get"),
        ],
    },
    UnsupportedCalls {
        what: "the contact list",
        instead: "keep it in your own server; a message is pushed whether or not its users are contacts",
        calls: &[
            call("N14", "POST", "users/{username}/contacts/users/{contact}"),
            call("N15", "DELETE", "users/{username}/contacts/users/{contact}"),
            call("N16", "GET", "users/{username}/contacts/users"),
            call("N17", "GET", "user/{username}/contacts"),
            call("N18", "PUT", "user/{username}/contacts/users/{contact}"),
        ],
    },
    UnsupportedCalls {
        what: "blocking users",
        instead: "do not send what the receiver blocks, or silence it by PUT /users/{username}/notification/user/{key}",
        calls: &[
            call("N19", "GET", "users/{username}/blocks/users"),
            call("N20", "POST", "users/{username}/blocks/users"),
            call("N21", "DELETE", "users/{username}/blocks/users/{blocked}"),
        ],
    },
    UnsupportedCalls {
        what: "blocking users of a group",
        instead: "remove them by DELETE /chatgroups/{group}/users/{username}, and do not add them again",
        calls: &[
            call("N22", "GET", "chatgroups/{group}/blocks/users"),
            call("N23", "POST", "chatgroups/{group}/blocks/users/{username}"),
            call("N24", "DELETE", "chatgroups/{group}/blocks/users/{username}"),
        ],
    },
    UnsupportedCalls {
        what: "muting members of a group",
        instead: "do not send what a muted member writes",
        calls: &[
            call("N25", "GET", "chatgroups/{group}/mute"),
            call("N26", "POST", "chatgroups/{group}/mute"),
            call("N27", "DELETE", "chatgroups/{group}/mute/{username}"),
        ],
    },
    UnsupportedCalls {
        what: "muting a whole group",
        instead: "do not send what its members write",
        calls: &[call("N28", "POST", "chatgroups/{group}/ban"), call("N29", "DELETE", "chatgroups/{group}/ban")],
    },
    UnsupportedCalls {
        what: "presence of the user's own words",
        instead: "report connections by POST /presence/events",
        calls: &[call("N30", "POST", "users/{username}/presence/{resource}/{status}")],
    },
    UnsupportedCalls {
        what: "subscribing to presence",
        instead: "ask by POST /users/batch/status",
        calls: &[
            call("N31", "POST", "users/{username}/presence"),
            call("N32", "DELETE", "users/{username}/presence"),
            call("N33", "POST", "users/{username}/presence/{seconds}"),
            call("N34", "GET", "users/{username}/presence/sublist"),
        ],
    },
    UnsupportedCalls {
        what: "counting who is online in a group",
        instead: "ask by POST /users/batch/status",
        calls: &[call("N35", "GET", "presence/online/{group}/type/{type}")],
    },
    UnsupportedCalls {
        what: "chat rooms",
        instead: "they never push; POST /messages/chatrooms accepts their messages without rooms",
        calls: &[
            call("N36", "ANY", "chatrooms"),
            call("N36", "ANY", "chatrooms/{+}"),
            call("N37", "GET", "users/{username}/joined_chatrooms"),
        ],
    },
    UnsupportedCalls {
        what: "this form of messages to chat rooms",
        instead: "they never push; POST /messages/chatrooms accepts their messages",
        calls: &[call("N38", "POST", "chatroom/{room}/messages")],
    },
    UnsupportedCalls {
        what: "attributes of chat rooms",
        instead: "keep them in your own server",
        calls: &[call("N39", "ANY", "metadata/chatroom/{+}")],
    },
    UnsupportedCalls {
        what: "attributes of members of a group",
        instead: "keep them in your own server",
        calls: &[call("N40", "ANY", "metadata/chatgroup/{+}")],
    },
    UnsupportedCalls {
        what: "muting users",
        instead: "do not send what a muted user writes",
        calls: &[call("N41", "ANY", "mutes"), call("N41", "ANY", "mutes/{+}")],
    },
    UnsupportedCalls {
        what: "moderation",
        instead: "look at messages before you send them",
        calls: &[call("N42", "ANY", "moderation/{+}"), call("N42", "ANY", "moderationfiles/{+}")],
    },
    UnsupportedCalls {
        what: "files of messages",
        instead: "keep them in a store of your own, and send their url",
        calls: &[call("N43", "ANY", "chatfiles"), call("N43", "ANY", "chatfiles/{+}")],
    },
    UnsupportedCalls {
        what: "deleting all users in one call",
        instead: "DELETE /users/{username} erases one, DELETE /management/apps/{org}/{app} the app",
        calls: &[call("U6", "DELETE", "users")],
    },
];

/// Returns the refusal of a call that Easemob has and Curlew does not, or `None` for any other call.
pub fn unsupported_calls(method: &Method, path: &str) -> Option<ApiError> {
    // The first three parts are empty, org and app.
    let path: Vec<&str> = path.split('/').skip(3).collect();
    let fits = |call: &UnsupportedCall| {
        (call.method == "ANY" || call.method == method.as_str()) && matches(call.path.split('/'), path.iter().copied())
    };
    let found = UNSUPPORTED_CALLS.iter().find(|area| area.calls.iter().any(fits))?;
    Some(ApiError::not_found(format!("Curlew does not have this call ({}): {}", found.what, found.instead)))
}

/// Returns whether a path matches a pattern.
fn matches<'a>(mut pattern: impl Iterator<Item = &'a str>, mut path: impl Iterator<Item = &'a str>) -> bool {
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(_), Some("")) => return false,
            (Some("{+}"), Some(_)) => return true,
            (Some(name), Some(_)) if name.starts_with('{') => {}
            (Some(fixed), Some(segment)) if fixed == segment => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(method: &str, path: &str) -> Option<String> {
        let refused = unsupported_calls(&Method::from_bytes(method.as_bytes()).unwrap(), path)?;
        Some(refused.summary()["error_description"].as_str().unwrap().to_owned())
    }

    #[test]
    fn a_missing_call_is_refused_with_what_to_do_instead() {
        let text = said("DELETE", "/acme/chat/users/ann/blocks/users/bob").unwrap();
        assert!(text.starts_with("Curlew does not have this call (blocking users): do not send"), "{text}");
        assert!(said("PATCH", "/acme/chat/chatrooms/r1/users/ann").unwrap().contains("POST /messages/chatrooms"));
    }

    #[test]
    fn every_other_call_is_simply_unknown() {
        for (method, path) in [
            ("GET", "/acme/chat/messages/rewrite/1"),
            ("PUT", "/acme/chat/messages/rewrite/1/more"),
            ("PUT", "/acme/chat/rewrite/1"),
            ("PUT", "/messages/rewrite/1"),
            ("GET", "/acme/chat/users//blocks/users"),
            ("GET", "/acme/chat/chatrooms/"),
            ("GET", "/"),
        ] {
            assert_eq!(said(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn no_call_stands_behind_one_that_fits_it_as_well() {
        let calls: Vec<&UnsupportedCall> = UNSUPPORTED_CALLS.iter().flat_map(|area| area.calls).collect();
        for (place, call) in calls.iter().enumerate() {
            let same = |earlier: &&&UnsupportedCall| {
                earlier.method == call.method && matches(earlier.path.split('/'), call.path.split('/'))
            };
            let earlier = calls[..place].iter().find(same);
            assert!(earlier.is_none(), "{} stands behind {}", call.id, earlier.map_or("", |call| call.id));
        }
    }
}
