//! Checks that every function may make its ports' calls, and no other.
//!
//! A function's use case names its ports. The calls of their adapters are in [`calls`](super::calls).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use curlew_tests::template::pascal_name;
use serde_json::Value;
use shared::{
    aws::dynamo::{
        CALLBACK_OFF_CONDITION, CALLBACK_OFF_UPDATE, CONNECTIONS_CONDITION, CONNECTIONS_UPDATE, DISABLE_CONDITION,
        DISABLE_UPDATE,
    },
    domain::vendor::Vendor,
};

use super::{
    calls::calls,
    document::{Template, root},
    functions::{Package, functions},
};

/// An action and its resource, like `dynamodb:Query` on `AppsTable`.
type Grant = (String, String);

/// Returns the grants that a function needs for its ports.
fn needed(function: &str, package: &Package) -> BTreeSet<Grant> {
    let mut grants: BTreeSet<Grant> = BTreeSet::new();
    let mut grant = |action: &str, resource: &str| {
        grants.insert((action.to_owned(), resource.to_owned()));
    };
    // Every function writes its log.
    grant("logs:CreateLogStream", &format!("{function}LogGroup"));
    grant("logs:PutLogEvents", &format!("{function}LogGroup"));
    let own_queue = match package.name {
        "check-presence" => Some("Dispatch".to_owned()),
        "hold-connection" => Some("Direct".to_owned()),
        "erase-data" => Some("Erase".to_owned()),
        "deliver-callback" => Some("Callback".to_owned()),
        "push-vendor" => Some(function.to_owned()),
        _ => None,
    };
    if let Some(queue) = &own_queue {
        for action in ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"] {
            grant(action, &format!("{queue}Queue"));
        }
    }
    let ports: BTreeSet<&str> = (package.ports)().into_iter().collect();
    for port in &ports {
        for (resource, actions) in calls(port) {
            actions.iter().for_each(|action| grant(action, resource));
        }
    }
    let vendors = Vendor::ALL.map(pascal_name);
    if ports.contains("QueuePush") {
        match package.name {
            "push-vendor" => grant("sqs:SendMessage", &format!("{function}Queue")),
            _ => vendors.iter().for_each(|vendor| grant("sqs:SendMessage", &format!("Push{vendor}Queue"))),
        }
    }
    if let Some(queue) = own_queue.as_ref().filter(|_| ports.contains("ReturnRecord")) {
        grant("sqs:SendMessage", &format!("{queue}Queue"));
    }
    if let Some(queue) = own_queue.filter(|_| ports.contains("DeadLetterRecord")) {
        grant("sqs:SendMessage", &format!("{queue}DeadLetterQueue"));
    }
    if ["TestNotifier", "PushNow", "CheckCredentials"].iter().any(|port| ports.contains(port)) {
        vendors.iter().for_each(|vendor| grant("lambda:InvokeFunction", &format!("Push{vendor}")));
    }
    grants
}

/// Returns what the template grants to a function: in its role, the policies of that role, and the key's policy.
fn granted(template: &Template, function: &str) -> BTreeSet<Grant> {
    let role = template.at(&format!("/Resources/{function}Role/Properties"));
    let mut documents: Vec<&Value> =
        role["Policies"].as_array().unwrap().iter().map(|policy| &policy["PolicyDocument"]).collect();
    for policy in role.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten() {
        let name = policy["Ref"].as_str().expect("only policies of the template");
        documents.push(template.at(&format!("/Resources/{name}/Properties/PolicyDocument")));
    }
    let mut grants = BTreeSet::new();
    for statement in documents.iter().flat_map(|document| document["Statement"].as_array().unwrap()) {
        assert_eq!(statement["Effect"], "Allow");
        for action in list(&statement["Action"]) {
            for resource in list(&statement["Resource"]) {
                grants.insert((action.as_str().unwrap().to_owned(), resource_name(resource)));
            }
        }
    }
    let role_arn = format!("{function}Role.Arn");
    for statement in template.at("/Resources/CredentialKey/Properties/KeyPolicy/Statement").as_array().unwrap() {
        let principals = list(&statement["Principal"]["AWS"]);
        if principals.iter().any(|principal| principal["Fn::GetAtt"] == role_arn.as_str()) {
            for action in list(&statement["Action"]) {
                grants.insert((action.as_str().unwrap().to_owned(), "CredentialKey".to_owned()));
            }
        }
    }
    grants
}

fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

/// Returns the logical id behind an ARN of the template.
fn resource_name(resource: &Value) -> String {
    if let Some(attribute) = resource.get("Fn::GetAtt").and_then(Value::as_str) {
        return attribute.split('.').next().unwrap().to_owned();
    }
    let text = resource["Fn::Sub"].as_str().unwrap_or_else(|| panic!("a resource that is no single one: {resource}"));
    if let Some((_, connections)) = text.split_once(":execute-api:${AWS::Region}:${AWS::AccountId}:") {
        return connections.replace("${ConnectionApi}", "ConnectionApi");
    }
    let function = text.rsplit("-").next().unwrap();
    assert!(text.contains(":function:${AWS::StackName}-push-"), "unexpected resource {text}");
    format!("Push{}{}", function[..1].to_ascii_uppercase(), &function[1..])
}

#[test]
fn every_function_may_do_exactly_what_its_ports_do() {
    let template = Template::read();
    let mut wrong: BTreeMap<&str, (Vec<Grant>, Vec<Grant>)> = BTreeMap::new();
    let functions = functions();
    for (function, package) in &functions {
        let (needed, granted) = (needed(function, package), granted(&template, function));
        let missing: Vec<Grant> = needed.difference(&granted).cloned().collect();
        let surplus: Vec<Grant> = granted.difference(&needed).cloned().collect();
        if !missing.is_empty() || !surplus.is_empty() {
            wrong.insert(function, (missing, surplus));
        }
    }
    assert!(wrong.is_empty(), "function: (missing, surplus): {wrong:#?}");
}

#[test]
fn each_function_opens_ciphertexts_of_its_own_purpose_only() {
    let template = Template::read();
    let statements = template.at("/Resources/CredentialKey/Properties/KeyPolicy/Statement").as_array().unwrap();
    for statement in statements.iter().filter(|statement| statement["Sid"] != "Administration") {
        let purpose = &statement["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"];
        let principals = list(&statement["Principal"]["AWS"]);
        let of = |role: &str| principals.iter().any(|principal| principal["Fn::GetAtt"] == role);
        let (receipts, callbacks) = (of("HandleReceiptRole.Arn"), of("DeliverCallbackRole.Arn"));
        match statement["Action"].as_str().unwrap() {
            "kms:Encrypt" => assert_eq!(*purpose, serde_json::json!(["callback", "credential", "receipt"])),
            "kms:Decrypt" if callbacks => assert_eq!((purpose, principals.len()), (&"callback".into(), 1)),
            "kms:Decrypt" if receipts => assert_eq!((purpose, principals.len()), (&"receipt".into(), 1)),
            "kms:Decrypt" => assert_eq!(*purpose, "credential"),
            other => panic!("unexpected action {other}"),
        }
    }
}

#[test]
fn push_functions_change_of_a_notifier_only_what_switches_it_off() {
    let policy = "/Resources/PushPolicy/Properties/PolicyDocument";
    assert_changes_of_apps_are(policy, [DISABLE_UPDATE, DISABLE_CONDITION]);
}

#[test]
fn what_holds_connections_changes_of_an_app_only_that_it_has_some() {
    let policy = "/Resources/HoldConnectionRole/Properties/Policies/0/PolicyDocument";
    assert_changes_of_apps_are(policy, [CONNECTIONS_UPDATE, CONNECTIONS_CONDITION]);
}

#[test]
fn what_calls_apps_servers_changes_of_an_app_only_that_it_wants_no_more() {
    let policy = "/Resources/DeliverCallbackRole/Properties/Policies/0/PolicyDocument";
    assert_changes_of_apps_are(policy, [CALLBACK_OFF_UPDATE, CALLBACK_OFF_CONDITION]);
}

/// Asserts that a policy allows these expressions' changes of the table `Apps`, and no others.
fn assert_changes_of_apps_are(policy: &str, expressions: [&str; 2]) {
    let template = Template::read();
    let statements = template.at(&format!("{policy}/Statement")).as_array().unwrap();
    let on_apps = statements.iter().filter(|statement| statement["Resource"]["Fn::GetAtt"] == "AppsTable.Arn");
    let changing: Vec<&Value> = on_apps.filter(|statement| list(&statement["Action"]) != ["dynamodb:Query"]).collect();
    let [statement] = changing[..] else { panic!("not one statement that changes apps: {changing:?}") };
    assert_eq!(list(&statement["Action"]), ["dynamodb:UpdateItem"]);
    let allowed = &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"];
    let allowed: BTreeSet<&str> = list(allowed).into_iter().map(|name| name.as_str().unwrap()).collect();
    // DynamoDB checks the attributes of the key, of changes and of comparisons.
    let expressions = expressions.map(|it| it.replace([',', '=', '(', ')'], " ")).join(" ");
    let no_attributes = ["SET", "AND", "attribute_exists", "attribute_not_exists"];
    let words = expressions.split_whitespace().filter(|word| !word.starts_with(':') && !no_attributes.contains(word));
    let used: BTreeSet<&str> = words.map(|word| word.trim_start_matches('#')).chain(["pk", "sk"]).collect();
    assert_eq!(allowed, used, "allowed on the left, used on the right");
}

#[test]
fn nobody_lets_himself_decrypt_by_a_grant() {
    let template = Template::read();
    let statements = template.at("/Resources/CredentialKey/Properties/KeyPolicy/Statement").as_array().unwrap();
    let covers = |pattern: &str, action: &str| match pattern.strip_suffix('*') {
        Some(prefix) => action.starts_with(prefix),
        None => pattern == action,
    };
    for statement in statements {
        for pattern in list(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap()) {
            assert!(!covers(pattern, "kms:CreateGrant"), "{} allows grants by {pattern}", statement["Sid"]);
            let opens =
                ["kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey"].iter().any(|it| covers(pattern, it));
            assert!(!opens || statement["Sid"] != "Administration", "administrators decrypt by {pattern}");
        }
    }
}

#[test]
fn no_policy_names_a_partition_or_everything() {
    let text = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    assert!(!text.contains("arn:aws:"), "an ARN must take its partition from AWS::Partition");
    let template = Template::read();
    for (function, _) in &functions() {
        for (action, resource) in granted(&template, function) {
            // The API makes the ids of connections.
            let resource = resource.strip_suffix("/@connections/*").unwrap_or(&resource);
            assert!(!action.contains('*') && !resource.contains('*'), "{function}: {action} on {resource}");
        }
    }
}
