//! Form bodies. A plus is a blank, as browsers and servers decode it. So a secret whose plus was not escaped arrives
//! changed, as at a real vendor.

use percent_encoding::percent_decode_str;

/// The fields of a form, in their order.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Parses a form body.
    pub fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// Returns a form with these fields, for requests that carry a form's fields in another shape.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Returns the first value of a field. An empty value counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns a field that occurs more than once.
    pub fn repeated(&self) -> Option<&str> {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)).map(|(_, name)| *name)
    }

    /// Returns all fields, in their order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unescaped_plus_arrives_as_a_blank() {
        let form = Form::parse(b"client_secret=a+b%2Bc&empty=&x=1");
        assert_eq!(form.get("client_secret"), Some("a b+c"));
        assert_eq!(form.get("empty"), None);
    }

    #[test]
    fn a_repeated_field_is_named() {
        assert_eq!(Form::parse(b"a=1&b=2&a=3").repeated(), Some("a"));
        assert_eq!(Form::parse(b"a=1&b=2").repeated(), None);
    }
}
