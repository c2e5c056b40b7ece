//! Checks that what can break is watched, and that alarms watch what exists.

use std::collections::BTreeSet;

use curlew_tests::template::pascal_name;
use serde_json::json;
use shared::domain::{receipt::Event, vendor::Vendor};

use super::{
    document::Template,
    functions::functions,
    metrics::{Named, identifier, of_alarm},
};

/// Returns the metrics that alarms watch.
fn watched(template: &Template) -> Vec<Named> {
    template.resources("AWS::CloudWatch::Alarm").values().flat_map(|alarm| of_alarm(template, alarm)).collect()
}

fn is_watched(watched: &[Named], metric: &str, value: &str) -> bool {
    let is_it = |(_, of): &(String, Option<String>)| of.as_deref() == Some(value);
    watched.iter().any(|one| one.metric == metric && one.dimensions.iter().any(is_it))
}

#[test]
fn every_alarm_watches_metrics_that_something_emits() {
    let template = Template::read();
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let metrics = of_alarm(&template, alarm);
        assert!(!metrics.is_empty(), "{id} watches nothing");
        for metric in metrics {
            assert!(metric.is_emitted(&template), "{id}: nothing emits {metric:?}");
        }
    }
}

/// A metric that nothing emits means that nothing happens: no call, no record, no push.
#[test]
fn every_alarm_tells_the_topic_and_takes_silence_for_rest() {
    let template = Template::read();
    let topic = json!({"Fn::If": ["AlarmTopicGiven", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["Properties"]["AlarmActions"], topic, "{id}");
        assert_eq!(alarm["Properties"]["TreatMissingData"], "notBreaching", "{id}");
    }
}

#[test]
fn every_function_that_fails_is_noticed() {
    let template = Template::read();
    let watched = watched(&template);
    for (function, _) in functions() {
        assert!(is_watched(&watched, "Errors", &identifier(&template, &function)), "{function}: no alarm on errors");
    }
}

/// Records of a function with a queue wait there while Lambda refuses it. The alarm on the queue's age tells.
#[test]
fn every_function_without_a_queue_that_lambda_refuses_is_noticed() {
    let template = Template::read();
    let watched = watched(&template);
    for (function, _) in functions() {
        let has_queue = template.find(&format!("/Resources/{function}/Properties/Events/Batch")).is_some();
        // Clients of the WebSocket API wait for this one.
        let answers = !has_queue || function == "HoldConnection";
        let throttles = is_watched(&watched, "Throttles", &identifier(&template, &function));
        assert_eq!(throttles, answers, "{function}");
    }
}

#[test]
fn every_table_that_throttles_is_noticed() {
    let template = Template::read();
    let watched = watched(&template);
    for table in template.resources("AWS::DynamoDB::Table").keys() {
        for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
            assert!(is_watched(&watched, metric, &identifier(&template, table)), "{table}: no alarm on {metric}");
        }
    }
}

#[test]
fn an_api_that_fails_or_is_slow_is_noticed() {
    let template = Template::read();
    let watched = watched(&template);
    for metric in ["5xx", "Latency"] {
        assert!(is_watched(&watched, metric, "${Api}"), "no alarm on {metric}");
    }
    let latency = template.at("/Resources/ApiLatencyAlarm/Properties");
    assert_eq!(
        (&latency["ExtendedStatistic"], &latency["EvaluateLowSampleCountPercentile"]),
        (&json!("p99"), &json!("ignore"))
    );
}

#[test]
fn every_vendor_that_reports_deliveries_is_noticed_when_it_delivers_nothing() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let of_vendors: BTreeSet<String> =
        alarms.keys().filter_map(|id| id.strip_suffix("UndeliveredAlarm")).map(str::to_owned).collect();
    let reporting = Vendor::ALL.into_iter().filter(|vendor| vendors::reports(*vendor, Event::Delivered));
    assert_eq!(of_vendors, reporting.map(pascal_name).collect());
    for vendor in &of_vendors {
        let properties = &alarms[format!("{vendor}UndeliveredAlarm").as_str()]["Properties"];
        let expression = properties["Metrics"][0]["Expression"].as_str().unwrap();
        // Few pushes have no share. A vendor that reports nothing has the share 0, because the functions then write 0.
        assert_eq!(expression, "IF(expected >= 1000, 100 * delivered / expected, 100)");
        assert_eq!(
            (&properties["Threshold"], &properties["ComparisonOperator"]),
            (&json!(10), &json!("LessThanThreshold"))
        );
    }
}

/// CloudWatch evaluates at most ten metrics an alarm, and one expression returns the value.
#[test]
fn an_expression_names_its_metrics_and_returns_one_value() {
    let template = Template::read();
    for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        let Some(metrics) = alarm["Properties"].get("Metrics").and_then(serde_json::Value::as_array) else { continue };
        assert!(metrics.len() <= 10, "{id}");
        let (returned, hidden): (Vec<_>, Vec<_>) = metrics.iter().partition(|one| one["ReturnData"] != false);
        let [returned] = returned[..] else { panic!("{id} returns not one value") };
        let expression = returned["Expression"].as_str().unwrap();
        for metric in hidden {
            assert!(expression.contains(metric["Id"].as_str().unwrap()), "{id} does not use {metric}");
        }
    }
}
