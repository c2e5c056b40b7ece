use serde_json::{Value, json};

use super::*;
use crate::{
    domain::{
        decision::{RuleResult, RuleTrace, Verdict},
        id::GroupId,
    },
    testing::sample,
};

const NOON: Timestamp = Timestamp::from_millis(1_768_478_400_000);

/// The settings at the time of the decision, or now.
#[derive(Clone, Default)]
struct World {
    profile: Profile,
    settings: Settings,
    templates: Templates,
}

impl World {
    fn new() -> Self {
        Self { settings: Settings { advanced_push: true, ..Settings::default() }, ..Self::default() }
    }

    fn summary(mut self) -> Self {
        self.profile.style = DisplayStyle::Summary;
        self
    }

    fn notice(mut self) -> Self {
        self.settings.privacy = Privacy::Notice;
        self
    }

    fn chosen(mut self, name: &str) -> Self {
        self.profile.advanced.template = Some(TemplateName::parse(name).unwrap());
        self
    }

    fn template(mut self, name: &str, title: &str, updated_at: Timestamp) -> Self {
        let template = sample::template(name, title, updated_at);
        self.templates.insert(template.name.clone(), template);
        self
    }

    fn wording(&self, message: &Content) -> Wording {
        word(message, &sample::user("ann"), &self.profile, &self.settings, &self.templates)
    }

    fn decision(&self, message: &Content) -> Decision {
        decision(self.wording(message).inputs())
    }

    fn reword(&self, message: &Content, decision: &Decision) -> Result<RebuiltWording, Unclear> {
        let Self { profile, settings, templates } = self;
        reword(message, &sample::user("ann"), decision, &Current { profile, settings, templates, settled_at: NOON })
    }
}

fn decision(inputs: Value) -> Decision {
    let inputs = inputs.as_object().cloned().unwrap_or_default();
    let rules = vec![RuleTrace { rule: Rule::Content, result: RuleResult::Pass, inputs }];
    Decision { verdict: Verdict::Push, rules, devices: Vec::new() }
}

fn message(ext: Value) -> Content {
    Content { ext: sample::object(ext), group: Some(GroupId::parse("g1").unwrap()), ..sample::content("hello", NOON) }
}

/// Returns messages with many push options and with few.
fn messages() -> Vec<Content> {
    let named = |name: &str| json!({"em_push_template": {"name": name, "title_args": ["five"]}});
    let directed = json!({"name": "gone", "directed_template": {"target": ["ann"], "name": "mine"}});
    [
        json!({}),
        json!({"em_push_ext": {"title": "T"}}),
        json!({"em_push_ext": {"content": "C"}}),
        json!({"em_push_ext": {"title": "T", "content": "C"}}),
        json!({"em_push_ext": {"title": "T"}, "em_push_template": {"name": "gone"}}),
        named("theirs"),
        named("gone"),
        named("no such!"),
        json!({"em_push_template": directed}),
    ]
    .map(message)
    .into()
}

fn worlds() -> Vec<World> {
    let full = || {
        let names = ["default", "detail", "mine", "theirs"];
        names.iter().fold(World::new(), |world, name| world.template(name, &format!("{name} {{0}} {{1}}"), NOON))
    };
    let off = |mut world: World| {
        world.settings.advanced_push = false;
        world
    };
    let all = [World::new(), full(), full().chosen("mine"), World::new().chosen("lost"), off(full().chosen("mine"))];
    all.into_iter().flat_map(|world| [world.clone(), world.clone().summary(), world.notice()]).collect()
}

#[test]
fn where_nothing_changed_the_wording_is_that_of_the_decision() {
    for message in messages() {
        for world in worlds() {
            let rebuilt_wording = world.reword(&message, &world.decision(&message)).unwrap();
            assert_eq!(rebuilt_wording.wording, world.wording(&message), "{:?}", message.ext);
        }
    }
}

#[test]
fn whatever_changed_the_wording_is_that_of_the_decision_or_follows_the_style_or_there_is_none() {
    let (mut same, mut followed, mut unclear) = (0, 0, 0);
    for message in messages() {
        for then in worlds() {
            let decision = then.decision(&message);
            for now in worlds() {
                match now.reword(&message, &decision) {
                    Ok(rebuilt_wording) if rebuilt_wording.wording == then.wording(&message) => same += 1,
                    Ok(rebuilt_wording) => {
                        assert!(rebuilt_wording.follows_style, "{:?}: {:?}", message.ext, rebuilt_wording.wording);
                        followed += 1;
                    }
                    Err(Unclear::Template) => unclear += 1,
                    Err(Unclear::Decision) => panic!("{:?}: {decision:?}", message.ext),
                }
            }
        }
    }
    assert!(same > followed && followed > 0 && unclear > 0, "{same} {followed} {unclear}");
}

#[test]
fn a_template_that_is_gone_or_was_changed_since_words_nothing() {
    let message = message(json!({"em_push_template": {"name": "mine"}}));
    let later = Timestamp::from_millis(NOON.as_millis() + 1);
    let decision = World::new().template("mine", "t", NOON).decision(&message);
    assert!(World::new().template("mine", "t", NOON).reword(&message, &decision).is_ok());
    for now in [World::new(), World::new().template("mine", "t", later)] {
        assert_eq!(now.reword(&message, &decision), Err(Unclear::Template));
    }
}

#[test]
fn what_a_newer_version_recorded_words_nothing() {
    let message = message(json!({}));
    for inputs in [json!({"source": "moon"}), json!({"source": "message"}), json!({"phase": "full"})] {
        assert_eq!(World::new().reword(&message, &decision(inputs.clone())), Err(Unclear::Decision), "{inputs}");
    }
    let known = decision(json!({}));
    assert!(World::new().reword(&message, &known).is_ok());
    let none = Decision { rules: Vec::new(), ..known.clone() };
    assert_eq!(World::new().reword(&message, &none), Err(Unclear::Decision));
    let mut newer = known;
    newer.rules.push(RuleTrace { rule: Rule::Unknown, result: RuleResult::Pass, inputs: Map::new() });
    assert_eq!(World::new().reword(&message, &newer), Err(Unclear::Decision));
}

#[test]
fn the_lines_that_were_cut_are_compared() {
    let cut = decision(json!({"cut": ["title"]}));
    assert!(same_cut(&cut, &["title"]) && !same_cut(&cut, &[]) && !same_cut(&cut, &["content"]));
    assert!(same_cut(&decision(json!({})), &[]) && !same_cut(&decision(json!({})), &["title"]));
    assert!(World::new().reword(&message(json!({})), &cut).is_ok());
}
