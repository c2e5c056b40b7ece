//! Groups: what the IM server, or an app server of Easemob's, tells of them, so that a message to a group finds its members.

mod announcement;
mod create;
mod fields;
mod joined;
mod list;
mod member_lists;
mod members;
mod order;
mod path;
mod roles;
mod show;
mod update;

use std::sync::Arc;

use axum::{
    Router,
    routing::{delete, get, post},
};
use shared::{domain::id::GroupId, lambda::error::ApiError};

pub use self::{
    joined::{MAX_JOINED, MAX_JOINED_PAGE},
    list::MAX_GROUP_PAGE,
    member_lists::MAX_MEMBER_PAGE,
    order::JoinOrders,
    show::MAX_SHOWN_MEMBERS,
};
use crate::ManageApp;

/// The routes of groups.
pub fn routes() -> Router<Arc<ManageApp>> {
    Router::new()
        .route("/{org}/{app}/chatgroups", post(create::create).get(list::list))
        .route("/{org}/{app}/chatgroups/{group}", get(show::show).put(update::change).delete(update::delete))
        .route("/{org}/{app}/chatgroups/{group}/users", post(members::add_many).get(member_lists::list))
        .route("/{org}/{app}/chatgroups/{group}/users/{usernames}", post(members::add_one).delete(members::remove))
        .route("/{org}/{app}/chatgroups/{group}/user/{username}/is_joined", get(joined::is_joined))
        .route("/{org}/{app}/chatgroups/{group}/admin", get(roles::list).post(roles::add))
        .route("/{org}/{app}/chatgroups/{group}/admin/{username}", delete(roles::remove))
        .route("/{org}/{app}/chatgroups/{group}/disable", post(update::disable))
        .route("/{org}/{app}/chatgroups/{group}/enable", post(update::enable))
        .route("/{org}/{app}/chatgroups/{group}/announcement", get(announcement::show).post(announcement::change))
        .route("/{org}/{app}/users/{username}/joined_chatgroups", get(joined::list))
}

fn found(found: bool, id: &GroupId) -> Result<(), ApiError> {
    if found { Ok(()) } else { Err(unknown(id)) }
}

fn unknown(id: &GroupId) -> ApiError {
    ApiError::resource_not_found(format!("grpID {id} does not exist!"))
}

fn too_many_members() -> ApiError {
    ApiError::exceed_limit("members size is greater than max user size !")
}
