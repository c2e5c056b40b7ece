//! HTTP function `ingest-message`: accepts messages from the IM server.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/messages` | one message in the old form, to users, groups or chat rooms |
//! | `POST /{org}/{app}/messages/users` | one message to up to 600 users |
//! | `POST /{org}/{app}/messages/chatgroups` | one message to up to 3 groups |
//! | `POST /{org}/{app}/messages/chatgroups/users` | one message to up to 20 members of a group |
//! | `POST /{org}/{app}/messages/batch` | up to 100 messages to one user each |
//! | `POST /{org}/{app}/messages/chatrooms`, `.../chatrooms/users`, `.../chatrooms/broadcast` | ids for messages to chat rooms, which never push |
//! | `POST /{org}/{app}/push/sync/{user}` | an instant push; the answer is the vendor's |
//! | `POST /{org}/{app}/push/async/{user}`, `.../push/single` | an instant push to one user, or to up to 100 |
//! | `POST /{org}/{app}/push/task`, `.../push/list/label`, `.../push/task/broadcast` | a task: an instant push to all users, or to those of a label |
//! | `GET /{org}/{app}/push/task`, `GET/PUT .../push/task/{id}` | lists and shows tasks, pauses, resumes or cancels one |
//! | `POST /{org}/{app}/push/message`, `GET .../push/message/{id}` | stores a push for broadcasts, shows it |
//! | `POST /{org}/{app}/messages/recall`, `.../messages/msg_recall` | recalls messages |
//!
//! It first stores a message, then queues its decision, then answers. So every message whose id was answered is
//! decided, whatever fails in between. With an `Idempotency-Key` a repeated call gets the first ids again. A repeat of
//! an interrupted call continues with the same ids. After 30 s the messages that are not stored get new ids, because no
//! row is written under an older id.
//!
//! A task is stored with its content, then its first page is queued for check-presence, which walks the users. What is
//! stored and not queued is found by run-schedule.

mod accept;
mod batch;
mod config;
mod groups;
mod handler;
mod ids;
mod instant;
mod old_form;
mod recall;
mod rooms;
mod send;
mod stored;
mod sync;
mod task_changes;
mod tasks;

pub use batch::MAX_MESSAGES;
pub use config::Config;
pub use handler::{IngestMessage, router, routes};
pub use instant::MAX_TARGETS;
pub use rooms::MAX_ROOMS;
pub use task_changes::MAX_TASKS_LISTED;
pub use tasks::TaskPorts;
