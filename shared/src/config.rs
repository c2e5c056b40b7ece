//! Settings from the environment, read once at start, with every problem reported at once.

use std::{cell::RefCell, fmt};

/// A source of settings.
pub trait Vars {
    /// Returns the value of a variable, `None` if it is not set.
    fn get(&self, name: &str) -> Option<String>;
}

/// The process environment.
#[derive(Debug, Clone, Copy)]
pub struct Environment;

impl Vars for Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl<const N: usize> Vars for [(&str, &str); N] {
    fn get(&self, name: &str) -> Option<String> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }
}

/// All problems of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrong settings: {}", self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// Reads settings and collects their problems.
pub struct SettingsReader<'a> {
    vars: &'a dyn Vars,
    problems: RefCell<Vec<String>>,
}

impl fmt::Debug for SettingsReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<'a> SettingsReader<'a> {
    /// Creates a reader of `vars`.
    pub fn new(vars: &'a dyn Vars) -> Self {
        Self { vars, problems: RefCell::new(Vec::new()) }
    }

    /// Returns a variable that must be set and not empty.
    pub fn required(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(format!("{name} is not set"));
            String::new()
        })
    }

    /// Returns a variable that may be missing; empty counts as missing.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.vars.get(name).filter(|value| !value.is_empty())
    }

    /// Returns a required variable, parsed, or `None`. [`Self::finish`] reports the problem.
    pub fn parsed<T, E: fmt::Display>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        self.required(name);
        self.parsed_optional(name, parse)
    }

    /// Returns an optional variable, parsed. [`Self::finish`] reports a value that cannot be parsed.
    pub fn parsed_optional<T, E: fmt::Display>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let text = self.optional(name)?;
        parse(&text).inspect_err(|error| self.problem(format!("{name}: {error}"))).ok()
    }

    /// Returns `Ok` if there was no problem.
    pub fn finish(self) -> Result<(), ConfigError> {
        let problems = self.problems.into_inner();
        if problems.is_empty() { Ok(()) } else { Err(ConfigError(problems)) }
    }

    fn problem(&self, text: String) {
        self.problems.borrow_mut().push(text);
    }
}

/// The variable that lets callbacks go to this machine, for test stacks.
const ALLOW_LOCAL_CALLBACKS: &str = "ALLOW_LOCAL_CALLBACKS";

/// Reads whether callbacks may go to this machine, and by http.
pub fn allow_local_callbacks(reader: &SettingsReader<'_>) -> bool {
    let parse = |text: &str| text.parse::<bool>().map_err(|_| "must be true or false");
    reader.parsed(ALLOW_LOCAL_CALLBACKS, parse).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_setting_is_named_at_once() {
        let vars = [("SET", "x"), ("EMPTY", "")];
        let reader = SettingsReader::new(&vars);
        reader.required("SET");
        reader.required("EMPTY");
        reader.required("ABSENT");
        let error = reader.finish().unwrap_err().to_string();
        assert!(error.contains("EMPTY") && error.contains("ABSENT") && !error.contains("SET is"), "{error}");
    }
}
