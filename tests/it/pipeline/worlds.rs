//! Generates facts that exist before a message to Ann, and such messages.

use curlew_tests::simulators::{fcm, interfaces};
use proptest::{
    prelude::*,
    sample::{Index, select, subsequence},
};
use serde_json::{Value, json};
use shared::domain::{
    app::{MultiDevicePolicy, OnlineRecheck, Privacy, Settings},
    id::TemplateName,
    profile::{AdvancedProfile, DisplayStyle, Disturbance, Language, Profile, PushMode},
    quiet::DailyWindow,
    zone::TimeZone,
};

pub const DEVICES: [&str; 3] = ["phone", "tablet", "watch"];
/// A notifier that is not configured.
pub const GONE: Notifier = Notifier { name: "gone", vendor: fcm::NAME, device_token: fcm::device_token };

/// A notifier with its vendor.
#[derive(Debug, Clone, Copy)]
pub struct Notifier {
    pub name: &'static str,
    pub vendor: &'static str,
    pub device_token: fn() -> String,
}

/// Returns the notifiers of an app, one for each interface.
pub fn notifiers() -> Vec<Notifier> {
    let notifiers = interfaces().map(|(simulator, interface)| Notifier {
        name: interface.notifier,
        vendor: simulator.name(),
        device_token: interface.device_token,
    });
    notifiers.collect()
}

/// The facts before the message.
#[derive(Debug, Clone)]
pub struct World {
    pub settings: Settings,
    /// devices, with the notifier of each binding
    pub bindings: Vec<(&'static str, Notifier)>,
    /// events of devices, and how long ago each was
    pub presence: Vec<(usize, &'static str, u64)>,
    /// the binding whose notifier is disabled
    pub disabled: Option<Index>,
    pub profile: Option<Profile>,
    pub conversation: Option<PushMode>,
}

pub fn worlds() -> impl Strategy<Value = World> {
    let notifiers: Vec<_> = notifiers().into_iter().chain([GONE]).collect();
    let bindings = prop::collection::vec((select(DEVICES.to_vec()), select(notifiers)), 0..=6);
    let event = (0..DEVICES.len(), select(vec!["online", "offline", "kicked", "logout"]), select(vec![0, 120, 400]));
    let presence = prop_oneof![2 => Just(Vec::new()), 3 => prop::collection::vec(event, 1..3)];
    let disabled = prop::option::weighted(0.2, any::<Index>());
    let conversation = prop::option::weighted(0.3, modes());
    (settings(), bindings, presence, disabled, prop::option::weighted(0.8, profiles()), conversation).prop_map(
        |(settings, bindings, presence, disabled, profile, conversation)| World {
            settings,
            bindings,
            presence,
            disabled,
            profile,
            conversation,
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    let policies = select(vec![MultiDevicePolicy::AllOffline, MultiDevicePolicy::AnyOffline]);
    let privacy = prop_oneof![3 => Just(Privacy::Content), 1 => Just(Privacy::Notice)];
    (prop::bool::weighted(0.8), policies, privacy, any::<bool>()).prop_map(
        |(advanced_push, multi_device_policy, privacy, enabled)| Settings {
            advanced_push,
            multi_device_policy,
            privacy,
            online_recheck: OnlineRecheck { enabled, ..OnlineRecheck::default() },
            ..Settings::default()
        },
    )
}

fn modes() -> impl Strategy<Value = PushMode> {
    select(vec![PushMode::All, PushMode::At, PushMode::None])
}

fn profiles() -> impl Strategy<Value = Profile> {
    let styles = select(vec![DisplayStyle::Simple, DisplayStyle::Summary]);
    let zones = select(vec![None, Some("Europe/Berlin"), Some("America/Los_Angeles")]);
    let languages = select(vec![None, Some("en"), Some("zh-Hans")]);
    let intervals = select(vec![None, None, Some("22:00-07:00"), Some("09:00-17:00")]);
    let templates = select(vec![None, Some("greeting"), Some("missing")]);
    let modes = prop::option::weighted(0.4, modes());
    (styles, zones, languages, intervals, templates, modes).prop_map(
        |(style, zone, language, interval, template, mode)| Profile {
            style,
            zone: zone.map(|name| TimeZone::parse(name).unwrap()),
            language: language.map(|tag| Language::parse_as("language", tag).unwrap()),
            advanced: AdvancedProfile {
                era: 0,
                app: Disturbance {
                    mode,
                    interval: interval.and_then(|text| DailyWindow::parse(text).unwrap()),
                    ignore_until: None,
                },
                template: template.map(|name| TemplateName::parse(name).unwrap()),
                conversations: true,
            },
            ..Profile::default()
        },
    )
}

/// Generates the body of a message to Ann.
pub fn messages() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        8 => Just(json!({"type": "txt", "body": {"msg": "早, see \"you\" 👍", "translations": {"en": "morning"}}})),
        2 => Just(json!({"type": "img", "body": {"url": "https://example.com/a.png"}})),
        1 => Just(json!({"type": "cmd", "body": {"action": "typing"}})),
        1 => Just(json!({"type": "txt", "body": {"msg": "here?"}, "routetype": "ROUTE_ONLINE"})),
    ];
    let ignored: Vec<&str> = notifiers()[1..4].iter().map(|notifier| notifier.name).collect();
    let parts = vec![
        ("em_ignore_notification", json!(true)),
        ("em_force_notification", json!("YES")),
        ("em_at_list", json!(["bob", "Ann"])),
        ("em_at_list", json!("all")),
        ("em_push_filter", json!({"accept_device_id": ["phone"]})),
        ("em_push_filter", json!({"ignore_notifier_name": ignored})),
        ("em_android_push_ext", json!({"huawei_category": "no category"})),
        ("em_push_ext", json!({"title": "Bob", "content": "wrote", "custom": {"k": 1}})),
        ("em_push_template", json!({"name": "greeting", "title_args": ["Ann"], "content_args": []})),
        ("em_push_template", json!({"name": "missing"})),
        ("em_apns_ext", json!({"em_push_title": "old", "em_push_content": "way", "extern": {"k": 2}})),
        ("em_push_class", json!("system")),
    ];
    let ext = prop_oneof![1 => Just(Vec::new()), 3 => subsequence(parts, 1..=3)];
    (kind, ext).prop_map(|(mut message, ext)| {
        message["from"] = json!("bob");
        message["to"] = json!(["ann"]);
        message["ext"] = Value::Object(ext.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        message
    })
}
