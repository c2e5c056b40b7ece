//! Checks the list of the template's alarms in `infra/RUNBOOK.md`.

use curlew_tests::template::pascal_name;
use serde_json::Value;
use shared::domain::vendor::Vendor;

use super::{assert_block, read, table};
use crate::template::Template;

const RUNBOOK: &str = "infra/RUNBOOK.md";

/// Returns an alarm's row: its name, its metric and its threshold. Alarms of each vendor share one row.
fn row(id: &str, alarm: &Value) -> [String; 3] {
    let properties = &alarm["Properties"];
    let name = Vendor::ALL.iter().fold(id.to_owned(), |name, vendor| name.replace(&pascal_name(*vendor), "<Vendor>"));
    let queue = name.trim_end_matches("AgeAlarm").trim_end_matches("DeadLetterAlarm").replace("<Vendor>", "-<vendor>");
    let threshold = properties["Threshold"].as_u64().unwrap();
    let (watches, above) = match properties["MetricName"].as_str().unwrap() {
        "ApproximateAgeOfOldestMessage" => ("age of the oldest message in", format!("{} min", threshold / 60)),
        "ApproximateNumberOfMessagesVisible" => ("messages in", threshold.to_string()),
        metric => return [format!("`{name}`"), format!("metric `{metric}`"), threshold.to_string()],
    };
    let dead_letter = if name.ends_with("DeadLetterAlarm") { "-dead-letter" } else { "" };
    let queue = format!("`S-{}{dead_letter}`", queue.to_lowercase());
    [format!("`{name}`"), format!("{watches} {queue}"), above]
}

#[test]
fn the_runbook_lists_every_alarm() {
    let template = Template::read();
    let mut rows: Vec<[String; 3]> =
        template.resources("AWS::CloudWatch::Alarm").into_iter().map(|(id, alarm)| row(id, alarm)).collect();
    let all = rows.len();
    rows.sort();
    rows.dedup();
    assert_eq!(all - rows.len(), 2 * (Vendor::ALL.len() - 1), "the alarms of two vendors differ");
    assert_block(RUNBOOK, "alarms", &format!("\n{}\n", table(["alarm", "watches", "goes off above"], rows)));
}

#[test]
fn the_runbook_says_of_every_alarm_what_to_do() {
    let text = read(RUNBOOK);
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")?.split(':').next()).collect();
    for id in Template::read().resources("AWS::CloudWatch::Alarm").into_keys() {
        let said = headings.iter().any(|heading| match heading.strip_prefix('…') {
            Some(end) => id.ends_with(end),
            None => id == *heading,
        });
        assert!(said, "{RUNBOOK} has no heading for {id}");
    }
}
