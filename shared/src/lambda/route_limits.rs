//! Limits of routes: the size of a body, and the calls a second for one app.
//!
//! Rates are those of the reference API, where it documents them. Source: Easemob, "API call limits".

use axum::http::Method;

use super::error::ApiError;

const KB: usize = 1024;

/// Maximum bytes of a body on a route without a limit of its own.
const SMALL: usize = 16 * KB;

/// Limits of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteLimits {
    /// maximum bytes of a body; enough for its fields when every character is escaped
    pub max_body_bytes: usize,
    /// the class of calls that share its rate
    pub class: RateClass,
}

/// Calls that share a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateClass {
    /// access tokens
    Tokens,
    /// bindings, clicks, nicknames, presence, users and their offline messages
    Users,
    /// notification modes and do-not-disturb
    Notification,
    /// preferred languages
    Language,
    /// the template that a user chose
    UserTemplate,
    /// an app's templates
    Templates,
    /// an app's push labels
    Labels,
    /// the users of push labels
    LabelUsers,
    /// messages to users
    UserMessages,
    /// messages to groups
    GroupMessages,
    /// messages to some members of a group
    DirectedMessages,
    /// messages to chat rooms
    RoomMessages,
    /// batches of messages
    Batches,
    /// statistics of up to 31 days each, and stored callbacks; each call takes many reads
    Statistics,
    /// a user's recent messages; each list takes several reads
    RecentMessages,
    /// instant pushes whose answer waits for the vendor
    SyncPushes,
    /// instant pushes to a user
    AsyncPushes,
    /// instant pushes to a list of users
    ListPushes,
    /// instant pushes to the users of a label
    LabelPushes,
    /// instant pushes to all users
    TaskPushes,
    /// broadcasts of stored pushes
    Broadcasts,
    /// pushes that are stored for broadcasts
    StoredPushes,
    /// everything else
    Other,
}

impl RateClass {
    /// All classes.
    pub const ALL: [Self; 23] = [
        Self::Tokens,
        Self::Users,
        Self::Notification,
        Self::Language,
        Self::UserTemplate,
        Self::Templates,
        Self::Labels,
        Self::LabelUsers,
        Self::UserMessages,
        Self::GroupMessages,
        Self::DirectedMessages,
        Self::RoomMessages,
        Self::Batches,
        Self::Statistics,
        Self::RecentMessages,
        Self::SyncPushes,
        Self::AsyncPushes,
        Self::ListPushes,
        Self::LabelPushes,
        Self::TaskPushes,
        Self::Broadcasts,
        Self::StoredPushes,
        Self::Other,
    ];

    /// Returns the name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Users => "users",
            Self::Notification => "notification modes",
            Self::Language => "languages",
            Self::UserTemplate => "templates of users",
            Self::Templates => "templates of the app",
            Self::Labels => "push labels",
            Self::LabelUsers => "users of push labels",
            Self::UserMessages => "messages to users",
            Self::GroupMessages => "messages to groups",
            Self::DirectedMessages => "messages to members",
            Self::RoomMessages => "messages to chat rooms",
            Self::Batches => "batches",
            Self::Statistics => "statistics",
            Self::RecentMessages => "recent messages",
            Self::SyncPushes => "synchronous pushes",
            Self::AsyncPushes => "asynchronous pushes",
            Self::ListPushes => "pushes to lists of users",
            Self::LabelPushes => "pushes to labels",
            Self::TaskPushes => "pushes to all users",
            Self::Broadcasts => "broadcasts",
            Self::StoredPushes => "stored pushes",
            Self::Other => "everything else",
        }
    }

    /// Returns the calls a second for one app.
    pub const fn per_second(self) -> u32 {
        match self {
            Self::Tokens => 300,
            Self::SyncPushes | Self::TaskPushes | Self::Broadcasts | Self::StoredPushes => 1,
            Self::Templates
            | Self::Labels
            | Self::Statistics
            | Self::RecentMessages
            | Self::ListPushes
            | Self::LabelPushes => 10,
            Self::GroupMessages => 20,
            Self::LabelUsers => 30,
            Self::Users
            | Self::Notification
            | Self::Language
            | Self::UserTemplate
            | Self::UserMessages
            | Self::DirectedMessages
            | Self::RoomMessages
            | Self::Batches
            | Self::AsyncPushes
            | Self::Other => 100,
        }
    }

    /// Returns the error of too many calls a second.
    pub fn refusal(self) -> ApiError {
        match self {
            Self::SyncPushes
            | Self::AsyncPushes
            | Self::ListPushes
            | Self::LabelPushes
            | Self::TaskPushes
            | Self::Broadcasts
            | Self::StoredPushes => ApiError::limit_request(),
            _ => ApiError::too_many_requests(),
        }
    }
}

/// Returns the limits of the route with this method and path pattern.
pub fn route_limits(method: &Method, path: &str) -> RouteLimits {
    let (max_body_bytes, class) = match path.strip_prefix("/{org}/{app}/").unwrap_or(path) {
        "token" => (SMALL, RateClass::Tokens),
        "users/{username}/push/binding" => (64 * KB, RateClass::Users),
        "users" | "push/nickname" => (128 * KB, RateClass::Users),
        "users/{username}/offline_messages/ack" => (64 * KB, RateClass::Users),
        "presence/events" => (KB * KB, RateClass::Users),
        "users/{username}"
        | "users/{username}/password"
        | "users/{username}/deactivate"
        | "users/{username}/activate"
        | "metadata/user/{username}"
        | "users/{username}/push/logout"
        | "users/{username}/push/clicked"
        | "users/{username}/status"
        | "users/batch/status"
        | "users/{username}/offline_messages"
        | "users/{username}/offline_msg_count"
        | "users/{username}/offline_msg_status/{msg_id}"
        | "presence/gateways/{gateway}"
        | "users/{username}/resources"
        | "users/{username}/disconnect"
        | "users/{username}/disconnect/{resource}" => (SMALL, RateClass::Users),
        "users/{username}/notification/language" => (SMALL, RateClass::Language),
        "users/{username}/notification/template" => (SMALL, RateClass::UserTemplate),
        "users/{username}/notification/{chattype}/{key}" => (SMALL, RateClass::Notification),
        "notification/template" | "notification/template/{name}" => (64 * KB, RateClass::Templates),
        "push/label" | "push/label/{name}" => (SMALL, RateClass::Labels),
        "push/label/{name}/user" => (64 * KB, RateClass::LabelUsers),
        "push/label/{name}/user/{username}" => (SMALL, RateClass::LabelUsers),
        "messages" | "messages/users" => (256 * KB, RateClass::UserMessages),
        "messages/chatgroups" => (256 * KB, RateClass::GroupMessages),
        "messages/chatgroups/users" => (256 * KB, RateClass::DirectedMessages),
        "messages/chatrooms" | "messages/chatrooms/users" | "messages/chatrooms/broadcast" => {
            (256 * KB, RateClass::RoomMessages)
        }
        "messages/batch" => (4 * KB * KB, RateClass::Batches),
        "push/sync/{username}" => (64 * KB, RateClass::SyncPushes),
        "push/async/{username}" => (64 * KB, RateClass::AsyncPushes),
        "push/single" => (128 * KB, RateClass::ListPushes),
        "push/list/label" => (64 * KB, RateClass::LabelPushes),
        // Lists of tasks have the rate of other reads.
        "push/task" if *method == Method::POST => (64 * KB, RateClass::TaskPushes),
        "push/task/broadcast" => (64 * KB, RateClass::Broadcasts),
        "push/message" => (64 * KB, RateClass::StoredPushes),
        "messages/recall" => (64 * KB, RateClass::Other),
        "push/explain" => (256 * KB, RateClass::Other),
        "push/stats"
        | "push/data/offline-push/begin/{begin}/end/{end}"
        | "callbacks/storage/info"
        | "callbacks/storage/retry" => (SMALL, RateClass::Statistics),
        "users/{username}/messages" => (SMALL, RateClass::RecentMessages),
        "notifiers" | "notifiers/{name}" | "chatgroups" | "chatgroups/{group}" => (128 * KB, RateClass::Other),
        "notifiers/{name}/test" | "chatgroups/{group}/users" => (64 * KB, RateClass::Other),
        "/push/report/{vendor}/{secret}" => (KB * KB, RateClass::Other),
        _ => (SMALL, RateClass::Other),
    };
    match *method {
        // The only DELETE with a body: it names users, as the POST does.
        Method::DELETE if path.ends_with("/push/label/{name}/user") => RouteLimits { max_body_bytes, class },
        Method::GET | Method::DELETE => RouteLimits { max_body_bytes: SMALL, class },
        _ => RouteLimits { max_body_bytes, class },
    }
}
