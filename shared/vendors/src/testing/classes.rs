//! What becomes of each class of messages.

use serde_json::Value;
use shared::domain::{push::SemanticClass, vendor::Vendor, warning::Warning};

use super::{Call, object};
use crate::{
    notifier::preflight::{facts, preflight, preflight_of_stored},
    rules,
};

/// What `read` finds in a push of each class, in the order of [`SemanticClass::ALL`].
pub async fn of_each_class<T>(mut call: Call, read: impl AsyncFn(&Call) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for class in SemanticClass::ALL {
        call.notification.class = class;
        found.push(read(&call).await);
    }
    found
}

/// The warnings of a preflight of every class, as "class class: field".
pub fn warnings(vendor: Vendor, record: &Value, options: Value) -> Vec<String> {
    let (stored, options) = (rules(vendor).credential(&object(record.clone())).unwrap(), object(options));
    let warnings = preflight(vendor, &object(stored.clone()), &options, &SemanticClass::ALL).unwrap();
    // What is stored in the clear says the same as the whole record.
    assert_eq!(preflight_of_stored(vendor, facts(vendor, &stored).as_ref(), &options), warnings);
    let text = |warning: &Warning| {
        let classes: Vec<&str> = warning.classes.iter().map(|class| class.name()).collect();
        assert!(warning.message.starts_with(&warning.field), "{}", warning.message);
        format!("{}: {}", classes.join(" "), warning.field)
    };
    warnings.iter().map(text).collect()
}
