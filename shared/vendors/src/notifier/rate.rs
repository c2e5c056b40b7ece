//! The option that every vendor's notifiers have.

use serde_json::{Map, Value};
use shared::domain::invalid::Invalid;

use crate::record::{Number, field};

/// `options.tokens_per_second`: how many tokens a process may send to in a second on average, 1 to 100000; without it as many as
/// come.
pub fn tokens_per_second(options: &Map<String, Value>) -> Result<Option<u32>, Invalid> {
    let rate: Option<Number<1, 100_000>> = field("options", options, "tokens_per_second")?;
    Ok(rate.and_then(|rate| u32::try_from(rate.get()).ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(options: Value) -> Result<Option<u32>, Invalid> {
        tokens_per_second(options.as_object().unwrap())
    }

    #[test]
    fn a_rate_is_optional_and_within_bounds() {
        assert_eq!(read(json!({})).unwrap(), None);
        assert_eq!(read(json!({"tokens_per_second": 100_000})).unwrap(), Some(100_000));
        for wrong in [json!(0), json!(100_001), json!("10"), json!(1.5)] {
            let refusal = read(json!({"tokens_per_second": wrong})).unwrap_err();
            assert_eq!(refusal.field(), "options.tokens_per_second");
        }
    }
}
