use serde_json::{Value, json};

use super::*;
use crate::{
    domain::{
        id::{GroupId, MessageId},
        time::Timestamp,
    },
    testing::sample,
};

const NOON: Timestamp = Timestamp::from_millis(1_768_478_400_000);

/// Setup in which the sender Bob writes to Ann.
struct World {
    message: Content,
    profile: Profile,
    settings: Settings,
    templates: Templates,
}

impl World {
    fn new(ext: Value) -> Self {
        let mut message = sample::content("see you at {0}", NOON);
        message.ext = sample::object(ext);
        let settings = Settings { advanced_push: true, ..Settings::default() };
        Self { message, profile: Profile::default(), settings, templates: Templates::new() }
    }

    fn summary(mut self) -> Self {
        self.profile.style = DisplayStyle::Summary;
        self
    }

    fn template(mut self, name: &str, title: &str, content: &str) -> Self {
        let name = TemplateName::parse(name).unwrap();
        let (title_pattern, content_pattern) = (title.to_owned(), content.to_owned());
        let template =
            Template { name: name.clone(), title_pattern, content_pattern, created_at: NOON, updated_at: NOON };
        self.templates.insert(name, template);
        self
    }

    fn chosen(mut self, name: &str) -> Self {
        self.profile.advanced.template = Some(TemplateName::parse(name).unwrap());
        self
    }

    fn in_group(mut self) -> Self {
        self.message.group = Some(GroupId::parse("g1").unwrap());
        self
    }

    fn wording(&self) -> Wording {
        word(&self.message, &sample::user("ann"), &self.profile, &self.settings, &self.templates)
    }

    fn rendered(&self) -> Rendered {
        let receiver = Receiver { user: sample::user("ann"), msg_id: MessageId::new(NOON, 1) };
        let nickname = Nickname::parse_as("nickname", "Bob").unwrap();
        render(&self.message, &receiver, &self.wording(), Some(&nickname), self.profile.language.as_ref())
    }

    fn notification(&self) -> Notification {
        self.rendered().notification
    }

    fn shown(&self) -> (String, String) {
        let notification = self.notification();
        (notification.title, notification.body)
    }
}

fn lines(title: &str, body: &str) -> (String, String) {
    (title.to_owned(), body.to_owned())
}

#[test]
fn who_is_mentioned_gets_a_mention_unless_the_sender_chose_a_class() {
    let class_of = |ext| World::new(ext).notification().class;
    assert_eq!(class_of(json!({})), SemanticClass::Im);
    assert_eq!(class_of(json!({"em_at_list": ["bob", "ann"]})), SemanticClass::Mention);
    assert_eq!(class_of(json!({"em_at_list": ["Ann"]})), SemanticClass::Mention);
    assert_eq!(class_of(json!({"em_at_list": ["bob", 7]})), SemanticClass::Im);
    assert_eq!(class_of(json!({"em_at_list": "all"})), SemanticClass::Mention);
    assert_eq!(class_of(json!({"em_at_list": "ann"})), SemanticClass::Im);
    assert_eq!(class_of(json!({"em_at_list": ["ann"], "em_push_class": "im"})), SemanticClass::Im);
    assert_eq!(class_of(json!({"em_push_class": "call"})), SemanticClass::Call);
}

#[test]
fn without_any_wish_only_the_display_style_speaks() {
    assert_eq!(World::new(json!({})).shown(), lines(DEFAULT_TITLE, DEFAULT_BODY));
    assert_eq!(World::new(json!({})).summary().shown(), lines(DEFAULT_TITLE, "Bob: see you at {0}"));
    assert_eq!(World::new(json!({})).summary().in_group().shown(), lines(DEFAULT_TITLE, "g1: see you at {0}"));
}

#[test]
fn each_level_beats_the_one_before() {
    let ext = json!({"em_push_ext": {"title": "T", "content": "C"}, "em_push_template": {"content_args": ["five"]}});
    let style = |ext| World::new(ext).template("default", "app", "{$fromNickname} {0}");
    let without_text = json!({"em_push_template": {"content_args": ["five"]}});
    assert_eq!(style(without_text).shown(), lines("app", "Bob five"));
    assert_eq!(style(ext.clone()).shown(), lines("T", "C"));
    let receiver = || style(ext.clone()).template("mine", "mine", "{0}").chosen("mine");
    assert_eq!(receiver().shown(), lines("mine", "five"));
    let mut sender = receiver().template("theirs", "theirs", "{$msg}");
    sender.message.ext["em_push_template"]["name"] = json!("theirs");
    assert_eq!(sender.shown(), lines("theirs", "see you at {0}"));
}

#[test]
fn style_1_is_written_by_the_template_detail() {
    let world = World::new(json!({})).template("default", "no", "no").template("detail", "yes", "{$msg}");
    assert_eq!(world.summary().shown(), lines("yes", "see you at {0}"));
}

#[test]
fn one_of_title_and_content_on_the_message_leaves_the_other_as_it_was() {
    let world = World::new(json!({"em_push_ext": {"title": "T"}})).template("default", "app", "body");
    assert_eq!(world.shown(), lines("T", "body"));
    let legacy = World::new(json!({"em_apns_ext": {"em_push_content": "old"}}));
    assert_eq!(legacy.shown(), lines(DEFAULT_TITLE, "old"));
}

#[test]
fn a_directed_template_is_for_its_targets_in_a_group_only() {
    let ext = |target: &str| json!({"em_push_template": {"name": "outer", "directed_template": {"target": [target], "name": "at", "content_args": ["you"]}}});
    let world = |target| World::new(ext(target)).template("outer", "outer", "o").template("at", "at", "for {0}");
    assert_eq!(world("ann").in_group().shown(), lines("at", "for you"));
    assert_eq!(world("cid").in_group().shown(), lines("outer", "o"));
    assert_eq!(world("ann").shown(), lines("outer", "o"));
}

#[test]
fn a_missing_argument_is_empty_and_a_missing_template_falls_through_and_both_are_said() {
    let world = World::new(json!({"em_push_template": {"title_args": ["a"]}})).template("default", "{0}{1}", "[{0}]");
    assert_eq!(world.shown(), lines("a", "[]"));
    let inputs = world.wording().inputs();
    assert_eq!(inputs["missing_args"], json!(["title {1}", "content {0}"]));
    let world = World::new(json!({"em_push_template": {"name": "gone"}})).template("default", "app", "a");
    assert_eq!(world.shown(), lines("app", "a"));
    assert_eq!(world.wording().inputs()["missing_template"], "gone");
}

#[test]
fn while_advanced_push_is_off_templates_do_not_apply() {
    let mut world = World::new(json!({})).template("default", "app", "a").template("mine", "m", "m").chosen("mine");
    world.settings.advanced_push = false;
    assert_eq!(world.shown(), lines(DEFAULT_TITLE, DEFAULT_BODY));
}

#[test]
fn the_sender_has_the_name_that_the_group_knows() {
    let ext = json!({"em_push_ext": {"group_user_nickname": "Captain"}});
    let world = World::new(ext).template("default", "{$dynamicFrom}", "{$fromNickname}");
    assert_eq!(world.shown(), lines("Bob", "Bob"));
    assert_eq!(world.in_group().shown(), lines("Captain", "Bob"));
}

#[test]
fn a_translation_is_shown_to_who_reads_that_language() {
    let mut world = World::new(json!({})).summary();
    world.message.body.insert("translations".into(), json!({"de": "bis dann"}));
    world.profile.language = Some(Language::parse_as("l", "de").unwrap());
    assert_eq!(world.shown().1, "Bob: bis dann");
    world.profile.language = Some(Language::parse_as("l", "fr").unwrap());
    assert_eq!(world.shown().1, "Bob: see you at {0}");
    world.message.kind = MessageType::Img;
    assert_eq!(world.shown().1, "Bob: [Image]");
}

#[test]
fn privacy_shows_neither_text_nor_the_sender_s_own_data() {
    let mut world =
        World::new(json!({"em_push_ext": {"title": "T", "custom": {"k": "v"}}, "em_push_template": {"name": "t"}}))
            .template("t", "{$msg}", "{$fromNickname}")
            .summary();
    world.settings.privacy = Privacy::Notice;
    let notification = world.notification();
    assert_eq!((notification.title.as_str(), notification.body.as_str()), (DEFAULT_TITLE, DEFAULT_BODY));
    assert_eq!(notification.custom.get("e"), None);
    assert!(!world.wording().names_sender(&world.message));
}

#[test]
fn only_a_wording_that_names_the_sender_needs_the_nickname() {
    let needs = |world: World| world.wording().names_sender(&world.message);
    assert!(!needs(World::new(json!({}))));
    assert!(needs(World::new(json!({})).summary()));
    assert!(!needs(World::new(json!({})).summary().in_group()));
    let argument = json!({"em_push_template": {"content_args": ["{$fromNickname}"]}});
    assert!(!needs(World::new(argument).template("default", "t", "{0}")));
    assert!(needs(World::new(json!({})).template("default", "t", "{$dynamicFrom}")));
}

#[test]
fn a_placeholder_in_an_argument_is_text() {
    let ext = json!({"em_push_template": {"title_args": ["{$fromNickname}"], "content_args": ["{$msg}", "{0}"]}});
    let world = World::new(ext).template("default", "{0}", "{0}{1}");
    assert_eq!(world.shown(), lines("{$fromNickname}", "{$msg}{0}"));
}

#[test]
fn a_line_is_cut_at_its_budget_whoever_wrote_it() {
    let long = "消".repeat(1700);
    let shortened = |world: World| {
        let Rendered { notification, cut } = world.rendered();
        assert!(notification.title.len() <= MAX_TITLE_BYTES && notification.body.len() <= MAX_BODY_BYTES);
        (notification.title.ends_with('…'), notification.body.ends_with('…'), cut)
    };
    let chosen = World::new(json!({"em_push_ext": {"title": long, "content": "short"}}));
    assert_eq!(shortened(chosen), (true, false, vec!["title"]));
    let many = json!({"em_push_template": {"title_args": [long], "content_args": [long]}});
    let template = World::new(many).template("default", "{0}", &"{0}".repeat(300));
    assert_eq!(shortened(template), (true, true, vec!["title", "content"]));
    let mut said = World::new(json!({})).template("default", "t", "{$msg}{$msg}");
    said.message.body["msg"] = json!(long);
    assert_eq!(shortened(said), (false, true, vec!["content"]));
    assert_eq!(shortened(World::new(json!({})).summary()), (false, false, vec![]));
}

#[test]
fn a_trace_stays_short_whatever_is_missing() {
    let ext = json!({"em_push_template": {"name": "n".repeat(5000)}});
    let pattern: String = (0..200).map(|number| format!("{{{number}}}")).collect();
    let inputs = World::new(ext).template("default", "{0}{0}", &pattern).wording().inputs();
    assert_eq!(inputs["missing_template"].as_str().map(str::len), Some(64));
    let named = inputs["missing_args"].as_array().unwrap();
    assert_eq!((named.len(), &named[0], &named[1]), (16, &json!("title {0}"), &json!("content {0}")));
}
