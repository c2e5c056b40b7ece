//! Checks the wiring of queues and functions: no record is lost, and none is handled twice at a time.

use curlew_tests::template::pascal_name;
use serde_json::{Value, json};
use shared::domain::vendor::Vendor;

use super::document::Template;

/// Returns each queue with the function that handles it.
fn wiring() -> Vec<(String, String)> {
    let own = [
        ("Dispatch", "CheckPresence"),
        ("Direct", "HoldConnection"),
        ("Erase", "EraseData"),
        ("Callback", "DeliverCallback"),
    ];
    let mut wiring: Vec<(String, String)> =
        own.iter().map(|(queue, function)| ((*queue).to_owned(), (*function).to_owned())).collect();
    wiring.extend(Vendor::ALL.map(|vendor| {
        let name = pascal_name(vendor);
        (format!("Push{name}"), format!("Push{name}"))
    }));
    wiring
}

#[test]
fn every_queue_feeds_its_function_record_by_record() {
    let template = Template::read();
    for (queue, function) in wiring() {
        let source = template.at(&format!("/Resources/{function}/Properties/Events/Batch"));
        assert_eq!(source["Type"], "SQS");
        let source = &source["Properties"];
        assert_eq!(source["Queue"], json!({"Fn::GetAtt": format!("{queue}Queue.Arn")}));
        assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{function}");
        assert!(source["ScalingConfig"]["MaximumConcurrency"].is_u64(), "{function} has no concurrency cap");
    }
}

#[test]
fn a_record_stays_invisible_for_six_times_as_long_as_its_function_may_run() {
    let template = Template::read();
    for (queue, function) in wiring() {
        let timeout = template.at(&format!("/Resources/{function}/Properties/Timeout")).as_u64().unwrap();
        let visibility =
            template.at(&format!("/Resources/{queue}Queue/Properties/VisibilityTimeout")).as_u64().unwrap();
        assert!(visibility >= 6 * timeout, "{queue}: {visibility} s against a timeout of {timeout} s");
    }
}

#[test]
fn every_queue_is_encrypted_and_ends_in_a_dead_letter_queue_with_alarms() {
    let template = Template::read();
    let queues = template.resources("AWS::SQS::Queue");
    assert_eq!(queues.len(), 2 * wiring().len(), "a queue is not wired");
    for queue in queues.values() {
        assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true);
    }
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    for (queue, _) in wiring() {
        let redrive = &queues[format!("{queue}Queue").as_str()]["Properties"]["RedrivePolicy"];
        assert_eq!(redrive["deadLetterTargetArn"], json!({"Fn::GetAtt": format!("{queue}DeadLetterQueue.Arn")}));
        let watched = |metric: &str, queue: String| {
            alarms.values().any(|alarm| {
                let properties = &alarm["Properties"];
                properties["MetricName"] == metric
                    && properties["Dimensions"][0]["Value"] == json!({"Fn::GetAtt": format!("{queue}.QueueName")})
            })
        };
        assert!(watched("ApproximateAgeOfOldestMessage", format!("{queue}Queue")), "{queue}: no alarm on age");
        let dead_letters = format!("{queue}DeadLetterQueue");
        assert!(watched("ApproximateNumberOfMessagesVisible", dead_letters), "{queue}: no alarm on dead letters");
    }
}

/// A queue's function has `MaximumConcurrency`, and no reserved concurrency.
///
/// With `MaximumConcurrency`, Lambda receives no more records than it can handle. With reserved concurrency, it would
/// receive records first and then refuse them, and each refusal would count as a receive. So only crashes and timeouts
/// count. A record that kills its function should end soon: it has few receives, one of them for a deployment.
#[test]
fn a_busy_function_makes_no_receives_so_that_few_of_them_end_a_record_that_kills_it() {
    let template = Template::read();
    for (queue, function) in wiring() {
        let properties = template.at(&format!("/Resources/{function}/Properties"));
        assert!(properties.get("ReservedConcurrentExecutions").is_none(), "{function} is throttled after a receive");
        let cap = properties["Events"]["Batch"]["Properties"]["ScalingConfig"]["MaximumConcurrency"].as_u64().unwrap();
        assert!((2..=1000).contains(&cap), "{function}: SQS takes a cap of 2 to 1000");
        let receives = template.at(&format!("/Resources/{queue}Queue/Properties/RedrivePolicy/maxReceiveCount"));
        assert!((3..=5).contains(&receives.as_u64().unwrap()), "{queue}: {receives} receives");
    }
}

/// Lambda ends a chain of 16 calls through SQS and dead-letters the record, unless the function allows such chains.
///
/// Curlew's chains are longer on purpose: a push waits for a vendor's outage to end, and a large group has many pages.
/// `pipeline/loops.rs` shows that every chain ends.
#[test]
fn lambda_leaves_to_us_when_a_record_has_come_back_often_enough() {
    let template = Template::read();
    let wired: Vec<String> = wiring().into_iter().map(|(_, function)| function).collect();
    for (function, resource) in template.resources("AWS::Serverless::Function") {
        let loops = resource["Properties"].get("RecursiveLoop").and_then(Value::as_str);
        assert_eq!(loops, wired.contains(&function.to_owned()).then_some("Allow"), "{function}");
    }
}

#[test]
fn every_setting_that_names_a_queue_names_the_right_one() {
    let template = Template::read();
    let variable = |function: &str, name: &str| template.environment(function)[name].clone();
    let queue = |name: String| json!({ "Ref": name });
    assert_eq!(variable("IngestMessage", "DISPATCH_QUEUE_URL"), queue("DispatchQueue".into()));
    assert_eq!(variable("CheckPresence", "DISPATCH_QUEUE_URL"), queue("DispatchQueue".into()));
    assert_eq!(variable("CheckPresence", "DISPATCH_DEAD_LETTER_QUEUE_URL"), queue("DispatchDeadLetterQueue".into()));
    for function in ["CheckPresence", "ConfigureUser", "ReportPresence", "HoldConnection"] {
        assert_eq!(variable(function, "DIRECT_QUEUE_URL"), queue("DirectQueue".into()));
    }
    assert_eq!(variable("HoldConnection", "DISPATCH_QUEUE_URL"), queue("DispatchQueue".into()));
    assert_eq!(variable("RunSchedule", "DISPATCH_QUEUE_URL"), queue("DispatchQueue".into()));
    assert_eq!(variable("HoldConnection", "DIRECT_DEAD_LETTER_QUEUE_URL"), queue("DirectDeadLetterQueue".into()));
    for function in ["ConfigureUser", "ManageApp", "EraseData"] {
        assert_eq!(variable(function, "ERASE_QUEUE_URL"), queue("EraseQueue".into()));
    }
    assert_eq!(variable("EraseData", "ERASE_DEAD_LETTER_QUEUE_URL"), queue("EraseDeadLetterQueue".into()));
    for function in ["ManageApp", "HandleReceipt", "ReportPresence", "CheckPresence", "DeliverCallback", "RunSchedule"]
    {
        assert_eq!(variable(function, "CALLBACK_QUEUE_URL"), queue("CallbackQueue".into()), "{function}");
    }
    let dead_letters = variable("DeliverCallback", "CALLBACK_DEAD_LETTER_QUEUE_URL");
    assert_eq!(dead_letters, queue("CallbackDeadLetterQueue".into()));
    for vendor in Vendor::ALL {
        let (name, upper) = (pascal_name(vendor), vendor.upper_name());
        let function = format!("Push{name}");
        assert_eq!(variable(&function, "VENDOR"), vendor.name());
        assert_eq!(variable(&function, "PUSH_QUEUE_URL"), queue(format!("Push{name}Queue")));
        assert_eq!(variable(&function, "CALLBACK_QUEUE_URL"), queue("CallbackQueue".into()));
        let dead_letters = queue(format!("Push{name}DeadLetterQueue"));
        assert_eq!(variable(&function, "PUSH_DEAD_LETTER_QUEUE_URL"), dead_letters);
        assert_eq!(variable("CheckPresence", &format!("PUSH_QUEUE_URL_{upper}")), queue(format!("Push{name}Queue")));
        assert_eq!(
            variable("ManageApp", &format!("PUSH_FUNCTION_{upper}")),
            template.at(&format!("/Resources/{function}/Properties/FunctionName")).clone()
        );
    }
}

#[test]
fn the_vendors_blocks_are_equal_but_for_the_name() {
    let template = Template::read();
    let resources = template.at("/Resources").as_object().unwrap();
    let block = |vendor: Vendor| -> Value {
        let prefix = format!("Push{}", pascal_name(vendor));
        let parts = resources.iter().filter(|(id, _)| id.starts_with(&prefix));
        let text =
            json!(parts.map(|(id, part)| (id.clone(), part.clone())).collect::<serde_json::Map<_, _>>()).to_string();
        let text = text.replace(&prefix, "PushVendor").replace(&format!("push-{vendor}"), "push-vendor-name");
        serde_json::from_str(&text.replace(&format!("\"VENDOR\":\"{vendor}\""), "\"VENDOR\":\"name\"")).unwrap()
    };
    for vendor in Vendor::ALL {
        assert_eq!(block(vendor), block(Vendor::ALL[0]), "{vendor}");
    }
}
