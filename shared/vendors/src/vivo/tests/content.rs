use proptest::prelude::*;

use crate::vivo::content::{breaks_rule, keeping_rule};

const PREFIX: &str = "新消息：";

#[test]
fn texts_that_vivo_refuses_are_known() {
    for text in ["123", "ok", "See you", "!?", "12:30", "+1 (2)", "[图片]", "{你好}", "这是测试", "👍", "Alice"]
    {
        assert!(breaks_rule(text), "{text}");
    }
    for text in ["你好", "张三", "你好123", "ok 吧", "Are you coming tonight?", "room 7", "Привет"] {
        assert!(!breaks_rule(text), "{text}");
    }
}

#[test]
fn a_word_before_it_makes_a_text_acceptable() {
    let kept = |text| keeping_rule(text, Some(PREFIX)).into_owned();
    assert_eq!(kept("ok"), "新消息：ok");
    assert_eq!(kept("[图片]"), "新消息：图片");
    assert_eq!(kept("你好"), "你好");
    assert_eq!(keeping_rule("ok", None), "ok");
}

proptest! {
    #[test]
    fn no_text_breaks_the_rule_behind_the_word(text: String) {
        prop_assert!(!breaks_rule(&keeping_rule(&text.replace("测试", ""), Some(PREFIX))));
    }
}
