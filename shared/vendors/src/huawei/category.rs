//! Huawei's category mapping
//! (<https://developer.huawei.com/consumer/en/doc/HMSCore-Guides/message-classification-0000001149358835>).

use shared::domain::{invalid::Invalid, push::SemanticClass};

/// Returns the category of a class.
pub(super) fn category(class: SemanticClass) -> &'static str {
    match class {
        SemanticClass::Im | SemanticClass::Mention => "IM",
        SemanticClass::Call => "VOIP",
        SemanticClass::System => "ACCOUNT",
        SemanticClass::Marketing => "MARKETING",
    }
}

/// Returns how strongly a class disturbs; `LOW` is silent.
pub(super) fn importance(class: SemanticClass) -> &'static str {
    match class {
        SemanticClass::Im | SemanticClass::Mention | SemanticClass::Call | SemanticClass::System => "NORMAL",
        SemanticClass::Marketing => "LOW",
    }
}

/// Returns what stands in the way of a class, by whether Huawei granted the right to classify.
pub(super) fn preflight(im_category_granted: bool, class: SemanticClass) -> Vec<Invalid> {
    if im_category_granted || class == SemanticClass::Marketing {
        return Vec::new();
    }
    let rule = "is not true: without the right to classify its messages, Huawei takes them for marketing";
    vec![Invalid::new("credential.im_category_granted", rule)]
}
