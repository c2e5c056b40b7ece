//! Lists of ids in bodies.

use serde_json::Value;

use crate::domain::invalid::Invalid;

/// Parses the entries of a list by `parse`, which gets the name of an entry and its text. An error names the entry,
/// such as `msg_ids[3]`.
pub fn read_ids<'a, T, C: FromIterator<T>>(
    name: &str,
    listed: &'a [Value],
    parse: impl Fn(&str, &'a str) -> Result<T, Invalid>,
) -> Result<C, Invalid> {
    let read = |(index, value): (usize, &'a Value)| {
        let entry = format!("{name}[{index}]");
        let text = value.as_str().ok_or_else(|| Invalid::new(&entry, "must be a string"))?;
        parse(&entry, text)
    };
    listed.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::id::UserId;

    #[test]
    fn a_refusal_names_the_entry() {
        let read = |listed: Value| read_ids::<_, Vec<_>>("users", listed.as_array().unwrap(), UserId::parse_as);
        assert_eq!(read(json!(["ann", "bob"])).unwrap().len(), 2);
        assert_eq!(read(json!(["ann", 7])).unwrap_err().to_string(), "users[1] must be a string");
        assert_eq!(read(json!(["ann", "bob", "a b"])).unwrap_err().field(), "users[2]");
    }
}
