//! HTTP function `configure-user`: creates users, and stores their names and notification settings.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/users` | creates one user or up to 60 |
//! | `GET /{org}/{app}/users` | lists users |
//! | `GET`, `PUT /{org}/{app}/users/{username}` | shows a user; sets nickname, display style, time zone |
//! | `DELETE /{org}/{app}/users/{username}` | erases a user |
//! | `PUT /{org}/{app}/users/{username}/password` | accepted, changes nothing |
//! | `PUT`, `DELETE /{org}/{app}/metadata/user/{username}` | accepted, changes nothing |
//! | `PUT /{org}/{app}/push/nickname` | sets the nicknames of many users |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/{chattype}/{key}` | mode and do-not-disturb, of the whole app or of one conversation |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/language` | the preferred language |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/template` | the chosen template |
//!
//! An invalid value changes nothing. Every call may be repeated, the creation of users with an idempotency key. A
//! repeated do-not-disturb with a duration starts again from the present time.

mod accounts;
mod change;
mod config;
mod directory;
mod erasure;
mod handler;
mod ignored;
mod nicknames;
mod notification;
mod preferences;
mod users;

pub use accounts::{CREATION_TIME, MAX_NEW_USERS};
pub use config::Config;
pub use directory::{DEFAULT_LISTED_USERS, MAX_LISTED_USERS};
pub use handler::{ConfigureUser, router, routes};
pub use nicknames::MAX_NICKNAMES;
