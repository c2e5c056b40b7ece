//! The terminal: the one place that writes to it.

use std::{
    error::Error,
    io::{IsTerminal, Write, stdout},
    time::Instant,
};

use shared::config::{Environment, Vars};

/// Columns of a heading.
const WIDTH: usize = 80;
/// Where text begins, right of the time.
const MARGIN: usize = 10;

/// What a piece of text means, and so its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// a heading, a name
    Bold,
    /// beside the point
    Faint,
    /// a push that arrived
    Push,
    /// a silence
    Suppression,
    /// a refusal, a mistake
    Bad,
}

/// Where the story appears.
#[derive(Debug)]
pub struct Screen {
    colour: bool,
    began: Instant,
}

impl Screen {
    /// This process's output; in colour if a person reads it and does not mind (<https://no-color.org>).
    pub fn open() -> Self {
        let unwanted = Environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colour: stdout().is_terminal() && !unwanted, began: Instant::now() }
    }

    /// Seconds since the story began.
    pub fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// The text in its colour.
    pub fn paint(&self, ink: Ink, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Bold => "1",
            Ink::Faint => "2",
            Ink::Push => "32",
            Ink::Suppression => "33",
            Ink::Bad => "1;31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A line of its own. A reader who has gone misses it; the story goes on, since its end is the exit code.
    pub fn line(&self, text: &str) {
        writeln!(stdout(), "{}", text.trim_end()).unwrap_or_default();
    }

    /// The beginning of a scene.
    pub fn heading(&self, title: &str) {
        let rule = "─".repeat(WIDTH.saturating_sub(display_width(title) + 4));
        self.line("");
        self.line(&format!(
            "{} {} {}",
            self.paint(Ink::Faint, "──"),
            self.paint(Ink::Bold, title),
            self.paint(Ink::Faint, &rule)
        ));
    }

    /// Something that happens now.
    pub fn event(&self, text: &str) {
        let time = self.paint(Ink::Faint, &format!("{:>6.2} s", self.seconds()));
        self.line(&format!("{time}  {text}"));
    }

    /// What belongs to the event before.
    pub fn detail(&self, text: &str) {
        self.line(&format!("{}{text}", " ".repeat(MARGIN)));
    }

    /// Why the story ended too early, with all causes.
    pub fn failure(&self, error: &dyn Error) {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!("\n  because   {cause}"));
            source = cause.source();
        }
        text.push_str("\n  see also  the stack's logs in .local/logs");
        self.line("");
        self.line(&format!("{} {text}", self.paint(Ink::Bad, "✗")));
    }
}

/// How many columns a text takes: Chinese, Japanese, Korean and emoji take two each.
pub fn display_width(text: &str) -> usize {
    let columns = |letter: char| match u32::from(letter) {
        0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

/// The text in exactly so many columns: cut, or filled with blanks.
pub fn fit(text: &str, columns: usize) -> String {
    let mut fitted = text.to_owned();
    if display_width(text) > columns {
        while display_width(&fitted) + 1 > columns && fitted.pop().is_some() {}
        fitted.push('…');
    }
    let blanks = columns.saturating_sub(display_width(&fitted));
    fitted + &" ".repeat(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_fits_its_columns() {
        for text in ["", "Ana", "您有一条新消息", "Noodles 🍜", "a text that is too long", "太长太长太长太长的消息"]
        {
            assert_eq!(display_width(&fit(text, 15)), 15, "{text}");
        }
        assert_eq!(fit("您有一条新消息", 8), "您有一… ");
    }
}
