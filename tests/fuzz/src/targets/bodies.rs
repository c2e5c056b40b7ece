//! Bodies of messages, instant pushes and acknowledgements.

use shared::{
    domain::{
        message::{Content, MAX_CONTENT_BYTES},
        push::SemanticClass,
        time::Timestamp,
    },
    lambda::{
        acks,
        fields::Fields,
        instant_call::InstantCall,
        message::{MessageCall, MessageForm, push_ttl},
    },
};

use crate::{input::Input, promises};

const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

/// Each reader of a body reads the same bytes.
pub(super) fn check(bytes: &[u8]) {
    let body = Input::new(bytes).rest();
    let fields = match Fields::parse(body) {
        Ok(fields) => fields,
        Err(refusal) => return promises::is_short(&refusal.to_string()),
    };
    for form in [MessageForm::Current, MessageForm::Old] {
        if let Ok(call) = MessageCall::to_users(form, &fields) {
            stored(&call.content(NOW));
        }
    }
    if let Ok(call) = InstantCall::of(&fields, SemanticClass::Im)
        && let Ok(content) = call.content(NOW)
    {
        stored(&content);
    }
    match acks::parse(&fields, NOW) {
        Ok(ack) => assert!(!format!("{ack:?}").is_empty()),
        Err(refusal) => promises::is_short(&refusal.to_string()),
    }
    if let Err(refusal) = push_ttl(&fields) {
        promises::is_short(&refusal.to_string());
    }
}

/// A message that is accepted fits its row, and is read from it as it was.
fn stored(content: &Content) {
    assert!(Content::content_bytes(&content.body, &content.ext) <= MAX_CONTENT_BYTES);
    promises::survives(content);
}
