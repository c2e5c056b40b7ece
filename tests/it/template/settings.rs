//! Checks that every variable that a function reads is set, and every variable that is set is read.

use std::{cell::RefCell, collections::BTreeSet};

use curlew_tests::simulators::Simulators;
use shared::{
    config::Vars,
    lambda::telemetry::{LOG_LEVEL, OWN_CRATES},
};

use super::{document::Template, functions::functions};

/// The template's variables, with a record of those that were read.
struct Watched {
    set: serde_json::Map<String, serde_json::Value>,
    asked: RefCell<BTreeSet<String>>,
}

impl Vars for Watched {
    fn get(&self, name: &str) -> Option<String> {
        self.asked.borrow_mut().insert(name.to_owned());
        // A reference of the template has some value after deployment. A base URL and certificates may be empty.
        self.set.get(name).map(|value| match (name, value.as_str()) {
            ("VENDOR_BASE_URL" | "VENDOR_CA_PEM", _) => String::new(),
            ("STATISTICS_FLUSH_SECONDS", None) => "10".to_owned(),
            ("ALLOW_LOCAL_CALLBACKS", None) => "false".to_owned(),
            (_, Some(text)) => text.to_owned(),
            (_, None) => "deployed".to_owned(),
        })
    }
}

#[test]
fn every_function_gets_exactly_the_settings_it_reads() {
    let template = Template::read();
    let functions = functions();
    for (function, package) in &functions {
        let watched = Watched { set: template.environment(function), asked: RefCell::default() };
        (package.read_settings)(&watched).unwrap_or_else(|error| panic!("{function}: {error}"));
        let mut asked = watched.asked.into_inner();
        asked.insert(LOG_LEVEL.to_owned());
        if ["serve-console", "run-schedule"].contains(&package.name) {
            // Every function gets the name of this table. These functions have no right to it.
            asked.insert("APPS_TABLE".to_owned());
        }
        let set: BTreeSet<String> = watched.set.keys().cloned().collect();
        assert_eq!(asked, set, "{function} reads the left and is given the right");
    }
}

#[test]
fn a_push_function_does_not_start_with_certificates_that_it_cannot_read() {
    let started = |pem: &str| push_vendor::Config::from_vars(&[("VENDOR_CA_PEM", pem)]).unwrap_err().to_string();
    let no_certificate = "-----BEGIN CERTIFICATE----- aGVsbG8= -----END CERTIFICATE-----";
    for (pem, why) in
        [("hello", "must be certificates in PEM"), (no_certificate, "has a certificate that cannot be read")]
    {
        assert!(started(pem).contains(&format!("VENDOR_CA_PEM: {why}")), "{pem}");
    }
    assert!(!started(&Simulators::ca_pem()).contains("VENDOR_CA_PEM"));
}

#[test]
fn the_log_level_is_that_of_our_own_crates() {
    let packages: BTreeSet<String> = functions().iter().map(|(_, package)| package.name.replace('-', "_")).collect();
    let named: BTreeSet<String> = OWN_CRATES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(named, &packages | &BTreeSet::from(["shared".to_owned()]));
}

#[test]
fn the_list_of_functions_is_complete() {
    let template = Template::read();
    let functions = functions();
    let listed: BTreeSet<&str> = functions.iter().map(|(function, _)| function.as_str()).collect();
    let deployed: BTreeSet<&str> = template.resources("AWS::Serverless::Function").into_keys().collect();
    assert_eq!(listed, deployed);
    for (function, package) in &functions {
        let of = |part: &str| template.at(&format!("/Resources/{function}/{part}")).clone();
        assert_eq!(of("Metadata/BuildProperties/Binary"), package.name);
        assert_eq!(of("Properties/CodeUri"), format!("../functions/{}", package.name));
    }
}
