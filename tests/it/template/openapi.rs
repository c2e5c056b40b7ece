//! Checks `docs/openapi.yaml` against template and code.

use std::{collections::BTreeSet, fmt::Debug};

use curlew_tests::access::{ApiRoute, Expected, Rank, described_routes};
use serde_json::{Value, json};
use shared::{
    domain::{
        ack::{MAX_ACKED, MAX_OF_GROUPS, MAX_ONE_TO_ONE, MAX_PUSHES},
        app::Settings,
        attempt::RetryReason,
        binding::DeviceToken,
        gateway::{MAX_TTL, MIN_TTL},
        group::{
            MAX_ADMINS, MAX_DIRECTED, MAX_FIRST_MEMBERS, MAX_GROUPS, MAX_MEMBERS_AT_ONCE, MAX_NAME_CHARS,
            MAX_SHOWN_GROUPS,
        },
        group_profile::{
            MAX_ANNOUNCEMENT_CHARS, MAX_AVATAR_CHARS, MAX_CUSTOM_BYTES, MAX_DESCRIPTION_CHARS, MAX_MAX_USERS,
        },
        id::{AppKey, DeviceId, NotifierName, SessionId, TemplateName, UserId},
        instant::{MAX_CONTENT_WIDTH, MAX_EXT_PAIRS, MAX_SUB_TITLE_CHARS, MAX_TITLE_WIDTH},
        invalid::Invalid,
        message::{MAX_CONTENT_BYTES, MAX_PUSH_TTL, MAX_RECEIVERS, MIN_PUSH_TTL},
        outcome::PushStatus,
        profile::{MAX_IGNORE_MILLIS, MAX_NICKNAME_CHARS},
        push::SemanticClass,
        push_label::{MAX_LABEL_DESCRIPTION_CHARS, MAX_LABELLED_AT_ONCE},
        reason::Reason,
        recall::MAX_RECALLED,
        task::{AskedState, TaskState},
        template::MAX_PATTERN_CHARS,
        time::Timestamp,
        vendor::Vendor,
        warning::{EXPIRY_LEVELS, WarningKind},
    },
    lambda::{
        error::ApiError,
        route_limits::route_limits,
        token::{DEFAULT_SUPPORT_TTL, DEFAULT_TTL, MAX_SUPPORT_TTL},
    },
    offline::MAX_PAGE,
    ports::error::StoreError,
};
use vendors::{easemob_channel, notifier::options::MAX_OPTIONS_BYTES};

use super::{
    document::{Template, read_yaml},
    functions::functions,
    routes::{Route, deployed},
};

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// The description of the API.
struct Description(Value);

/// One route of the description.
struct Operation {
    route: Route,
    /// its parameters and those of its path, resolved
    parameters: Vec<Value>,
    own: Value,
}

impl Description {
    fn read() -> Self {
        Self(read_yaml("docs/openapi.yaml"))
    }

    fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("the description has no {pointer}"))
    }

    fn schema(&self, name: &str) -> &Value {
        self.at(&format!("/components/schemas/{name}"))
    }

    /// Returns the number at a place below a schema.
    fn number(&self, pointer: &str) -> u64 {
        self.schema(pointer).as_u64().unwrap_or_else(|| panic!("{pointer} is no number"))
    }

    fn words(&self, name: &str) -> Vec<&str> {
        self.schema(name)["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
    }

    fn resolved(&self, value: &Value) -> Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.at(reference.trim_start_matches('#')).clone(),
            None => value.clone(),
        }
    }

    fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.at("/paths").as_object().unwrap() {
            for (method, own) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                assert!(METHODS.contains(&method.as_str()), "{path} has {method}");
                let listed = [item, own].into_iter().filter_map(|owner| owner.get("parameters")?.as_array());
                let parameters = listed.flatten().map(|parameter| self.resolved(parameter)).collect();
                let route = (method.to_ascii_uppercase(), path.clone());
                operations.push(Operation { route, parameters, own: own.clone() });
            }
        }
        operations
    }
}

impl Operation {
    fn statuses(&self) -> BTreeSet<&str> {
        self.own["responses"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// Returns whether this bearer may call it.
    fn takes(&self, scheme: &str) -> bool {
        self.own["security"].as_array().unwrap().iter().any(|way| way.get(scheme).is_some())
    }

    fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter["name"] == name)
    }
}

/// Collects every `$ref` below a value.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Collects the schemas of single values below an object's schema, each with its pointer.
fn leaves<'a>(rule: &'a Value, at: &str, found: &mut Vec<(String, &'a Value)>) {
    match rule.get("properties").and_then(Value::as_object) {
        Some(properties) => properties.iter().for_each(|(name, rule)| leaves(rule, &format!("{at}/{name}"), found)),
        None => found.push((at.to_owned(), rule)),
    }
}

/// Asserts that a text of this many characters is accepted, and one more is not.
fn longest<T, E: Debug>(most: u64, parse: impl Fn(&str) -> Result<T, E>) {
    let most = usize::try_from(most).unwrap();
    assert!(parse(&"a".repeat(most)).is_ok(), "{most} characters are refused");
    assert!(parse(&"a".repeat(most + 1)).is_err(), "more than {most} characters are taken");
}

#[test]
fn every_deployed_route_is_described_and_no_other() {
    let template = Template::read();
    // The console's files are not part of the API.
    let functions = functions();
    let of_api = functions.iter().filter(|(_, package)| package.name != "serve-console");
    let deployed: BTreeSet<Route> = of_api.flat_map(|(function, _)| deployed(&template, function)).collect();
    let described = Description::read().operations();
    let described: BTreeSet<Route> = described.into_iter().map(|operation| operation.route).collect();
    assert_eq!(deployed, described, "deployed on the left, described on the right");
}

/// The keywords of OpenAPI 3.1 that the document's schemas use.
const KEYWORDS: [&str; 27] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "propertyNames",
    "required",
    "type",
    "x-max-bytes",
];

/// Asserts that a schema and every schema in it use only these keywords.
fn only_keywords(schema: &Value, at: &str) {
    for (name, rule) in schema.as_object().into_iter().flatten() {
        assert!(KEYWORDS.contains(&name.as_str()), "{at} has the keyword {name:?}: is a description cut at a comma?");
        let below = format!("{at}/{name}");
        match name.as_str() {
            "properties" => rule
                .as_object()
                .unwrap()
                .iter()
                .for_each(|(name, rule)| only_keywords(rule, &format!("{below}/{name}"))),
            "allOf" | "anyOf" | "oneOf" => rule.as_array().unwrap().iter().for_each(|rule| only_keywords(rule, &below)),
            "items" | "additionalProperties" => only_keywords(rule, &below),
            _ => {}
        }
    }
}

/// Collects every schema outside of `components/schemas`.
fn schemas(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| match name.as_str() {
            "schema" => found.push((at.to_owned(), value.clone())),
            _ => schemas(value, &format!("{at}/{name}"), found),
        }),
        Value::Array(values) => values.iter().for_each(|value| schemas(value, at, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_description_is_cut_at_a_comma() {
    let description = Description::read();
    let mut found = Vec::new();
    schemas(&description.0, "", &mut found);
    let named = description.at("/components/schemas").as_object().unwrap();
    found.extend(named.iter().map(|(name, schema)| (format!("components/schemas/{name}"), schema.clone())));
    assert!(found.len() > 100);
    found.iter().for_each(|(at, schema)| only_keywords(schema, at));
}

#[test]
fn every_reference_leads_somewhere() {
    let description = Description::read();
    let mut found = Vec::new();
    references(&description.0, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        description.at(reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads elsewhere")));
    }
}

#[test]
fn every_segment_in_braces_is_a_parameter() {
    for operation in Description::read().operations() {
        let named = operation.parameters.iter().filter(|parameter| parameter["in"] == "path");
        let named: BTreeSet<&str> = named.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let path = &operation.route.1;
        let segments = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        assert_eq!(segments.collect::<BTreeSet<&str>>(), named, "{path}");
    }
}

#[test]
fn every_route_says_how_it_succeeds_and_how_it_refuses() {
    let operations = Description::read().operations();
    let ids = operations.iter().map(|operation| operation.own["operationId"].as_str().unwrap());
    let ids: BTreeSet<&str> = ids.collect();
    assert_eq!(ids.len(), operations.len(), "two routes have one operationId");
    // A valid bearer is refused: a user's where an app's is needed, another user's, or that of support staff.
    let forbids = |route: &ApiRoute| Rank::ALL.into_iter().any(|rank| route.expects(rank) == Expected::Forbidden);
    let forbidden: BTreeSet<Route> =
        described_routes().into_iter().filter(forbids).map(|route| (route.method, route.path)).collect();
    for operation in &operations {
        let (route, statuses) = (&operation.route, operation.statuses());
        let says = |status: &str| statuses.contains(status);
        assert_eq!(statuses.iter().filter(|status| status.starts_with('2')).count(), 1, "{route:?}");
        if route.1 == "/health" {
            continue;
        }
        let bearer = ["operatorKey", "appToken", "userToken"].iter().any(|scheme| operation.takes(scheme));
        let signed = route.1.starts_with("/push/report/");
        for (status, expected) in [
            ("400", true),
            ("401", bearer),
            ("403", forbidden.contains(route) || signed),
            ("404", route.1.contains('{')),
            ("413", operation.own.get("requestBody").is_some()),
            ("429", true),
            ("422", operation.has_parameter("Idempotency-Key")),
            ("500", true),
            ("503", true),
        ] {
            assert_eq!(says(status), expected, "{status} of {route:?}");
        }
        assert!(says("409") || !says("422"), "a request with the same key may be running: {route:?}");
    }
}

#[test]
fn limits_are_those_of_the_code() {
    let description = Description::read();
    let count = |limit: usize| u64::try_from(limit).unwrap();
    for (pointer, limit) in [
        ("UserMessage/allOf/0/properties/to/maxItems", count(MAX_RECEIVERS)),
        ("SentToUsers/allOf/1/properties/data/maxProperties", count(MAX_RECEIVERS)),
        ("GroupMessage/allOf/0/properties/to/maxItems", count(MAX_GROUPS)),
        ("DirectedMessage/allOf/0/properties/users/maxItems", count(MAX_DIRECTED)),
        ("SentToGroups/allOf/1/properties/data/maxProperties", count(MAX_GROUPS)),
        ("OldMessage/allOf/0/oneOf/0/properties/target/maxItems", count(MAX_RECEIVERS)),
        ("OldMessage/allOf/0/oneOf/1/properties/target/maxItems", count(MAX_GROUPS)),
        ("OldMessage/allOf/0/oneOf/2/properties/target/maxItems", count(ingest_message::MAX_ROOMS)),
        ("SentInOldForm/allOf/1/properties/data/maxProperties", count(MAX_RECEIVERS)),
        ("RoomMessage/allOf/0/properties/to/maxItems", count(ingest_message::MAX_ROOMS)),
        ("DirectedRoomMessage/allOf/0/properties/users/maxItems", count(MAX_DIRECTED)),
        ("SentToRooms/allOf/1/properties/data/maxProperties", count(ingest_message::MAX_ROOMS)),
        ("OldMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("RoomMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("DirectedRoomMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("AllRoomsMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("NewGroup/properties/members/maxItems", count(MAX_FIRST_MEMBERS)),
        ("NewGroup/properties/groupname/maxLength", count(MAX_NAME_CHARS)),
        ("GroupDescription/maxLength", count(MAX_DESCRIPTION_CHARS)),
        ("GroupAvatar/maxLength", count(MAX_AVATAR_CHARS)),
        ("GroupCustom/x-max-bytes", count(MAX_CUSTOM_BYTES)),
        ("AnnouncementText/maxLength", count(MAX_ANNOUNCEMENT_CHARS)),
        ("MaxUsers/maximum", MAX_MAX_USERS.into()),
        ("NewMembers/properties/usernames/maxItems", count(MAX_MEMBERS_AT_ONCE)),
        ("AddedMembers/allOf/1/properties/data/properties/newmembers/maxItems", count(MAX_MEMBERS_AT_ONCE)),
        ("RemovedMembers/allOf/1/properties/data/oneOf/1/maxItems", count(MAX_MEMBERS_AT_ONCE)),
        ("MemberPage/allOf/1/properties/data/oneOf/0/maxItems", count(manage_app::MAX_MEMBER_PAGE)),
        ("MemberPage/allOf/1/properties/data/oneOf/1/maxItems", count(manage_app::MAX_MEMBER_PAGE)),
        ("GroupPage/allOf/1/properties/data/maxItems", count(manage_app::MAX_GROUP_PAGE)),
        ("ShownGroups/allOf/1/properties/data/maxItems", count(MAX_SHOWN_GROUPS)),
        ("ShownGroup/properties/affiliations/maxItems", count(manage_app::MAX_SHOWN_MEMBERS)),
        ("JoinedGroups/allOf/1/properties/data/maxItems", count(manage_app::MAX_JOINED)),
        ("AdminList/allOf/1/properties/data/maxItems", count(MAX_ADMINS)),
        ("UserMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("GroupMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("DirectedMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("BatchMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("MessageFields/properties/push_ttl/minimum", MIN_PUSH_TTL.as_secs()),
        ("MessageFields/properties/push_ttl/maximum", MAX_PUSH_TTL.as_secs()),
        ("MessageFields/properties/push_ttl/default", MAX_PUSH_TTL.as_secs()),
        ("Batch/properties/messages/maxItems", count(ingest_message::MAX_MESSAGES)),
        ("SentBatch/allOf/1/properties/data/maxItems", count(ingest_message::MAX_MESSAGES)),
        ("InstantPush/properties/push_ttl/minimum", MIN_PUSH_TTL.as_secs()),
        ("InstantPush/properties/push_ttl/maximum", MAX_PUSH_TTL.as_secs()),
        ("InstantPush/properties/push_ttl/default", MAX_PUSH_TTL.as_secs()),
        ("InstantPushToList/allOf/1/properties/targets/maxItems", count(ingest_message::MAX_TARGETS)),
        ("PushesQueued/allOf/1/properties/data/maxItems", count(ingest_message::MAX_TARGETS)),
        ("Broadcast/properties/push_ttl/minimum", MIN_PUSH_TTL.as_secs()),
        ("Broadcast/properties/push_ttl/maximum", MAX_PUSH_TTL.as_secs()),
        ("Broadcast/properties/push_ttl/default", MAX_PUSH_TTL.as_secs()),
        ("TaskPage/allOf/1/properties/data/maxItems", count(ingest_message::MAX_TASKS_LISTED)),
        ("PushMessage/x-max-bytes", count(MAX_CONTENT_BYTES)),
        ("PushMessage/properties/title/maxLength", count(MAX_TITLE_WIDTH)),
        ("PushMessage/properties/subTitle/maxLength", count(MAX_SUB_TITLE_CHARS)),
        ("PushMessage/properties/content/maxLength", count(MAX_CONTENT_WIDTH)),
        ("PushMessage/properties/ext/maxProperties", count(MAX_EXT_PAIRS)),
        ("Recalls/properties/msgs/maxItems", count(MAX_RECALLED)),
        ("RecalledMessages/allOf/1/properties/data/maxItems", count(MAX_RECALLED)),
        ("PresenceReport/properties/events/maxItems", count(report_presence::MAX_EVENTS)),
        ("PresenceResults/allOf/1/properties/data/maxItems", count(report_presence::MAX_EVENTS)),
        ("GatewayRenewal/properties/ttl_seconds/minimum", MIN_TTL.as_secs()),
        ("GatewayRenewal/properties/ttl_seconds/maximum", MAX_TTL.as_secs()),
        ("Acknowledgement/oneOf/0/properties/msg_ids/maxItems", count(MAX_ACKED)),
        (
            "AcknowledgeResult/allOf/1/properties/data/properties/remaining/maximum",
            count(MAX_ONE_TO_ONE + MAX_OF_GROUPS + MAX_PUSHES),
        ),
        ("OfflinePage/allOf/1/properties/data/maxItems", count(MAX_PAGE)),
        ("RecentMessages/allOf/1/properties/data/maxItems", count(explain_push::MAX_RECENT)),
        (
            "OfflineCount/allOf/1/properties/data/additionalProperties/maximum",
            count(MAX_ONE_TO_ONE + MAX_OF_GROUPS + MAX_PUSHES),
        ),
        ("StatusRequest/properties/usernames/maxItems", count(report_presence::MAX_USERS)),
        ("UserStatuses/allOf/1/properties/data/maxItems", count(report_presence::MAX_USERS)),
        ("NotifierPage/allOf/1/properties/data/maxItems", count(manage_app::MAX_LISTED)),
        ("TemplatePage/allOf/1/properties/data/maxItems", count(manage_app::MAX_LISTED)),
        ("LabelPage/allOf/1/properties/data/maxItems", count(manage_app::MAX_LISTED)),
        ("LabelUserPage/allOf/1/properties/data/maxItems", count(manage_app::MAX_LISTED)),
        ("LabelDescription/maxLength", count(MAX_LABEL_DESCRIPTION_CHARS)),
        ("LabelUserNames/properties/usernames/maxItems", count(MAX_LABELLED_AT_ONCE)),
        ("LabelUserResults/allOf/1/properties/data/properties/success/maxItems", count(MAX_LABELLED_AT_ONCE)),
        ("LabelUserResults/allOf/1/properties/data/properties/fail/maxProperties", count(MAX_LABELLED_AT_ONCE)),
        ("AppPage/allOf/1/properties/data/maxItems", count(manage_app::MAX_LISTED)),
        ("AppPage/allOf/1/properties/count/maximum", count(manage_app::MAX_LISTED)),
        ("Pattern/maxLength", count(MAX_PATTERN_CHARS)),
        ("Nickname/maxLength", count(MAX_NICKNAME_CHARS)),
        ("NewUsers/anyOf/1/maxItems", count(configure_user::MAX_NEW_USERS)),
        ("CreatedUsers/allOf/1/properties/entities/maxItems", count(configure_user::MAX_NEW_USERS)),
        ("UserPage/allOf/1/properties/entities/maxItems", count(configure_user::MAX_LISTED_USERS)),
        ("Nicknames/maxItems", count(configure_user::MAX_NICKNAMES)),
        ("NotificationChange/properties/ignoreDuration/anyOf/0/maximum", MAX_IGNORE_MILLIS),
        ("Options/x-max-bytes", count(MAX_OPTIONS_BYTES)),
        ("Credential/x-max-bytes", count(manage_app::MAX_CREDENTIAL_BYTES)),
        ("TokenTtl/maximum", manage_app::MAX_TTL_SECONDS.unsigned_abs()),
        ("TokenTtl/default", DEFAULT_TTL.as_secs()),
        ("TokenRequest/oneOf/2/properties/ttl/maximum", MAX_SUPPORT_TTL.as_secs()),
        ("TokenRequest/oneOf/2/properties/ttl/default", DEFAULT_SUPPORT_TTL.as_secs()),
        ("OperatorsAppToken/properties/ttl/maximum", MAX_SUPPORT_TTL.as_secs()),
        ("OperatorToken/allOf/1/properties/expires_in/const", manage_app::OPERATOR_TOKEN_LIFETIME.as_secs()),
        ("NewCredentials/properties/grace_seconds/maximum", manage_app::MAX_GRACE_SECONDS.unsigned_abs()),
    ] {
        assert_eq!(description.number(pointer), limit, "{pointer}");
    }
    let text = "/components/schemas/NotificationChange/properties/ignoreDuration/anyOf/1/pattern";
    let digits = MAX_IGNORE_MILLIS.to_string().len();
    assert_eq!(*description.at(text), json!(format!("^[0-9]{{1,{digits}}}$")));
    let users = description.at("/components/parameters/UserLimit/schema");
    assert_eq!(users["maximum"], json!(configure_user::MAX_LISTED_USERS));
    assert_eq!(users["default"], json!(configure_user::DEFAULT_LISTED_USERS));
    let recent = description.at("/components/parameters/RecentLimit/schema");
    assert_eq!(recent["maximum"], json!(explain_push::MAX_RECENT));
    assert_eq!(recent["default"], json!(explain_push::DEFAULT_RECENT));
    for (parameter, most) in [
        ("GroupLimit", manage_app::MAX_GROUP_PAGE),
        ("MemberLimit", manage_app::MAX_MEMBER_PAGE),
        ("MemberPageSize", manage_app::MAX_MEMBER_PAGE),
        ("JoinedPageSize", manage_app::MAX_JOINED_PAGE),
    ] {
        assert_eq!(description.at(&format!("/components/parameters/{parameter}/schema/maximum")), &json!(most));
    }
    let apps = description.at("/components/parameters/AppLimit/schema");
    assert_eq!(apps["maximum"], json!(manage_app::MAX_LISTED));
    assert_eq!(apps["default"], json!(manage_app::DEFAULT_LISTED_APPS));
    let page = description.at("/components/parameters/Limit/schema");
    assert_eq!((&page["maximum"], &page["default"]), (&json!(manage_app::MAX_LISTED), &json!(manage_app::MAX_LISTED)));
}

#[test]
fn bodies_are_as_large_as_the_code_takes() {
    for operation in Description::read().operations() {
        let Some(body) = operation.own.get("requestBody") else {
            continue;
        };
        let (method, path) = &operation.route;
        let limits = route_limits(&method.parse().unwrap(), path);
        assert_eq!(body["x-max-bytes"], json!(limits.max_body_bytes), "{method} {path}");
    }
}

#[test]
fn reserved_orgs_are_named() {
    let described = Description::read().schema("OrgName")["description"].to_string();
    for org in manage_app::RESERVED_ORGS {
        assert!(described.contains(&format!("`{org}`")), "{org}");
    }
}

#[test]
fn lengths_and_times_end_where_the_code_ends_them() {
    let description = Description::read();
    longest(description.number("DeviceId/maxLength"), DeviceId::parse);
    longest(description.number("SessionId/maxLength"), SessionId::parse);
    longest(description.number("NotifierName/maxLength"), NotifierName::parse);
    longest(description.number("DeviceToken/maxLength"), DeviceToken::parse);
    let latest = i64::try_from(description.number("Timestamp/maximum")).unwrap();
    assert!(Timestamp::parse_millis(latest).is_some() && Timestamp::parse_millis(latest + 1).is_none());
}

#[test]
fn settings_have_the_ranges_words_and_defaults_of_the_code() {
    let description = Description::read();
    let described = description.schema("Settings");
    let defaults = json!(Settings::default());
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&described["properties"]), names(&defaults));
    let required = description.schema("AllSettings/allOf/1/required").as_array().unwrap();
    assert_eq!(
        required.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        names(&defaults)
    );
    let takes = |pointer: &str, value: Value| {
        let mut settings = defaults.clone();
        *settings.pointer_mut(pointer).unwrap() = value;
        serde_json::from_value::<Settings>(settings).is_ok_and(|settings| settings.check().is_ok())
    };
    let mut rules = Vec::new();
    leaves(described, "", &mut rules);
    for (pointer, rule) in rules {
        assert_eq!(Some(&rule["default"]), defaults.pointer(&pointer), "{pointer}");
        for word in rule.get("enum").and_then(Value::as_array).into_iter().flatten() {
            assert!(takes(&pointer, word.clone()), "{pointer}: {word}");
        }
        if rule["type"] == "integer" {
            let (least, most) = (rule["minimum"].as_i64().unwrap(), rule["maximum"].as_i64().unwrap());
            assert!(takes(&pointer, json!(least)) && takes(&pointer, json!(most)), "{pointer} is narrower");
            assert!(!takes(&pointer, json!(least - 1)) && !takes(&pointer, json!(most + 1)), "{pointer} is wider");
        }
    }
}

#[test]
fn words_are_those_of_the_code() {
    let description = Description::read();
    assert_eq!(description.words("Reason"), Reason::ALL.map(Reason::code));
    assert_eq!(description.words("Vendor"), Vendor::ALL.map(Vendor::name));
    let channels = Vendor::ALL.map(easemob_channel);
    let platforms = &description.at("/components/parameters/Platform/schema")["enum"];
    assert_eq!(*platforms, json!([&["ALL"][..], &channels].concat()));
    let days = "DailyStatistics/allOf/1/properties/data/additionalProperties";
    assert_eq!(description.schema(days)["propertyNames"]["enum"], json!(channels));
    assert_eq!(description.words("PushClass"), SemanticClass::ALL.map(SemanticClass::name));
    let warning = &description.schema("Warnings")["items"]["properties"];
    assert_eq!(warning["kind"]["enum"], json!(WarningKind::ALL));
    let states = [TaskState::Scheduled, TaskState::Running, TaskState::Paused, TaskState::Done, TaskState::Cancelled];
    assert_eq!(json!(description.words("TaskState")), json!(states));
    let asked = &description.schema("TaskChange")["properties"]["state"]["enum"];
    for word in asked.as_array().unwrap() {
        assert!(AskedState::parse(word.as_str().unwrap()).is_ok(), "{word}");
    }
    let levels: Vec<u8> = EXPIRY_LEVELS.into_iter().chain([0]).collect();
    assert_eq!(warning["level"]["enum"], json!(levels));
    let outcomes = RetryReason::ALL
        .map(|word| json!(word))
        .into_iter()
        .chain([json!(PushStatus::Success), json!(PushStatus::Fail)]);
    assert_eq!(json!(description.words("AttemptOutcome")), outcomes.collect::<Value>());
}

#[test]
fn errors_are_named_as_the_code_names_them() {
    let errors = [
        ApiError::bad_request(""),
        ApiError::unauthorized(),
        ApiError::bad_token(),
        ApiError::bad_client(),
        ApiError::forbidden(""),
        ApiError::app_not_found("", ""),
        ApiError::not_found(""),
        ApiError::method_not_allowed("", ""),
        ApiError::conflict(""),
        ApiError::too_large(""),
        ApiError::other_body(),
        ApiError::from(StoreError::Corrupt("".into())),
        ApiError::from(StoreError::Throttled),
        ApiError::bad_request("").of_recall(),
        ApiError::bad_request("").of_message(None),
        ApiError::advanced_push_off(),
        ApiError::template_not_found(&TemplateName::parse("a").unwrap()),
        ApiError::too_many_requests(),
        ApiError::user_exists(&AppKey::new("a", "b").unwrap(), &UserId::parse("ann").unwrap()),
        ApiError::resource_not_found(""),
        ApiError::invalid_parameter(""),
        ApiError::forbidden_op(""),
        ApiError::exceed_limit(""),
        ApiError::limit_request(),
        ApiError::bad_push_message(&Invalid::new("", "")),
    ];
    let named: Vec<String> = errors.iter().map(|error| error.summary()["error"].as_str().unwrap().to_owned()).collect();
    assert_eq!(Description::read().words("ErrorCode"), named);
}
