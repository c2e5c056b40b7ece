//! The metrics that alarms and the dashboard may name: those that functions write, and those of AWS's services.

use serde_json::Value;
use shared::{
    domain::{credential_check::Risk, receipt::Event, vendor::Vendor},
    lambda::metric::Metric,
};

use super::document::Template;

/// The namespace of the functions' metrics. The functions get it as a setting.
const OWN: &str = "Curlew/${AWS::StackName}";

/// The metrics of AWS's services that may be named, with their only dimension.
///
/// Sources: the pages on metrics of
/// [SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html),
/// [Lambda](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html),
/// [DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html),
/// [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html) and
/// [WebSocket APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html).
const OF_SERVICES: [(&str, &str, &str, &[&str]); 5] = [
    (
        "AWS/SQS",
        "QueueName",
        "AWS::SQS::Queue",
        &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfEmptyReceives",
            "NumberOfMessagesSent",
        ],
    ),
    ("AWS/Lambda", "FunctionName", "AWS::Serverless::Function", &["Duration", "Errors", "Invocations", "Throttles"]),
    (
        "AWS/DynamoDB",
        "TableName",
        "AWS::DynamoDB::Table",
        &["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"],
    ),
    ("AWS/ApiGateway", "ApiId", "AWS::Serverless::HttpApi", &["4xx", "5xx", "Count", "Latency"]),
    (
        "AWS/ApiGateway",
        "ApiId",
        "AWS::ApiGatewayV2::Api",
        &["ClientError", "ConnectCount", "ExecutionError", "IntegrationError", "MessageCount"],
    ),
];

/// A metric as an alarm or the dashboard names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub namespace: String,
    pub metric: String,
    /// names with values; a SEARCH has values of some only
    pub dimensions: Vec<(String, Option<String>)>,
}

impl Named {
    /// Returns whether something emits this metric under these dimensions.
    pub fn is_emitted(&self, template: &Template) -> bool {
        if self.namespace == OWN { self.is_own() } else { self.is_of_a_service(template) }
    }

    fn is_own(&self) -> bool {
        let names: Vec<&str> = self.dimensions.iter().map(|(name, _)| name.as_str()).collect();
        let metric = Metric::ALL.into_iter().find(|metric| metric.name() == self.metric);
        let mut values = self.dimensions.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
        metric.is_some_and(|metric| metric.dimensions() == names) && values.all(is_value)
    }

    fn is_of_a_service(&self, template: &Template) -> bool {
        let [(name, Some(value))] = &self.dimensions[..] else { return false };
        OF_SERVICES.iter().any(|(namespace, dimension, kind, metrics)| {
            *namespace == self.namespace
                && dimension == name
                && metrics.contains(&self.metric.as_str())
                && template.resources(kind).keys().any(|id| identifier(template, id) == *value)
        })
    }
}

/// Returns whether a dimension of our own metrics can have this value.
fn is_value((name, value): (&str, &str)) -> bool {
    match name {
        "vendor" => Vendor::ALL.iter().any(|vendor| vendor.name() == value),
        "event" => [Event::Delivered, Event::Clicked, Event::Refused].iter().any(|event| event.name() == value),
        "outcome" => value == "accepted",
        "risk" => [Risk::Refused, Risk::Failing, Risk::Expires].iter().any(|risk| risk.name() == value),
        _ => false,
    }
}

/// Returns what identifies a resource in the dimensions of metrics: its name, or its `Ref`.
pub fn identifier(template: &Template, id: &str) -> String {
    let named = |property: &str| template.find(&format!("/Resources/{id}/Properties/{property}/Fn::Sub"));
    let name = named("QueueName").or_else(|| named("FunctionName")).and_then(Value::as_str);
    name.map_or_else(|| format!("${{{id}}}"), str::to_owned)
}

/// Returns the metrics of an alarm.
pub fn of_alarm(template: &Template, alarm: &Value) -> Vec<Named> {
    let properties = &alarm["Properties"];
    let Some(metrics) = properties.get("Metrics").and_then(Value::as_array) else {
        return vec![named(template, properties)];
    };
    metrics.iter().filter_map(|one| one.pointer("/MetricStat/Metric")).map(|metric| named(template, metric)).collect()
}

fn named(template: &Template, metric: &Value) -> Named {
    let dimensions = metric.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
    let value = |value: &Value| match (value.as_str(), value.get("Ref"), value.get("Fn::GetAtt")) {
        (Some(text), ..) => text.to_owned(),
        (_, Some(id), _) => identifier(template, id.as_str().unwrap()),
        (.., Some(attribute)) => identifier(template, attribute.as_str().unwrap().split('.').next().unwrap()),
        _ => panic!("a dimension without a value: {metric}"),
    };
    Named {
        namespace: text(&metric["Namespace"]),
        metric: text(&metric["MetricName"]),
        dimensions: dimensions.map(|one| (text(&one["Name"]), Some(value(&one["Value"])))).collect(),
    }
}

/// Returns a text, also one with references.
fn text(value: &Value) -> String {
    value.get("Fn::Sub").unwrap_or(value).as_str().unwrap().to_owned()
}
