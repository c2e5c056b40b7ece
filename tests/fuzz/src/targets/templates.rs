//! Patterns of templates and their arguments: the first line is the pattern, the rest a JSON array.

use serde_json::Value;
use shared::domain::{
    line::Line,
    template::{BuiltIn, Piece, check_pattern, pieces},
};

use crate::{input::Input, promises};

/// Maximum bytes of the line.
const MAX_BYTES: usize = 256;
/// The end of a cut line, which may come on top of the maximum.
const ELLIPSIS: usize = '\u{2026}'.len_utf8();

/// Fills a pattern, and renders it.
pub(super) fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let Ok(pattern) = std::str::from_utf8(input.line()) else { return };
    let texts: usize =
        pieces(pattern).iter().map(|piece| if let Piece::Text(text) = piece { text.len() } else { 0 }).sum();
    assert!(texts <= pattern.len());
    if let Err(refusal) = check_pattern("pattern", pattern, MAX_BYTES) {
        promises::is_short(&refusal.to_string());
    }
    let args: Vec<Value> = serde_json::from_slice(input.rest()).unwrap_or_default();
    let mut missing = Vec::new();
    let line = Line::filled(pattern, &args, MAX_BYTES, &mut missing);
    assert!(missing.iter().all(|number| *number < 1000));
    let (text, cut) = line.render(|name: BuiltIn| if name == BuiltIn::Msg { "{$msg}{0}" } else { "Ann" });
    assert!(text.len() <= MAX_BYTES + ELLIPSIS, "{} bytes: {text}", text.len());
    assert!(cut || text.len() <= MAX_BYTES, "{text}");
}
