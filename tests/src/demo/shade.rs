//! Draws a phone's notification shade.

use super::{
    cast::Card,
    screen::{Ink, Screen, display_width, fit},
};

/// Columns between the borders.
const INSIDE: usize = 66;
const TITLE: usize = 16;

/// Draws the shade, newest first. Notifications from `read` on are marked as new.
pub fn draw(screen: &Screen, title: &str, cards: &[Card], read: usize) {
    let edge = |text: &str| screen.paint(Ink::Faint, text);
    let rule = "─".repeat(INSIDE.saturating_sub(display_width(title) + 3));
    screen.detail(&format!("{} {} {}", edge("╭─"), screen.paint(Ink::Bold, title), edge(&format!("{rule}╮"))));
    for (place, card) in cards.iter().enumerate().rev() {
        let body = match card.alerts {
            1 => card.body.clone(),
            times => format!("{}  (sent {times} times, shown once)", card.body),
        };
        let mark = if place >= read { screen.paint(Ink::Push, "●") } else { " ".to_owned() };
        let text = format!("{} {}", fit(&card.title, TITLE), fit(&body, INSIDE - TITLE - 5));
        screen.detail(&format!("{} {mark} {text} {}", edge("│"), edge("│")));
    }
    if cards.is_empty() {
        screen.detail(&format!("{} {} {}", edge("│"), fit("  nothing", INSIDE - 2), edge("│")));
    }
    screen.detail(&edge(&format!("╰{}╯", "─".repeat(INSIDE))));
}
