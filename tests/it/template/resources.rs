//! Checks which resources outlive a stack, how tables are protected, what is logged, and the limits in front of the API.

use std::{collections::BTreeSet, time::Duration};

use configure_user::CREATION_TIME;
use serde_json::json;
use shared::domain::message::{MAX_ID_AGE, MAX_ID_AGE_AT_START};

use super::document::Template;

/// Resources that cannot be recreated.
const KEPT: [&str; 6] =
    ["AppsTable", "UsersTable", "MessagesTable", "GroupsTable", "CredentialKey", "TokenSigningSecret"];

#[test]
fn what_cannot_be_made_again_outlives_the_stack_that_made_it() {
    let template = Template::read();
    let resources = template.at("/Resources").as_object().unwrap();
    let retained: BTreeSet<&str> = resources
        .iter()
        .filter(|(_, resource)| {
            resource["DeletionPolicy"] == "RetainExceptOnCreate" && resource["UpdateReplacePolicy"] == "Retain"
        })
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(retained, KEPT.into());
    for id in KEPT {
        let properties = resources[id]["Properties"].as_object().unwrap();
        assert!(
            !properties.contains_key("TableName") && !properties.contains_key("Name"),
            "{id} cannot be created beside its elder"
        );
    }
}

/// A parameter switches it off before the stack is removed.
#[test]
fn no_table_can_be_deleted_by_mistake_or_loses_more_than_its_last_seconds() {
    let template = Template::read();
    let tables = template.resources("AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 5);
    for (id, table) in tables {
        let properties = &table["Properties"];
        assert_eq!(
            properties["DeletionProtectionEnabled"],
            json!({"Fn::If": ["ProtectionWanted", true, false]}),
            "{id}"
        );
        assert_eq!(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{id}");
        assert_eq!(properties["SSESpecification"]["SSEEnabled"], true, "{id}");
    }
    assert_eq!(*template.at("/Parameters/DeletionProtection/Default"), "true");
}

/// Traces would hold paths, which contain user names.
#[test]
fn nothing_is_traced_by_x_ray() {
    let template = Template::read();
    for part in ["/Globals/Function/Tracing", "/Resources/Api/Properties/Tracing"] {
        assert!(template.find(part).is_none());
    }
    for id in template.resources("AWS::Serverless::Function").keys() {
        assert!(template.find(&format!("/Resources/{id}/Properties/Tracing")).is_none(), "{id}");
    }
}

#[test]
fn a_call_that_stores_messages_ends_before_its_ids_are_too_old() {
    let template = Template::read();
    let timeout = template.at("/Resources/IngestMessage/Properties/Timeout").as_u64().unwrap();
    assert!(MAX_ID_AGE_AT_START + Duration::from_secs(timeout) <= MAX_ID_AGE);
}

#[test]
fn a_call_that_creates_users_answers_before_its_function_or_api_gateway_ends_it() {
    let template = Template::read();
    let timeout = template.at("/Resources/ConfigureUser/Properties/Timeout").as_u64().unwrap();
    // The time to authenticate, to claim a key, and to store the answer.
    assert!(CREATION_TIME + Duration::from_secs(5) <= Duration::from_secs(timeout) && timeout < 30);
}

#[test]
fn the_api_takes_a_limited_number_of_requests() {
    let template = Template::read();
    let settings = template.at("/Resources/Api/Properties/DefaultRouteSettings");
    let limits = [("ThrottlingRateLimit", "ApiRequestsPerSecond", 2000), ("ThrottlingBurstLimit", "ApiBurst", 4000)];
    for (limit, parameter, default) in limits {
        assert_eq!(settings[limit], json!({"Ref": parameter}));
        assert_eq!(*template.at(&format!("/Parameters/{parameter}/Default")), json!(default));
    }
}

#[test]
fn the_variables_of_a_push_function_fit_beside_the_longest_certificates() {
    /// AWS's limit for all variables of a function.
    const MAX_BYTES: usize = 4096;
    /// What a reference becomes, with room for long names of stacks.
    const REFERENCE: usize = 100;
    let template = Template::read();
    let mut variables = template.environment("PushFcm");
    assert_eq!(variables.remove("VENDOR_CA_PEM"), Some(json!({"Ref": "VendorCaPem"})));
    let longest = template.at("/Parameters/VendorCaPem/MaxLength").as_u64().unwrap() as usize;
    let others = variables.iter().map(|(name, value)| name.len() + value.as_str().map_or(REFERENCE, str::len));
    assert!("VENDOR_CA_PEM".len() + longest + others.sum::<usize>() <= MAX_BYTES);
}

#[test]
fn the_access_log_names_routes_and_nothing_that_a_caller_sent() {
    let template = Template::read();
    let log = template.at("/Resources/Api/Properties/AccessLogSettings");
    assert_eq!(log["DestinationArn"], json!({"Fn::GetAtt": "ApiLogGroup.Arn"}));
    assert_eq!(*template.at("/Resources/ApiLogGroup/Properties/RetentionInDays"), json!({"Ref": "LogRetentionDays"}));
    let format = log["Format"].as_str().unwrap();
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(format).expect("a line is JSON");
    // A path has user names and the secrets of receipt addresses, and a query has tokens. These variables have none of
    // them.
    let harmless = BTreeSet::from([
        "$context.error.responseType",
        "$context.integration.status",
        "$context.integrationLatency",
        "$context.requestId",
        "$context.requestTime",
        "$context.responseLatency",
        "$context.responseLength",
        "$context.routeKey",
        "$context.status",
    ]);
    let logged: BTreeSet<&str> = fields.values().map(|value| value.as_str().unwrap()).collect();
    assert_eq!(logged, harmless);
}

#[test]
fn every_log_ends() {
    let template = Template::read();
    for (id, group) in template.resources("AWS::Logs::LogGroup") {
        assert_eq!(group["Properties"]["RetentionInDays"], json!({"Ref": "LogRetentionDays"}), "{id}");
    }
}
