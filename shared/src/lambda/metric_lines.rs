//! Metrics in CloudWatch's embedded metric format: log lines at the end of an invocation, and no API call.
//!
//! Format: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value, json};

use super::metric::Metric;
use crate::domain::time::Timestamp;

/// Maximum values of a metric in one line.
const MAX_VALUES: usize = 100;

type Dimensions = Vec<(&'static str, String)>;

/// What was recorded under one set of dimensions.
#[derive(Debug)]
enum Recorded {
    /// a sum, written as one value
    Count(u64),
    /// milliseconds, each written, so that CloudWatch knows their percentiles
    Durations(Vec<u64>),
}

/// Metrics of one invocation.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<(Metric, Dimensions), Recorded>>);

impl Metrics {
    /// Adds `count` to a metric under these dimensions.
    pub fn add<const N: usize>(&self, metric: Metric, dimensions: [(&'static str, &str); N], count: u64) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Recorded::Count(sum) = recorded.entry(key(metric, dimensions)).or_insert(Recorded::Count(0)) {
            *sum += count;
        }
    }

    /// Records a duration under these dimensions.
    pub fn time<const N: usize>(&self, metric: Metric, dimensions: [(&'static str, &str); N], duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = recorded.entry(key(metric, dimensions)).or_insert_with(|| Recorded::Durations(Vec::new()));
        if let Recorded::Durations(durations) = entry {
            durations.push(millis);
        }
    }

    /// Writes everything, and forgets it.
    pub fn flush(&self, namespace: &str, at: Timestamp, out: &mut dyn Write) {
        let recorded = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((metric, dimensions), recorded) in recorded {
            for values in recorded.into_values() {
                let line = embedded(namespace, metric, &dimensions, values, at);
                if writeln!(out, "{line}").is_err() {
                    tracing::warn!(metric = metric.name(), "a metric could not be written");
                }
            }
        }
    }
}

impl Recorded {
    /// Returns the value of each line.
    fn into_values(self) -> Vec<Value> {
        match self {
            Self::Count(count) => vec![json!(count)],
            Self::Durations(durations) => durations.chunks(MAX_VALUES).map(|some| json!(some)).collect(),
        }
    }
}

fn key<const N: usize>(metric: Metric, dimensions: [(&'static str, &str); N]) -> (Metric, Dimensions) {
    debug_assert!(dimensions.iter().map(|(name, _)| name).eq(metric.dimensions()), "dimensions of {metric:?}");
    (metric, dimensions.map(|(name, value)| (name, value.to_owned())).to_vec())
}

fn embedded(namespace: &str, metric: Metric, dimensions: &Dimensions, values: Value, at: Timestamp) -> Value {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".into(),
        json!({
            "Timestamp": at,
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [names],
                "Metrics": [{"Name": metric.name(), "Unit": metric.unit()}],
            }],
        }),
    );
    for (name, value) in dimensions {
        line.insert((*name).into(), json!(value));
    }
    line.insert(metric.name().into(), values);
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(metrics: &Metrics) -> Vec<Value> {
        let mut out = Vec::new();
        metrics.flush("Curlew/test", Timestamp::from_millis(7), &mut out);
        out.split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn equal_counts_are_written_as_one_line() {
        let metrics = Metrics::default();
        metrics.add(Metric::PushOutcomes, [("vendor", "fcm"), ("outcome", "accepted")], 2);
        metrics.add(Metric::PushOutcomes, [("vendor", "fcm"), ("outcome", "accepted")], 3);
        let [line] = &lines(&metrics)[..] else { panic!("not one line") };
        assert_eq!(line["PushOutcomes"], 5);
        assert_eq!(line["vendor"], "fcm");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Curlew/test");
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0], json!(["vendor", "outcome"]));
        assert_eq!(lines(&metrics), Vec::<Value>::new(), "what is written is forgotten");
    }

    #[test]
    fn a_metric_without_dimensions_has_the_empty_set_of_them() {
        let metrics = Metrics::default();
        metrics.add(Metric::NotifiersDisabled, [], 1);
        assert_eq!(lines(&metrics)[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
    }

    #[test]
    fn durations_are_written_one_by_one_and_a_line_has_at_most_100() {
        let metrics = Metrics::default();
        for millis in 0..250 {
            metrics.time(Metric::VendorLatency, [("vendor", "fcm")], Duration::from_millis(millis));
        }
        let lines = lines(&metrics);
        let lengths: Vec<usize> = lines.iter().map(|line| line["VendorLatency"].as_array().unwrap().len()).collect();
        assert_eq!(lengths, [100, 100, 50]);
        assert_eq!(lines[0]["VendorLatency"][7], 7);
        assert_eq!(lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"], "Milliseconds");
    }
}
