//! Checks limits in the documents' sentences against the code.

use serde_json::{Value, json};
use shared::{
    domain::{
        ack::{MAX_ACKED, MAX_OF_GROUPS, MAX_ONE_TO_ONE},
        app::{MAX_PREVIOUS_SECRETS, Settings},
        group::{MAX_ADMINS, MAX_DIRECTED, MAX_GROUPS, MAX_MEMBERS_AT_ONCE, MAX_SHOWN_GROUPS},
        instant::{MAX_STORED_PUSHES, STORED_PUSH_RETENTION},
        line::{MAX_BODY_BYTES, MAX_TITLE_BYTES},
        message::{MAX_CONTENT_BYTES, MAX_PUSH_TTL, MAX_RECEIVERS, MIN_PUSH_TTL},
        notifier::MAX_NOTIFIERS,
        profile::MAX_CONVERSATIONS,
        push_label::{MAX_LABELLED_AT_ONCE, MAX_LABELS},
        recall::MAX_RECALLED,
        task::{MAX_AHEAD, MAX_NEW_TASKS, MAX_OPEN_TASKS, MAX_TASK_LIFE, MIN_AHEAD, NEW_TASKS_WINDOW, TASK_RETENTION},
        template::MAX_TEMPLATES,
    },
    lambda::token::{DEFAULT_SUPPORT_TTL, DEFAULT_TTL, MAX_SUPPORT_TTL},
};
use vendors::notifier::options::MAX_OPTIONS_BYTES;

use super::read;

/// Returns the document in one line, because a sentence may be broken anywhere.
fn flat(document: &str) -> String {
    read(document).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn assert_says(document: &str, sentences: &[String]) {
    let text = flat(document);
    for sentence in sentences {
        assert!(text.contains(sentence), "{document} does not say: {sentence}");
    }
}

#[test]
fn the_guide_names_the_limits_of_the_code() {
    let day = 86_400;
    assert_says(
        "docs/api.md",
        &[
            format!("The newest {MAX_ONE_TO_ONE} one-to-one and {MAX_OF_GROUPS} group messages are kept"),
            format!("| `POST .../messages/users` | up to {MAX_RECEIVERS} users |"),
            format!("| {} different messages to one user each |", ingest_message::MAX_MESSAGES),
            format!("| a message, or up to {MAX_RECALLED}, that [is taken back]"),
            format!("| up to {MAX_GROUPS} groups |"),
            format!("| up to {MAX_DIRECTED} members of one group |"),
            format!("{} to {} s, says how late a push may be", MIN_PUSH_TTL.as_secs(), MAX_PUSH_TTL.as_secs()),
            format!("reports 1 to {} events", report_presence::MAX_EVENTS),
            format!("| 1 to {MAX_ACKED} messages were received |"),
            format!("a frame of at most {} KB", hold_connection::MAX_CLIENT_FRAME_BYTES / 1024),
            format!("in pages of up to {} KB", hold_connection::MAX_PAGE_BYTES / 1024),
            format!(
                "a title of more than {MAX_TITLE_BYTES} bytes and a text of more than {MAX_BODY_BYTES} bytes are cut"
            ),
            format!("have at most {MAX_OPTIONS_BYTES} bytes as compact JSON"),
            format!("a group has at most {MAX_ADMINS} admins"),
            format!("kickMembers number more than maxSize : {MAX_MEMBERS_AT_ONCE}"),
            format!("| app token | none | {} days |", DEFAULT_TTL.as_secs() / day),
            format!("a day; at most {} days |", MAX_SUPPORT_TTL.as_secs() / day),
            format!("\"ttl\":{}", DEFAULT_SUPPORT_TTL.as_secs()),
        ],
    );
    assert_eq!((DEFAULT_SUPPORT_TTL.as_secs(), MAX_PREVIOUS_SECRETS), (day, 3), "`a day`, `Three replaced secrets`");
}

#[test]
fn the_guide_shows_the_settings_of_an_app_with_their_defaults() {
    let text = read("docs/api.md");
    let section = text.split("## Settings of an app\n").nth(1).unwrap();
    let block = section.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(serde_json::from_str::<Value>(block).unwrap(), json!(Settings::default()));
}

#[test]
fn the_description_of_the_api_names_the_limits_of_the_code() {
    let day = 86_400;
    assert_says(
        "docs/openapi.yaml",
        &[
            format!("an app has at most {MAX_NOTIFIERS} notifiers"),
            format!("an app has at most {MAX_TEMPLATES} templates"),
            format!("limit request: an app has at most {MAX_LABELS} push labels"),
            format!("Give a push label to up to {MAX_LABELLED_AT_ONCE} users."),
            format!("limit request: usernames must have 1 to {MAX_LABELLED_AT_ONCE} entries"),
            format!("creates at most {MAX_NEW_TASKS} tasks in {} minutes", NEW_TASKS_WINDOW.as_secs() / 60),
            format!("an app with {MAX_OPEN_TASKS} tasks that have not ended"),
            format!("has not ended {} days after its start is cancelled", MAX_TASK_LIFE.as_secs() / day),
            format!("A task is shown for {} days after its end", TASK_RETENTION.as_secs() / day),
            format!(
                "When to start, {} hour to {} days from now",
                MIN_AHEAD.as_secs() / 3600,
                MAX_AHEAD.as_secs() / day
            ),
            format!("An app stores at most {MAX_STORED_PUSHES} pushes a day"),
            format!("kept for {} days", STORED_PUSH_RETENTION.as_secs() / day),
            format!("a user has settings for at most {MAX_CONVERSATIONS} conversations"),
            format!("a group has at most {MAX_ADMINS} admins"),
            format!("The newest {MAX_ONE_TO_ONE} one-to-one and {MAX_OF_GROUPS} group messages are kept"),
            format!("params to's size can't exceed limit {MAX_RECEIVERS}"),
            format!("push_ttl must be {} to {} seconds", MIN_PUSH_TTL.as_secs(), MAX_PUSH_TTL.as_secs()),
            format!("`body` and `ext` above {MAX_CONTENT_BYTES} bytes together"),
            format!(
                "names up to {MAX_RECEIVERS} users, {MAX_GROUPS} groups or {} chat rooms",
                ingest_message::MAX_ROOMS
            ),
            format!("Send up to {} different messages", ingest_message::MAX_MESSAGES),
            format!("Recall up to {MAX_RECALLED} messages."),
            format!("Show a group, or up to {MAX_SHOWN_GROUPS}."),
            format!("Add up to {MAX_MEMBERS_AT_ONCE} members."),
            format!("Create a user, or up to {}.", configure_user::MAX_NEW_USERS),
            format!("Set the push nicknames of up to {} users", configure_user::MAX_NICKNAMES),
            format!("Tell of 1 to {} users whether they are connected", report_presence::MAX_USERS),
            format!("it lists up to {} groups", manage_app::MAX_JOINED),
            format!("a group of more than {} members is listed by", manage_app::MAX_SORTED_MEMBERS),
            format!("app token of at most {} s", manage_app::MAX_APP_TTL.as_secs()),
            format!("support token of at most {} s", MAX_SUPPORT_TTL.as_secs()),
            format!("{MAX_ACKED} messages. A client acknowledges a page this way"),
        ],
    );
}
