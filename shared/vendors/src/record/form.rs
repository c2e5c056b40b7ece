//! How a text must look. A form is a type with a rule, so that the declaration of a field names its rule.

/// A rule for texts that are not empty.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// at most so many bytes, each of them allowed; in words after "must be"
    Bytes {
        /// the most bytes
        max: usize,
        /// which bytes
        allows: fn(u8) -> bool,
        /// the same in words
        words: &'static str,
    },
    /// at most so many bytes of any characters but control characters
    Line(usize),
    /// at most so many bytes; whoever uses the secret finds out whether it is one
    Secret(usize),
    /// one of these words
    OneOf(&'static [&'static str]),
    /// an https address on one of these hosts, perhaps with a plain path: whoever uploads a record must not be able to make
    /// the service call any other place
    Hosts(&'static [&'static str]),
    /// what the function says that the text breaks; in words after "is required:"
    Other(fn(&str) -> Option<String>, &'static str),
}

impl Rule {
    /// Returns what a text breaks, in words after the field's name.
    pub fn broken(self, text: &str) -> Option<String> {
        let fits = match self {
            Self::Bytes { max, allows, .. } => text.len() <= max && text.bytes().all(allows),
            Self::Line(max) => text.len() <= max && !text.chars().any(char::is_control),
            Self::Secret(max) => text.len() <= max,
            Self::OneOf(words) => words.contains(&text),
            Self::Hosts(hosts) => is_on(hosts, text),
            Self::Other(broken, _) => return broken(text),
        };
        (!fits).then(|| format!("must be {}", self.words()))
    }

    /// Returns what is said where the text is missing.
    pub fn required(self) -> String {
        match self {
            Self::Secret(_) => "is required".to_owned(),
            rule => format!("is required: {}", rule.words()),
        }
    }

    /// Returns the rule in words after "must be".
    pub fn words(self) -> String {
        match self {
            Self::Bytes { words, .. } | Self::Other(_, words) => words.to_owned(),
            Self::Line(max) => format!("at most {max} bytes without control characters"),
            Self::Secret(max) => format!("at most {max} bytes long"),
            Self::OneOf(words) => format!("one of: {}", words.join(", ")),
            Self::Hosts(hosts) => format!("an https address on {}", hosts.join(" or ")),
        }
    }
}

fn is_on(hosts: &[&str], text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-~:".contains(&byte);
    let behind = |host: &&str| text.strip_prefix("https://")?.strip_prefix(*host);
    let mut paths = hosts.iter().filter_map(behind);
    paths.any(|path| path.is_empty() || path.starts_with('/') && path.bytes().all(plain))
}

/// A type that stands for a rule.
pub trait Form {
    /// the rule
    const RULE: Rule;
    /// what an [`Address`](super::Address) or a [`Usual`](super::Usual) text is where none is configured
    const USUAL: &'static str = "";
}

/// Declares forms: `Name = rule;`, for addresses `Name = rule, usual;`.
macro_rules! forms {
    ($($(#[doc = $doc:literal])* $name:ident = $rule:expr $(, $usual:expr)?;)*) => {
        $(
            $(#[doc = $doc])*
            pub struct $name;

            impl $crate::record::Form for $name {
                const RULE: $crate::record::Rule = $rule;
                $(const USUAL: &'static str = $usual;)?
            }
        )*
    };
}
pub(crate) use forms;

forms! {
    /// Visible ASCII characters.
    Visible = Rule::Bytes { max: 256, allows: |byte| byte.is_ascii_graphic(), words: "1 to 256 visible ASCII characters" };
    /// Decimal digits, as a string because they are more than a number holds.
    Digits = Rule::Bytes { max: 64, allows: |byte| byte.is_ascii_digit(), words: "a string of 1 to 64 digits" };
    /// The name of a Java package, class or action.
    JavaName = Rule::Bytes {
        max: 256,
        allows: |byte| byte.is_ascii_alphanumeric() || b"._$".contains(&byte),
        words: "a Java name of at most 256 characters",
    };
}

/// Any characters but control characters, in at most `MAX` bytes.
pub struct Line<const MAX: usize>;

impl<const MAX: usize> Form for Line<MAX> {
    const RULE: Rule = Rule::Line(MAX);
}

/// A secret of at most `MAX` bytes.
pub struct Secret<const MAX: usize>;

impl<const MAX: usize> Form for Secret<MAX> {
    const RULE: Rule = Rule::Secret(MAX);
}
