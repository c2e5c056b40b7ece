//! Checks the host names of an operator's own: both are optional, and the stack's addresses follow from them.

use serde_json::{Value, json};

use super::document::Template;

#[test]
fn each_api_has_a_host_name_only_if_one_is_given() {
    let template = Template::read();
    for (kind, api, stage) in [("Api", "Api", "Api.Stage"), ("Connection", "ConnectionApi", "ConnectionStage")] {
        let resource = |part: &str| template.at(&format!("/Resources/{kind}Domain{part}"));
        for (part, condition) in [("", "DomainGiven"), ("Mapping", "DomainGiven"), ("Record", "RecordWanted")] {
            assert_eq!(resource(part)["Condition"], format!("{kind}{condition}"), "{kind}Domain{part}");
        }
        let configuration = &resource("")["Properties"]["DomainNameConfigurations"][0];
        assert_eq!(
            (&configuration["SecurityPolicy"], &configuration["EndpointType"]),
            (&json!("TLS_1_2"), &json!("REGIONAL"))
        );
        let mapping = &resource("Mapping")["Properties"];
        // Without a key the host name stands for the stage itself, so that paths stay what they are.
        assert!(mapping.get("ApiMappingKey").is_none());
        assert_eq!((&mapping["ApiId"], &mapping["Stage"]), (&json!({"Ref": api}), &json!({"Ref": stage})));
        assert_eq!(*template.at(&format!("/Parameters/{kind}DomainName/Default")), "");
    }
}

#[test]
fn the_addresses_that_the_stack_names_are_those_of_the_host_names() {
    let template = Template::read();
    let own = |value: &Value| (value["Fn::If"][0].clone(), value["Fn::If"][1]["Fn::Sub"].clone());
    let output = |name: &str| template.at(&format!("/Outputs/{name}/Value")).clone();
    assert_eq!(own(&output("ApiUrl")), (json!("ApiDomainGiven"), json!("https://${ApiDomainName}")));
    assert_eq!(own(&output("WebSocketUrl")), (json!("ConnectionDomainGiven"), json!("wss://${ConnectionDomainName}")));
    let told_to_vendors = &template.environment("PushFcm")["PUBLIC_BASE_URL"]["Fn::If"];
    assert_eq!(told_to_vendors[0], "PublicBaseUrlGiven");
    assert_eq!(own(&told_to_vendors[2]), (json!("ApiDomainGiven"), json!("https://${ApiDomainName}")));
}

#[test]
fn a_host_name_without_a_certificate_is_refused_before_anything_is_deployed() {
    let template = Template::read();
    let rule = template.at("/Rules/HostNamesNeedCertificate").to_string();
    for parameter in ["ApiDomainName", "ConnectionDomainName", "CertificateArn"] {
        assert!(rule.contains(&format!("\"Ref\":\"{parameter}\"")), "{parameter}");
    }
}
