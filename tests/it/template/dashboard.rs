//! Checks that the dashboard is valid JSON, names only metrics that something emits, and leaves nothing out.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::lambda::metric::Metric;

use super::{
    document::Template,
    metrics::{Named, identifier},
};

/// Returns the widgets, with the lists put in.
fn widgets(template: &Template) -> Vec<Value> {
    let [body, lists] = &template.at("/Resources/Dashboard/Properties/DashboardBody/Fn::Sub").as_array().unwrap()[..]
    else {
        panic!("a body without lists")
    };
    let text = lists.as_object().unwrap().iter().fold(body.as_str().unwrap().to_owned(), |text, (name, list)| {
        assert!(text.contains(&format!("${{{name}}}")), "{name} is not used");
        text.replace(&format!("${{{name}}}"), &joined(list))
    });
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("the body is no JSON: {error}"));
    body["widgets"].as_array().unwrap().clone()
}

fn joined(list: &Value) -> String {
    let [separator, entries] = &list["Fn::Join"].as_array().unwrap()[..] else { panic!("no list: {list}") };
    let entries: Vec<&str> = entries.as_array().unwrap().iter().map(|it| it["Fn::Sub"].as_str().unwrap()).collect();
    entries.join(separator.as_str().unwrap())
}

/// Returns the metrics of a widget.
fn named(widget: &Value) -> Vec<Named> {
    let mut before: Vec<String> = Vec::new();
    let metrics = widget["properties"]["metrics"].as_array().unwrap().iter();
    metrics
        .map(|metric| {
            if let Some(expression) = metric[0]["expression"].as_str() {
                return search(expression).unwrap_or_else(|| panic!("unknown expression {expression}"));
            }
            let words = metric.as_array().unwrap().iter().filter_map(Value::as_str).enumerate();
            let words: Vec<String> =
                words.map(|(at, word)| if word == "." { before[at].clone() } else { word.to_owned() }).collect();
            before.clone_from(&words);
            let dimensions = words[2..].chunks(2).map(|pair| (pair[0].clone(), Some(pair[1].clone()))).collect();
            Named { namespace: words[0].clone(), metric: words[1].clone(), dimensions }
        })
        .collect()
}

/// Reads `SEARCH('{"namespace",dimensions} MetricName="name" dimension="value"', 'statistic', seconds)`.
fn search(expression: &str) -> Option<Named> {
    let rest = expression.strip_prefix("SEARCH('{\"")?;
    let (schema, terms) = rest.split_once("} MetricName=\"")?;
    let (namespace, dimensions) = schema.split_once("\",")?;
    let (metric, terms) = terms.split_once('"')?;
    let (terms, statistic) = terms.split_once("', '")?;
    let value = |name: &str| {
        let (_, value) = terms.split_once(&format!("{name}=\""))?;
        Some(value.split_once('"')?.0.to_owned())
    };
    let known_statistic = ["Sum', 300)", "p50', 300)", "p99', 300)"].contains(&statistic);
    known_statistic.then(|| Named {
        namespace: namespace.to_owned(),
        metric: metric.to_owned(),
        dimensions: dimensions.split(',').map(|name| (name.to_owned(), value(name))).collect(),
    })
}

#[test]
fn the_dashboard_shows_metrics_that_something_emits() {
    let template = Template::read();
    for widget in widgets(&template) {
        let title = &widget["properties"]["title"];
        for metric in named(&widget) {
            assert!(metric.is_emitted(&template), "{title}: nothing emits {metric:?}");
        }
        assert_eq!(widget["properties"]["region"], "${AWS::Region}", "{title}");
    }
}

#[test]
fn the_dashboard_leaves_out_no_metric_of_ours_and_no_queue_function_or_table() {
    let template = Template::read();
    let shown: Vec<Named> = widgets(&template).iter().flat_map(named).collect();
    let own: BTreeSet<&str> = Metric::ALL.into_iter().map(Metric::name).collect();
    let missing: Vec<&str> = own.into_iter().filter(|name| !shown.iter().any(|one| one.metric == *name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "metrics of ours");
    let shows = |metric: &str, id: &str| {
        let value = Some(identifier(&template, id));
        shown.iter().any(|one| one.metric == metric && one.dimensions.iter().any(|(_, of)| *of == value))
    };
    for (kind, metrics) in [
        ("AWS::Serverless::Function", &["Errors", "Throttles", "Invocations", "Duration"][..]),
        ("AWS::DynamoDB::Table", &["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "WriteThrottleEvents"]),
    ] {
        for id in template.resources(kind).keys() {
            metrics.iter().for_each(|metric| assert!(shows(metric, id), "{metric} of {id}"));
        }
    }
    for id in template.resources("AWS::SQS::Queue").keys() {
        let dead_letters = id.ends_with("DeadLetterQueue");
        let metric = if dead_letters { "ApproximateNumberOfMessagesVisible" } else { "ApproximateAgeOfOldestMessage" };
        assert!(shows(metric, id), "{metric} of {id}");
    }
}

#[test]
fn widgets_fill_the_width_and_do_not_overlap() {
    let template = Template::read();
    let mut rows: std::collections::BTreeMap<u64, Vec<(u64, u64)>> = std::collections::BTreeMap::new();
    for widget in widgets(&template) {
        let number = |name: &str| widget[name].as_u64().unwrap();
        assert_eq!(number("height"), 6);
        rows.entry(number("y")).or_default().push((number("x"), number("width")));
    }
    for (y, row) in rows {
        assert_eq!(y % 6, 0);
        let end = row.into_iter().fold(0, |end, (x, width)| {
            assert_eq!(x, end, "a gap or an overlap at y {y}");
            x + width
        });
        assert_eq!(end, 24, "the row at y {y}");
    }
}

/// Dashboards of all regions share their names, and each partition has a console of its own.
#[test]
fn the_dashboard_has_an_address_in_every_partition() {
    let template = Template::read();
    let name = template.at("/Resources/Dashboard/Properties/DashboardName");
    assert_eq!(*name, json!({"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}));
    let address = template.at("/Outputs/DashboardUrl/Value/Fn::Sub");
    assert_eq!(address[1]["Host"], json!({"Fn::FindInMap": ["Console", {"Ref": "AWS::Partition"}, "Host"]}));
    for (partition, host) in [("aws", "console.aws.amazon.com"), ("aws-cn", "console.amazonaws.cn")] {
        assert_eq!(*template.at(&format!("/Mappings/Console/{partition}/Host")), host);
    }
}
