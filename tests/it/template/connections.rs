//! Checks the WebSocket API: its routes, their integrations and its log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::document::Template;

fn properties<'a>(template: &'a Template, id: &str) -> &'a Value {
    template.at(&format!("/Resources/{id}/Properties"))
}

#[test]
fn every_event_reaches_the_function_but_a_ping() {
    let template = Template::read();
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    let target = |route: &Value| route["Properties"]["Target"]["Fn::Sub"].as_str().unwrap().to_owned();
    let targets: BTreeMap<&str, String> =
        routes.values().map(|route| (route["Properties"]["RouteKey"].as_str().unwrap(), target(route))).collect();
    let function = "integrations/${ConnectionIntegration}".to_owned();
    let expected = BTreeMap::from([
        ("$connect", function.clone()),
        ("$default", function.clone()),
        ("$disconnect", function),
        ("ping", "integrations/${PingIntegration}".to_owned()),
    ]);
    assert_eq!(targets, expected);
    assert_eq!(properties(&template, "ConnectionApi")["RouteSelectionExpression"], "$request.body.action");
    let uri = properties(&template, "ConnectionIntegration")["IntegrationUri"]["Fn::Sub"].as_str().unwrap();
    assert!(uri.contains("${HoldConnection.Arn}") && uri.contains("${AWS::Partition}"), "{uri}");
}

#[test]
fn a_frame_is_answered_by_the_function_and_a_ping_by_the_api() {
    let template = Template::read();
    for (response, route) in [("FrameRouteResponse", "FrameRoute"), ("PingRouteResponse", "PingRoute")] {
        assert_eq!(properties(&template, response)["RouteId"], json!({"Ref": route}));
        assert_eq!(properties(&template, response)["RouteResponseKey"], "$default");
        assert_eq!(properties(&template, route)["RouteResponseSelectionExpression"], "$default");
    }
    assert_eq!(properties(&template, "PingIntegration")["IntegrationType"], "MOCK");
    let answer = properties(&template, "PingIntegrationResponse");
    let template_name = answer["TemplateSelectionExpression"].as_str().unwrap();
    let frame: Value = serde_json::from_str(answer["ResponseTemplates"][template_name].as_str().unwrap()).unwrap();
    assert_eq!(frame, json!({"kind": "pong"}));
}

#[test]
fn the_api_takes_a_limited_number_of_frames_and_writes_none_of_them_down() {
    let template = Template::read();
    let stage = properties(&template, "ConnectionStage");
    let limits = |settings: &Value| (settings["ThrottlingRateLimit"].clone(), settings["ThrottlingBurstLimit"].clone());
    let frames = (json!({"Ref": "ConnectionRequestsPerSecond"}), json!({"Ref": "ConnectionBurst"}));
    assert_eq!(limits(&stage["DefaultRouteSettings"]), frames);
    for settings in stage["RouteSettings"].as_object().unwrap().values().chain([&stage["DefaultRouteSettings"]]) {
        assert_eq!((&settings["DataTraceEnabled"], &settings["LoggingLevel"]), (&json!(false), &json!("OFF")));
    }
}

#[test]
fn no_route_takes_what_the_others_need() {
    let template = Template::read();
    let settings = properties(&template, "ConnectionStage")["RouteSettings"].as_object().unwrap();
    let routes = template.resources("AWS::ApiGatewayV2::Route");
    let keys: BTreeSet<&str> = routes.values().map(|route| route["Properties"]["RouteKey"].as_str().unwrap()).collect();
    assert_eq!(settings.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys, "a rate for each route");
    for (route, rate, burst) in [
        ("$connect", "HandshakesPerSecond", "HandshakeBurst"),
        ("$disconnect", "HandshakesPerSecond", "HandshakeBurst"),
        ("$default", "ConnectionRequestsPerSecond", "ConnectionBurst"),
        ("ping", "ConnectionRequestsPerSecond", "ConnectionBurst"),
    ] {
        assert_eq!(settings[route]["ThrottlingRateLimit"], json!({"Ref": rate}), "{route}");
        assert_eq!(settings[route]["ThrottlingBurstLimit"], json!({"Ref": burst}), "{route}");
    }
    // CloudFormation refuses settings of a route that does not exist yet, with "unable to find route by key".
    let waits_for = template.at("/Resources/ConnectionStage/DependsOn").as_array().unwrap();
    assert!(routes.keys().all(|id| waits_for.contains(&json!(id))), "{waits_for:?}");
}

#[test]
fn no_log_contains_a_query_since_queries_hold_access_tokens() {
    let template = Template::read();
    let harmless = BTreeSet::from([
        "$context.connectionId",
        "$context.error.responseType",
        "$context.eventType",
        "$context.integration.status",
        "$context.integrationLatency",
        "$context.requestId",
        "$context.requestTime",
        "$context.routeKey",
        "$context.status",
    ]);
    let log = properties(&template, "ConnectionStage")["AccessLogSettings"]["Fn::If"].as_array().unwrap();
    assert_eq!((&log[0], &log[2]), (&json!("ConnectionLogWanted"), &json!({"Ref": "AWS::NoValue"})));
    assert_eq!(log[1]["DestinationArn"], json!({"Fn::GetAtt": "ConnectionApiLogGroup.Arn"}));
    let fields: Map<String, Value> = serde_json::from_str(log[1]["Format"].as_str().unwrap()).expect("a line is JSON");
    let logged: BTreeSet<&str> = fields.values().map(|value| value.as_str().unwrap()).collect();
    assert_eq!(logged, harmless);
}

#[test]
fn the_function_is_called_by_this_api_alone_and_answers_before_it_gives_up() {
    let template = Template::read();
    let permission = properties(&template, "HoldConnectionPermission");
    assert_eq!(permission["FunctionName"], json!({"Ref": "HoldConnection"}));
    let source = permission["SourceArn"]["Fn::Sub"].as_str().unwrap();
    assert!(source.ends_with(":${ConnectionApi}/live/*"), "{source}");
    // Source: Amazon API Gateway, "quotas for WebSocket APIs", integration timeout.
    assert!(properties(&template, "HoldConnection")["Timeout"].as_u64().unwrap() < 29);
    let url = |value: &Value| value["Fn::Sub"].as_str().unwrap().split_once("://").unwrap().1.to_owned();
    let environment = template.environment("HoldConnection");
    assert_eq!(url(&environment["CONNECTIONS_URL"]), url(template.at("/Outputs/WebSocketUrl/Value/Fn::If/2")));
}
