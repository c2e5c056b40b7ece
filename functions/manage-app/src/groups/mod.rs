//! Routes of groups. An IM server, or an app server written for Easemob, stores groups here. Messages to a group find
//! their receivers by them.

pub mod announcement;
pub mod create;
mod fields;
pub mod joined;
pub mod list;
pub mod member_lists;
pub mod members;
mod order;
mod path;
pub mod roles;
pub mod show;
pub mod update;

use shared::{domain::id::GroupId, lambda::error::ApiError};

pub use self::{
    joined::{MAX_JOINED, MAX_JOINED_PAGE},
    list::MAX_GROUP_PAGE,
    member_lists::MAX_MEMBER_PAGE,
    order::{JoinOrders, MAX_SORTED_MEMBERS},
    show::MAX_SHOWN_MEMBERS,
};
fn found(found: bool, id: &GroupId) -> Result<(), ApiError> {
    if found { Ok(()) } else { Err(unknown(id)) }
}

fn unknown(id: &GroupId) -> ApiError {
    ApiError::resource_not_found(format!("grpID {id} does not exist!"))
}

fn too_many_members() -> ApiError {
    ApiError::exceed_limit("members size is greater than max user size !")
}
