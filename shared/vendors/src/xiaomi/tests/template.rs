use icu_properties::{CodePointMapData, props::GeneralCategory as Category};
use proptest::prelude::*;

use crate::xiaomi::template::value;

#[test]
fn emoji_become_a_word_and_the_rest_stays() {
    for (text, expected) in [
        ("晚上一起吃饭吗", "晚上一起吃饭吗"),
        ("好的👍🏽👍 明天见", "好的[表情] 明天见"),
        ("👨‍👩‍👧", "[表情]"),
        ("1️⃣ ❤️ ©", "1 [表情] [表情]"),
        ("🇨🇳 नमस्ते، 100% €5 a+b=c", "[表情] नमस्ते، 100% €5 a+b=c"),
        ("\u{e001}x\u{378}", "[表情]x[表情]"),
        (" \t ", "新消息"),
        ("", "新消息"),
    ] {
        assert_eq!(value(text, "新消息"), expected, "{text}");
    }
    assert_eq!(value(&"长".repeat(129), "x"), "长".repeat(127) + "…");
    assert_eq!(value(&"😀 ".repeat(100), "x").chars().count(), 128);
}

proptest! {
    #[test]
    fn a_value_is_what_xiaomi_takes(text: String) {
        let value = value(&text, "新消息");
        prop_assert!((1..=128).contains(&value.chars().count()) && !value.trim().is_empty());
        let category = CodePointMapData::<Category>::new();
        prop_assert!(
            value.chars().all(|c| !matches!(category.get(c), Category::OtherSymbol | Category::Unassigned))
        );
    }
}
