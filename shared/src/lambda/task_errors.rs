//! Errors of the routes of tasks, with the reference API's statuses and texts. Source: Easemob, "send push
//! notifications", error codes.

use super::error::ApiError;
use crate::domain::task::{MAX_OPEN_TASKS, NEW_TASKS_WINDOW, NoRoom};

impl From<NoRoom> for ApiError {
    /// Returns 403: the app must not create another task now. After some minutes it may, unless too many have not ended.
    fn from(refused: NoRoom) -> Self {
        match refused {
            NoRoom::TooMany => Self::limit_request_for(NEW_TASKS_WINDOW),
            NoRoom::Full => {
                Self::limit_reached(&format!("an app has at most {MAX_OPEN_TASKS} tasks that have not ended"))
            }
        }
    }
}
