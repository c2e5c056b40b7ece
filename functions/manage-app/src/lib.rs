//! HTTP function `manage-app`: apps, access tokens, notifiers, templates, settings, groups.
//!
//! | route | does | who |
//! |---|---|---|
//! | `POST /management/apps` | creates an app; its client secret is shown this once | operator |
//! | `GET`, `DELETE /management/apps/{org}/{app}` | shows or removes an app | operator |
//! | `POST /management/apps/{org}/{app}/credentials` | replaces the client secret | operator |
//! | `POST /management/apps/{org}/{app}/tokens/revoke` | ends all tokens of an app | operator |
//! | `POST /{org}/{app}/token` | issues an app token or a user token | client, app |
//! | `POST`, `GET /{org}/{app}/notifiers` | creates or lists notifiers | app |
//! | `GET`, `PUT`, `DELETE /{org}/{app}/notifiers/{name}` | shows, changes or removes one | app |
//! | `POST /{org}/{app}/notifiers/{name}/test` | sends one push and shows the vendor's answer | app |
//! | `POST`, `GET /{org}/{app}/notification/template` | creates or lists templates | app |
//! | `GET`, `PUT`, `DELETE /{org}/{app}/notification/template/{name}` | shows, changes or removes one | app |
//! | `GET`, `PUT /{org}/{app}/push/settings` | shows, changes the app's settings | app |
//! | `POST /{org}/{app}/chatgroups` | creates a group | app |
//! | `GET`, `DELETE /{org}/{app}/chatgroups/{group}` | shows or removes one | app |
//! | `POST`, `GET /{org}/{app}/chatgroups/{group}/users` | adds or lists members | app |
//! | `DELETE /{org}/{app}/chatgroups/{group}/users/{usernames}` | removes members | app |
//! | `GET /health` | answers while the function runs | anyone |
//!
//! It also answers every route that no function serves. It alone may encrypt credentials and read the signing secret; it can
//! decrypt nothing.

mod apps;
mod client_secrets;
mod config;
mod credentials;
mod groups;
mod handler;
mod notifier_view;
mod notifiers;
mod operator;
mod page;
mod settings;
mod signing;
mod templates;
mod token_users;
mod tokens;

pub use apps::RESERVED_ORGS;
pub use client_secrets::MAX_GRACE_SECONDS;
pub use config::Config;
pub use credentials::MAX_CREDENTIAL_BYTES;
pub use handler::{ManageApp, router};
pub use page::MAX_LISTED;
pub use tokens::MAX_TTL_SECONDS;
