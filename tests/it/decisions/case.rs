//! Reads a golden case from its file and builds the decision's values from it.
//!
//! Fields that a case leaves out have usual values: a text message from `bob` to `ann`, who has one offline phone,
//! bound through `fcm`.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        app::Settings,
        binding::Binding,
        connection::{CONNECTION_LEASE, Link},
        decision::{Facts, NotifierFacts, Rule},
        gateway::{GatewayLease, Renewal},
        id::{DeviceId, GroupId, NotifierName, TemplateName},
        instant::InstantPush,
        message::{Content, MessageType},
        presence::{Presence, PresenceStatus},
        profile::{AdvancedProfile, DisplayStyle, Disturbance, Language, Profile, PushMode},
        quiet::DailyWindow,
        reason::Reason,
        template::{Template, Templates},
        time::Timestamp,
        vendor::Vendor,
        zone::TimeZone,
    },
    testing::sample,
};

/// A file of cases, with the settings and templates that they share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Theme {
    #[serde(default)]
    pub(super) settings: Map<String, Value>,
    #[serde(default)]
    pub(super) templates: BTreeMap<String, [String; 2]>,
    pub(super) cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    #[serde(default = "usual_now", deserialize_with = "instant")]
    pub(super) now: Timestamp,
    #[serde(default)]
    pub(super) settings: Map<String, Value>,
    #[serde(default = "usual_notifiers")]
    pub(super) notifiers: BTreeMap<String, GivenNotifier>,
    /// name to title and content pattern
    #[serde(default)]
    pub(super) templates: BTreeMap<String, [String; 2]>,
    #[serde(default)]
    pub(super) sender_nickname: Option<String>,
    #[serde(default)]
    pub(super) facts: GivenFacts,
    #[serde(default)]
    pub(super) message: GivenMessage,
    pub(super) expect: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenNotifier {
    vendor: Vendor,
    #[serde(default = "yes")]
    enabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GivenFacts {
    known: bool,
    profile: GivenProfile,
    conversation: GivenDisturbance,
    group_members: Option<u32>,
    group_disabled: bool,
    delivered: Option<bool>,
    /// how many seconds ago the message was posted to the connections
    posted: Option<u64>,
    devices: BTreeMap<String, GivenDevice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GivenProfile {
    #[serde(rename = "notification_display_style")]
    style: u8,
    time_zone: Option<TimeZone>,
    language: Option<Language>,
    #[serde(rename = "templateName")]
    template: Option<String>,
    app: GivenDisturbance,
    banned: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GivenDisturbance {
    r#type: Option<String>,
    #[serde(rename = "ignoreInterval")]
    interval: String,
    #[serde(rename = "ignoreUntil", deserialize_with = "maybe_instant")]
    until: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GivenDevice {
    /// the notifiers, and how many seconds ago each was bound
    bound: Vec<(String, u64)>,
    /// the last event, and how many seconds ago it happened
    presence: Option<(PresenceStatus, u64)>,
    /// the gateway of the event: how many seconds ago its lease was renewed, and for how many; `null` without a lease
    #[serde(deserialize_with = "given")]
    gateway: Option<Option<(u64, u64)>>,
    /// the state of a connection to Curlew, and how many seconds ago it began
    connection: Option<(Link, u64)>,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GivenMessage {
    group: Option<String>,
    r#type: MessageType,
    body: Value,
    ext: Value,
    online_only: bool,
    /// what distinguishes an instant push
    instant: Option<InstantPush>,
    seconds_ago: u64,
    push_ttl: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) reason: Option<Reason>,
    /// the rule that ended the decision; for a push it is `content`
    #[serde(default = "last_rule")]
    pub(super) rule: Rule,
    /// the inputs of that rule; instants as texts
    #[serde(default)]
    pub(super) inputs: Map<String, Value>,
    /// by `device/notifier`: `push` or the reason; without it every device has the verdict
    #[serde(default)]
    pub(super) devices: Option<BTreeMap<String, String>>,
    /// the rules before the last one, with their inputs
    #[serde(default)]
    pub(super) passed: BTreeMap<String, Map<String, Value>>,
    /// rules that did not apply
    #[serde(default)]
    pub(super) without: Vec<Rule>,
    #[serde(default)]
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) class: Option<String>,
    /// the sender's own object in the custom data; `null` for none
    #[serde(default, deserialize_with = "given")]
    pub(super) extra: Option<Value>,
    #[serde(default, deserialize_with = "maybe_instant")]
    pub(super) recheck_at: Option<Timestamp>,
}

impl Default for GivenFacts {
    fn default() -> Self {
        let phone =
            GivenDevice { bound: vec![("fcm".to_owned(), 3600)], presence: None, gateway: None, connection: None };
        Self {
            known: true,
            profile: GivenProfile::default(),
            conversation: GivenDisturbance::default(),
            group_members: None,
            group_disabled: false,
            delivered: None,
            posted: None,
            devices: BTreeMap::from([("phone".to_owned(), phone)]),
        }
    }
}

impl Default for GivenMessage {
    fn default() -> Self {
        Self {
            group: None,
            r#type: MessageType::Txt,
            body: json!({"msg": "see you at five"}),
            ext: json!({}),
            online_only: false,
            instant: None,
            seconds_ago: 0,
            push_ttl: 86_400,
        }
    }
}

impl Case {
    /// Returns the settings, given as `/push/settings` shows them.
    pub(super) fn settings(&self, shared: &Map<String, Value>) -> Settings {
        let mut given = shared.clone();
        given.extend(self.settings.clone());
        let settings: Settings = serde_json::from_value(Value::Object(given.clone())).unwrap();
        let shown = serde_json::to_value(&settings).unwrap();
        for (name, value) in &given {
            assert_eq!(&shown[name], value, "{}: there is no such setting", self.name);
        }
        settings.check().unwrap()
    }

    pub(super) fn notifiers(&self) -> HashMap<NotifierName, NotifierFacts> {
        let facts = |given: &GivenNotifier| NotifierFacts { vendor: given.vendor, enabled: given.enabled };
        self.notifiers.iter().map(|(name, given)| (sample::notifier_name(name), facts(given))).collect()
    }

    pub(super) fn templates(&self, shared: &BTreeMap<String, [String; 2]>) -> Templates {
        let template = |(name, [title, content]): (&String, &[String; 2])| {
            let name = TemplateName::parse(name).unwrap();
            let template = Template {
                name: name.clone(),
                title_pattern: title.clone(),
                content_pattern: content.clone(),
                created_at: self.now,
                updated_at: self.now,
            };
            (name, template)
        };
        shared.iter().chain(&self.templates).map(template).collect()
    }

    pub(super) fn facts(&self, settings: &Settings) -> Facts {
        let given = &self.facts;
        let mut facts = Facts {
            known: given.known,
            profile: given.profile.read(),
            conversation: given.conversation.read(),
            group_members: given.group_members,
            group_disabled: given.group_disabled,
            delivered: given.delivered,
            unanswered: given.posted.map(|ago| before(self.now, ago)),
            ..Facts::default()
        };
        for (name, device) in &given.devices {
            facts.bindings.extend(device.bound.iter().map(|(notifier, ago)| self.binding(name, notifier, *ago)));
            let presence = device.presence.map(|(status, ago)| self.presence(name, status, ago, settings));
            facts
                .presence
                .extend(presence.map(|(name, presence)| (name, self.behind(device.gateway, presence, settings))));
            facts.presence.extend(device.connection.map(|(link, ago)| self.connection(name, link, ago)));
        }
        facts
    }

    fn binding(&self, device: &str, notifier: &str, ago: u64) -> Binding {
        sample::binding(device, notifier, &format!("token-{device}-{notifier}"), before(self.now, ago))
    }

    fn presence(&self, name: &str, status: PresenceStatus, ago: u64, settings: &Settings) -> (DeviceId, Presence) {
        let event = |status| sample::event("ann", name, "s", status, before(self.now, ago));
        let begun = Presence::after(None, &event(PresenceStatus::Online), settings.presence_lease())
            .presence()
            .cloned()
            .unwrap();
        let last =
            Presence::after(Some(&begun), &event(status), settings.presence_lease()).presence().cloned().unwrap();
        (sample::device(name), last)
    }

    /// Returns the presence of a device whose last event named this gateway.
    fn behind(&self, gateway: Option<Option<(u64, u64)>>, presence: Presence, settings: &Settings) -> Presence {
        let Some(lease) = gateway else { return presence };
        let mut presence = Presence { gateway: Some(sample::gateway("gw7")), ..presence };
        if let (Some((ago, ttl)), Some(_)) = (lease, presence.carried_by()) {
            let (ttl, grace) = (Duration::from_secs(ttl), settings.presence_lease());
            let started_at = Some(Timestamp::from_millis(0));
            let renewal = Renewal { at: before(self.now, ago), ttl, started_at, grace };
            presence.under(&GatewayLease::after(None, &renewal));
        }
        presence
    }

    fn connection(&self, name: &str, link: Link, ago: u64) -> (DeviceId, Presence) {
        let online = sample::event("ann", name, "s", PresenceStatus::Online, before(self.now, ago));
        let begun = Presence::connected(None, &online, CONNECTION_LEASE, "k1").presence().cloned().unwrap();
        (sample::device(name), Presence { link: Some(link), ..begun })
    }

    pub(super) fn message(&self) -> Content {
        let given = &self.message;
        let accepted_at = before(self.now, given.seconds_ago);
        Content {
            from: sample::user("bob"),
            group: given.group.as_deref().map(|group| GroupId::parse(group).unwrap()),
            kind: given.r#type,
            body: sample::object(given.body.clone()),
            ext: sample::object(given.ext.clone()),
            online_only: given.online_only,
            instant: given.instant.clone().map(Box::new),
            accepted_at,
            expires_at: accepted_at.plus(Duration::from_secs(given.push_ttl)),
        }
    }
}

impl GivenProfile {
    fn read(&self) -> Profile {
        let style = match self.style {
            0 => DisplayStyle::Simple,
            1 => DisplayStyle::Summary,
            other => panic!("there is no display style {other}"),
        };
        let template = self.template.as_deref().map(|name| TemplateName::parse(name).unwrap());
        let advanced = AdvancedProfile { app: self.app.read(), template, ..AdvancedProfile::default() };
        let (zone, language) = (self.time_zone.clone(), self.language.clone());
        Profile { style, zone, language, advanced, banned: self.banned, ..Profile::default() }
    }
}

impl GivenDisturbance {
    fn read(&self) -> Disturbance {
        let mode = self.r#type.as_deref().filter(|mode| *mode != "DEFAULT");
        Disturbance {
            mode: mode.map(|mode| PushMode::parse(mode).unwrap()),
            interval: DailyWindow::parse(&self.interval).unwrap(),
            ignore_until: self.until,
        }
    }
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - i64::try_from(seconds * 1000).unwrap())
}

fn usual_now() -> Timestamp {
    at("2026-01-15T12:00:00Z")
}

fn usual_notifiers() -> BTreeMap<String, GivenNotifier> {
    let notifier = |vendor, enabled| GivenNotifier { vendor, enabled };
    BTreeMap::from([
        ("fcm".to_owned(), notifier(Vendor::Fcm, true)),
        ("huawei".to_owned(), notifier(Vendor::Huawei, true)),
        ("off".to_owned(), notifier(Vendor::Xiaomi, false)),
    ])
}

const fn yes() -> bool {
    true
}

const fn last_rule() -> Rule {
    Rule::Content
}

/// Returns the instant of a text in RFC 3339.
pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    Ok(at(&String::deserialize(deserializer)?))
}

fn maybe_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    instant(deserializer).map(Some)
}

/// Reads a value that is present, `null` included.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
