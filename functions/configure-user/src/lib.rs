//! HTTP function `configure-user`: how users are shown, and when they are disturbed.
//!
//! | route | does |
//! |---|---|
//! | `GET`, `PUT /{org}/{app}/users/{username}` | shows a user; sets nickname, display style, time zone |
//! | `DELETE /{org}/{app}/users/{username}` | erases a user |
//! | `PUT /{org}/{app}/push/nickname` | sets the nicknames of many users |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/{chattype}/{key}` | mode and do-not-disturb, of the whole app or of one conversation |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/language` | the preferred language |
//! | `GET`, `PUT /{org}/{app}/users/{username}/notification/template` | the chosen template |
//!
//! A refused value changes nothing. Every call may be repeated; a repeated silence for a while begins anew.

mod change;
mod config;
mod erasure;
mod handler;
mod nicknames;
mod notification;
mod preferences;
mod users;

pub use config::Config;
pub use handler::{ConfigureUser, router};
pub use nicknames::MAX_NICKNAMES;
