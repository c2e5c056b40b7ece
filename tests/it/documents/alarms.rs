//! Checks the list of the template's alarms in `infra/RUNBOOK.md`.

use std::collections::BTreeSet;

use curlew_tests::template::pascal_name;
use serde_json::Value;
use shared::domain::vendor::Vendor;

use super::{assert_block, read, table};
use crate::template::Template;

const RUNBOOK: &str = "infra/RUNBOOK.md";

/// Returns an alarm's row: its name, its metric, and when it goes off. Alarms of each vendor, function or table share one
/// row.
fn row(id: &str, alarm: &Value) -> [String; 3] {
    let properties = &alarm["Properties"];
    let name = Vendor::ALL.iter().fold(id.to_owned(), |name, vendor| name.replace(&pascal_name(*vendor), "<Vendor>"));
    let queue = name.trim_end_matches("AgeAlarm").trim_end_matches("DeadLetterAlarm").replace("<Vendor>", "-<vendor>");
    let queue = queue.to_lowercase();
    let metric = properties["MetricName"].as_str().unwrap_or("share");
    let (name, watches) = match metric {
        "ApproximateAgeOfOldestMessage" => (name, format!("age of the oldest message in `S-{queue}`")),
        "ApproximateNumberOfMessagesVisible" => (name, format!("messages in `S-{queue}-dead-letter`")),
        // A function that seldom runs has a threshold of its own.
        "Errors" if properties["Threshold"] == 0 => (id.to_owned(), "invocations that failed".to_owned()),
        "Throttles" if properties["Threshold"] == 0 => (id.to_owned(), "invocations that Lambda refused".to_owned()),
        "Errors" => ("<Function>ErrorsAlarm".to_owned(), "invocations that failed".to_owned()),
        "Throttles" => ("<Function>ThrottlesAlarm".to_owned(), "invocations that Lambda refused".to_owned()),
        "ReadThrottleEvents" => ("<Table>ReadThrottlesAlarm".to_owned(), "reads that DynamoDB refused".to_owned()),
        "WriteThrottleEvents" => ("<Table>WriteThrottlesAlarm".to_owned(), "writes that DynamoDB refused".to_owned()),
        "Latency" => (name, "latency of the API, 99th percentile".to_owned()),
        "share" if id.starts_with("Api") => (name, "share of 5xx among the API's answers, from 5 of them".to_owned()),
        "share" => (name, "share of deliveries among 1000 or more pushes that the vendor accepted".to_owned()),
        own => (name, format!("metric `{own}`")),
    };
    [format!("`{name}`"), watches, goes_off(properties, metric)]
}

/// Returns when an alarm goes off.
fn goes_off(properties: &Value, metric: &str) -> String {
    let number = |value: &Value| value.as_u64().unwrap();
    let threshold = number(&properties["Threshold"]);
    let limit = match metric {
        "ApproximateAgeOfOldestMessage" => format!("{} min", threshold / 60),
        "Latency" => format!("{threshold} ms"),
        "share" => format!("{threshold} %"),
        _ => threshold.to_string(),
    };
    let below = properties["ComparisonOperator"] == "LessThanThreshold";
    let side = if below { "below" } else { "above" };
    let period =
        properties.get("Period").or_else(|| properties.pointer("/Metrics/1/MetricStat/Period")).map_or(0, number);
    // A minute is hardly more than a moment.
    let within = if period > 60 { format!(" in {} min", period / 60) } else { String::new() };
    let times = match number(properties.get("DatapointsToAlarm").unwrap_or(&properties["EvaluationPeriods"])) {
        times if times > 1 && period > 60 => format!(", {times} times in a row"),
        _ => String::new(),
    };
    format!("{side} {limit}{within}{times}")
}

#[test]
fn the_runbook_lists_every_alarm() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let rows: BTreeSet<[String; 3]> = alarms.into_iter().map(|(id, alarm)| row(id, alarm)).collect();
    let names: BTreeSet<&String> = rows.iter().map(|[name, ..]| name).collect();
    assert_eq!(names.len(), rows.len(), "alarms that share a row differ");
    assert_block(RUNBOOK, "alarms", &format!("\n{}\n", table(["alarm", "watches", "goes off"], rows)));
}

/// CloudWatch charges $0.10 a month for each metric that an alarm watches (<https://aws.amazon.com/cloudwatch/pricing/>).
#[test]
fn the_runbook_says_what_the_alarms_cost() {
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    let metrics: usize = alarms
        .values()
        .map(|alarm| match alarm["Properties"].get("Metrics").and_then(Value::as_array) {
            Some(metrics) => metrics.iter().filter(|metric| metric.get("MetricStat").is_some()).count(),
            None => 1,
        })
        .sum();
    let (count, dollars) = (alarms.len(), metrics as f64 / 10.0);
    let text = format!("The {count} alarms watch {metrics} metrics and cost ${dollars:.2} a month.");
    assert_block(RUNBOOK, "alarm costs", &format!("{text}\n"));
}

#[test]
fn the_runbook_says_of_every_alarm_what_to_do() {
    let text = read(RUNBOOK);
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")?.split(':').next()).collect();
    for id in Template::read().resources("AWS::CloudWatch::Alarm").into_keys() {
        let said =
            headings.iter().flat_map(|heading| heading.split(", ")).any(|heading| match heading.strip_prefix('…') {
                Some(end) => id.ends_with(end),
                None => id == heading,
            });
        assert!(said, "{RUNBOOK} has no heading for {id}");
    }
}
