//! The content of a message as stored in its row: short content plain, long content compressed. A row of up to 1 KB
//! costs one write unit. A kilobyte of text, compressed, fits together with its key.

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, ItemReader, bytes, compressed, corrupt, decompressed, text};
use crate::{domain::message::Content, ports::error::StoreError};

/// Attribute with the content.
pub(super) const CONTENT: &str = "content";
/// Maximum bytes of plain content. With the longest key, the row stays below 1 KB.
const MAX_PLAIN_BYTES: usize = 640;
/// Maximum bytes of decompressed content.
const MAX_BYTES: usize = 64 * 1024;

/// Returns the content as an attribute.
pub(super) fn pack(content: &Content) -> Result<AttributeValue, StoreError> {
    let json = serde_json::to_string(content).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    if json.len() <= MAX_PLAIN_BYTES {
        return Ok(text(json));
    }
    let packed = compressed(json.as_bytes());
    Ok(if packed.len() < json.len() { bytes(&packed) } else { text(json) })
}

/// Returns the content of a row.
pub(super) fn unpack(item: &Item) -> Result<Content, StoreError> {
    let reader = ItemReader(item);
    if item.get(CONTENT).is_some_and(AttributeValue::is_s) {
        return reader.json(CONTENT);
    }
    let plain = decompressed(item, CONTENT, MAX_BYTES)?;
    serde_json::from_slice(&plain).map_err(|_| corrupt(CONTENT))
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{domain::time::Timestamp, testing::sample};

    /// A kilobyte of typical text.
    const LETTER: &str = "Hi Anna, I am still at the office and it looks as if I shall be late again. The train at half past six \
        is the one I want to take, so please do not wait for me with dinner, I can eat what is left when I come home. \
        Could you ask Tom whether he has found the keys of the cellar? I looked in the kitchen and in the blue coat, \
        and they were in neither. If he has not, the spare ones are with Mrs Baker on the second floor; she is at \
        home until nine, and after that she does not open the door to anybody. On Saturday we are invited to the \
        birthday of Paul, and we still have no present: he would like the book about birds that was in the window \
        of the shop at the corner, or tickets for the match on the twelfth, if there are any left at a price that \
        is not ridiculous. And please call your mother back, she rang me twice today because she could not reach \
        you and wanted to know whether we come at Christmas or not. I said that we do. See you tonight, Robert. P.S. \
        The cat has been fed this morning, whatever it says.";

    fn row_with(content: &Content) -> Item {
        Item::from([(CONTENT.to_owned(), pack(content).unwrap())])
    }

    #[test]
    fn a_kilobyte_of_text_leaves_room_for_its_key_in_a_write_unit() {
        let sent = sample::content(LETTER, Timestamp::from_millis(1_767_225_600_000));
        assert!(LETTER.len() >= 1000);
        let item = row_with(&sent);
        let size = item[CONTENT].as_b().unwrap().as_ref().len();
        assert!(size < 800, "{size} bytes");
        assert_eq!(unpack(&item).unwrap(), sent);
    }

    proptest! {
        #[test]
        fn whatever_is_packed_is_unpacked(text in ".{0,2000}") {
            let sent = sample::content(&text, Timestamp::from_millis(0));
            prop_assert_eq!(unpack(&row_with(&sent)).unwrap(), sent);
        }
    }
}
