//! The terminal. Only this file writes to it.

use std::{
    error::Error,
    io::{IsTerminal, Write, stdout},
    time::Instant,
};

use shared::config::{Environment, Vars};

/// Columns of a heading.
const WIDTH: usize = 80;
/// The column where text begins, right of the time.
const MARGIN: usize = 10;

/// What a piece of text means. It decides the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// a heading, a name
    Bold,
    /// less important text
    Faint,
    /// an accepted push
    Push,
    /// a suppressed push
    Suppression,
    /// a refusal, an error
    Bad,
}

/// The demo's output.
#[derive(Debug)]
pub struct Screen {
    colour: bool,
    began: Instant,
}

impl Screen {
    /// Opens this process's output. It has colour if it is a terminal and `NO_COLOR` is not set
    /// (<https://no-color.org>).
    pub fn open() -> Self {
        let unwanted = Environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colour: stdout().is_terminal() && !unwanted, began: Instant::now() }
    }

    /// Returns the seconds since the demo began.
    pub fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Returns the text in its colour.
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

    /// Prints a line. If nobody reads the output any more, the demo goes on: its result is the exit code.
    pub fn line(&self, text: &str) {
        writeln!(stdout(), "{}", text.trim_end()).unwrap_or_default();
    }

    /// Prints the heading of a scene.
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

    /// Prints an event with its time.
    pub fn event(&self, text: &str) {
        let time = self.paint(Ink::Faint, &format!("{:>6.2} s", self.seconds()));
        self.line(&format!("{time}  {text}"));
    }

    /// Prints a detail of the event above.
    pub fn detail(&self, text: &str) {
        self.line(&format!("{}{text}", " ".repeat(MARGIN)));
    }

    /// Prints why the demo ended early, with all causes.
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

/// Returns how many columns a text takes. Chinese, Japanese, Korean and emoji take two each.
pub fn display_width(text: &str) -> usize {
    let columns = |letter: char| match u32::from(letter) {
        0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    };
    text.chars().map(columns).sum()
}

/// Returns the text in exactly `columns` columns: cut, or padded with blanks.
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
