//! Huawei's category mapping
//! (<https://developer.huawei.com/consumer/en/doc/HMSCore-Guides/message-classification-0000001149358835>).

use crate::prelude::*;

/// The category of each class.
pub(super) const CATEGORIES: ByClass<&str> =
    ByClass { im: "IM", mention: "IM", call: "VOIP", system: "ACCOUNT", marketing: "MARKETING" };

/// How strongly each class disturbs; `LOW` is silent.
pub(super) const IMPORTANCES: ByClass<&str> =
    ByClass { im: "NORMAL", mention: "NORMAL", call: "NORMAL", system: "NORMAL", marketing: "LOW" };

/// Returns what stands in the way of a class, by whether Huawei granted the right to classify.
pub(super) fn preflight(im_category_granted: bool, class: SemanticClass) -> Vec<Invalid> {
    if im_category_granted || class == SemanticClass::Marketing {
        return Vec::new();
    }
    let rule = "is not true: without the right to classify its messages, Huawei takes them for marketing";
    vec![Invalid::new("credential.im_category_granted", rule)]
}
