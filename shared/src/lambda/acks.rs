//! Acknowledgements as clients write them: a list of ids, or all messages up to one id.

use std::time::Duration;

use super::{fields::Fields, id_list::read_ids};
use crate::domain::{
    ack::{Ack, MAX_ACKED},
    id::MessageId,
    invalid::Invalid,
    time::Timestamp,
};

/// Maximum time by which the clock that assigned an id may be ahead. A later id would acknowledge messages that nobody
/// has sent yet.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Reads an acknowledgement: either `msg_ids` or `up_to`.
pub fn parse(fields: &Fields, now: Timestamp) -> Result<Ack, Invalid> {
    let up_to = fields.optional_text("up_to")?;
    match (fields.value("msg_ids"), up_to) {
        (Some(_), Some(_)) => Err(Invalid::new("up_to", "must not stand beside msg_ids")),
        (None, Some(id)) => message_id("up_to", id, now).map(Ack::UpTo),
        (_, None) => {
            let listed = fields.list("msg_ids", 1, MAX_ACKED)?;
            read_ids("msg_ids", listed, |entry, id| message_id(entry, id, now)).map(Ack::Messages)
        }
    }
}

/// Reads the id of a message that may have been sent by now.
pub fn message_id(field: &str, id: &str, now: Timestamp) -> Result<MessageId, Invalid> {
    MessageId::parse(id)
        .ok()
        .filter(|id| id.accepted_at().since(now) <= CLOCK_SKEW)
        .ok_or_else(|| Invalid::new(field, "must be the id of a message"))
}
