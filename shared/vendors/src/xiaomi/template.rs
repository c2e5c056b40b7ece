//! Values of a template's variables: 1 to 128 characters, not blanks alone, no emoji nor other symbols, no unassigned
//! characters (<https://dev.mi.com/xiaomihyperos/documentation/detail?pId=2314>).

use icu_properties::{CodePointMapData, props::GeneralCategory as Category};

use crate::prelude::*;

const MAX_CHARS: usize = 128;
/// What phones in China show where an emoji cannot stand.
const EMOJI: &str = "[表情]";

/// A text as the value of a variable; `otherwise` if it is blank.
pub(super) fn value(text: &str, otherwise: &str) -> String {
    let text = without_symbols(text);
    let text = if text.trim().is_empty() { otherwise } else { &text };
    cut(text, MAX_CHARS).into_owned()
}

/// Each run of symbols becomes one word.
fn without_symbols(text: &str) -> String {
    let category = CodePointMapData::<Category>::new();
    let mut kept = String::with_capacity(text.len());
    let mut in_run = false;
    for character in text.chars() {
        match category.get(character) {
            _ if is_skin(character) => in_run = in_run || push(&mut kept),
            Category::OtherSymbol | Category::Unassigned | Category::PrivateUse => in_run = in_run || push(&mut kept),
            // what makes emoji of digits, and one emoji of several
            Category::EnclosingMark => {}
            Category::NonspacingMark if is_variation(character) => {}
            Category::Format if in_run => {}
            _ => {
                kept.push(character);
                in_run = false;
            }
        }
    }
    kept
}

fn push(kept: &mut String) -> bool {
    kept.push_str(EMOJI);
    true
}

fn is_skin(character: char) -> bool {
    matches!(character, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_variation(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}')
}
