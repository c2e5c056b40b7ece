//! HTTP function `configure-user`: who the users are, how they are shown, and when they are disturbed.
//!
//! | route | does |
//! |---|---|
//! | `POST /{org}/{app}/users` | creates one user or up to 60 |
//! | `GET /{org}/{app}/users` | lists users |
//! | `GET`, `PUT /{org}/{app}/users/{username}` | shows a user; sets nickname, display style, time zone |
//! | `DELETE /{org}/{app}/users/{username}` | erases a user |
//! | `PUT /{org}/{app}/users/{username}/password` | changes nothing |
//! | `PUT`, `DELETE /{org}/{app}/metadata/user/{username}` | changes nothing |
//! | `PUT /{org}/{app}/push/nickname` | sets the nicknames of many users |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/{chattype}/{key}` | mode and do-not-disturb, of the whole app or of one conversation |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/language` | the preferred language |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/template` | the chosen template |
//!
//! A refused value changes nothing. Every call may be repeated, the creation of users under an idempotency key; a repeated silence for
//! a while begins anew.

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
