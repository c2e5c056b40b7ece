//! HTTP function `manage-app`: apps, access tokens, notifiers, templates, settings, groups, push
//! labels.
//!
//! | route | does | who |
//! |---|---|---|
//! | `POST /management/token` | exchanges the operator key for a bearer of one hour | operator key |
//! | `POST /management/apps` | creates an app; its client secret is shown this once | operator |
//! | `GET /management/apps` | lists the apps, and how each is doing | operator |
//! | `GET`, `DELETE /management/apps/{org}/{app}` | shows or removes an app | operator |
//! | `POST /management/apps/{org}/{app}/credentials` | replaces the client secret | operator |
//! | `POST /management/apps/{org}/{app}/tokens/revoke` | ends all tokens of an app | operator |
//! | `POST /management/apps/{org}/{app}/token` | issues an app token or a support token | operator |
//! | `POST /{org}/{app}/token` | issues an app token, a user token or a support token | client, app |
//! | `POST`, `GET /{org}/{app}/notifiers` | creates or lists notifiers | app; support reads |
//! | `GET`, `PUT`, `DELETE /{org}/{app}/notifiers/{name}` | shows, changes or removes one | app; support reads |
//! | `POST /{org}/{app}/notifiers/{name}/test` | sends one push and shows the vendor's answer | app |
//! | `POST`, `GET /{org}/{app}/notification/template` | creates or lists templates | app |
//! | `GET`, `PUT`, `DELETE /{org}/{app}/notification/template/{name}` | shows, changes or removes one | app |
//! | `GET`, `PUT /{org}/{app}/push/settings` | shows, changes the app's settings | app; support reads |
//! | `GET /{org}/{app}/callbacks/storage/info` | counts callbacks that could not be delivered | app |
//! | `POST /{org}/{app}/callbacks/storage/retry` | sends those of ten minutes again | app |
//! | `POST`, `GET /{org}/{app}/chatgroups` | creates a group, lists groups | app |
//! | `GET /{org}/{app}/chatgroups/{group}` | shows one or several | app |
//! | `PUT`, `DELETE /{org}/{app}/chatgroups/{group}` | changes it, gives it to another owner, or removes it | app |
//! | `POST`, `GET /{org}/{app}/chatgroups/{group}/users` | adds or lists members | app |
//! | `POST /{org}/{app}/chatgroups/{group}/users/{usernames}` | adds one member | app |
//! | `DELETE /{org}/{app}/chatgroups/{group}/users/{usernames}` | removes members | app |
//! | `GET /{org}/{app}/chatgroups/{group}/user/{username}/is_joined` | tells whether somebody is a member | app |
//! | `GET`, `POST /{org}/{app}/chatgroups/{group}/admin` | lists or adds administrators | app |
//! | `DELETE /{org}/{app}/chatgroups/{group}/admin/{username}` | makes one a plain member | app |
//! | `POST /{org}/{app}/chatgroups/{group}/disable`, `enable` | switches it off or on | app |
//! | `GET`, `POST /{org}/{app}/chatgroups/{group}/announcement` | shows or changes its announcement | app |
//! | `GET /{org}/{app}/users/{username}/joined_chatgroups` | lists the groups of a user | app |
//! | `POST`, `GET /{org}/{app}/push/label` | creates a push label, lists push labels | app |
//! | `GET`, `DELETE /{org}/{app}/push/label/{name}` | shows or deletes one | app |
//! | `POST`, `GET`, `DELETE /{org}/{app}/push/label/{name}/user` | gives it to users, lists its users, takes it away | app |
//! | `GET /{org}/{app}/push/label/{name}/user/{username}` | shows since when a user has it | app |
//! | `GET /health` | answers while the function runs | anyone |
//!
//! It also answers every route that no function serves. Of all functions, only this one may encrypt credentials and
//! read the signing secret. It cannot decrypt anything.

mod app_list;
mod apps;
mod callback_setting;
mod callback_storage;
mod client_secrets;
mod config;
mod credentials;
mod groups;
mod handler;
mod labels;
mod notifier_view;
mod notifiers;
mod operator;
mod operator_token;
mod operators_tokens;
mod page_query;
mod settings;
mod signing;
mod templates;
mod token_users;
mod tokens;
mod warnings;

pub use app_list::DEFAULT_LISTED_APPS;
pub use apps::RESERVED_ORGS;
pub use callback_storage::{MAX_READ as MAX_READ_CALLBACKS, MAX_REPLAYED};
pub use client_secrets::MAX_GRACE_SECONDS;
pub use config::Config;
pub use credentials::MAX_CREDENTIAL_BYTES;
pub use groups::{
    JoinOrders, MAX_GROUP_PAGE, MAX_JOINED, MAX_JOINED_PAGE, MAX_MEMBER_PAGE, MAX_SHOWN_MEMBERS, MAX_SORTED_MEMBERS,
};
pub use handler::{ManageApp, router, routes};
pub use operator_token::LIFETIME as OPERATOR_TOKEN_LIFETIME;
pub use operators_tokens::MAX_APP_TTL;
pub use page_query::MAX_LISTED;
pub use tokens::MAX_TTL_SECONDS;
