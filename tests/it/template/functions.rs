//! The functions of the template, with their packages' routes, ports and settings.

use std::collections::BTreeSet;

use curlew_tests::template::pascal_name;
use shared::{
    config::{ConfigError, Vars},
    domain::vendor::Vendor,
    lambda::{gate::Gate, routes::Routes},
    ports::names::NamePorts,
};

use super::routes::Route;

/// A function's package, with the routes that it serves, its ports and its settings.
pub struct Package {
    pub name: &'static str,
    pub routes: fn() -> BTreeSet<Route>,
    pub ports: fn() -> Vec<&'static str>,
    pub read_settings: fn(&dyn Vars) -> Result<(), ConfigError>,
}

/// The packages that are deployed once, by their functions' logical ids.
static DEPLOYED_ONCE: [(&str, Package); 14] = [
    (
        "ManageApp",
        Package {
            name: "manage-app",
            routes: || listed(&manage_app::routes()),
            ports: behind_gate::<manage_app::ManageApp>,
            read_settings: |vars| manage_app::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "RegisterToken",
        Package {
            name: "register-token",
            routes: || listed(&register_token::routes()),
            ports: behind_gate::<register_token::RegisterToken>,
            read_settings: |vars| register_token::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "ConfigureUser",
        Package {
            name: "configure-user",
            routes: || listed(&configure_user::routes()),
            ports: behind_gate::<configure_user::ConfigureUser>,
            read_settings: |vars| configure_user::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "HandleReceipt",
        Package {
            name: "handle-receipt",
            routes: || listed(&handle_receipt::routes()),
            ports: behind_gate::<handle_receipt::HandleReceipt>,
            read_settings: |vars| handle_receipt::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "ReportPresence",
        Package {
            name: "report-presence",
            routes: || listed(&report_presence::routes()),
            ports: behind_gate::<report_presence::ReportPresence>,
            read_settings: |vars| report_presence::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "ExplainPush",
        Package {
            name: "explain-push",
            routes: || listed(&explain_push::routes()),
            ports: behind_gate::<explain_push::ExplainPush>,
            read_settings: |vars| explain_push::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "IngestMessage",
        Package {
            name: "ingest-message",
            routes: || listed(&ingest_message::routes()),
            ports: behind_gate::<ingest_message::IngestMessage>,
            read_settings: |vars| ingest_message::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "ServeConsole",
        Package {
            name: "serve-console",
            routes: || listed(&serve_console::routes()),
            ports: Vec::new,
            read_settings: |_| Ok(()),
        },
    ),
    (
        "CheckPresence",
        Package {
            name: "check-presence",
            routes: BTreeSet::new,
            ports: check_presence::Dispatch::port_names,
            read_settings: |vars| check_presence::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "HoldConnection",
        Package {
            name: "hold-connection",
            routes: BTreeSet::new,
            ports: hold_connection::HoldConnection::port_names,
            read_settings: |vars| hold_connection::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "EraseData",
        Package {
            name: "erase-data",
            routes: BTreeSet::new,
            ports: erase_data::Erase::port_names,
            read_settings: |vars| erase_data::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "DeliverCallback",
        Package {
            name: "deliver-callback",
            routes: BTreeSet::new,
            ports: deliver_callback::Deliver::port_names,
            read_settings: |vars| deliver_callback::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "RunSchedule",
        Package {
            name: "run-schedule",
            routes: BTreeSet::new,
            ports: run_schedule::RunSchedule::port_names,
            read_settings: |vars| run_schedule::Config::from_vars(vars).map(drop),
        },
    ),
    (
        "WatchCredentials",
        Package {
            name: "watch-credentials",
            routes: BTreeSet::new,
            ports: watch_credentials::WatchCredentials::port_names,
            read_settings: |vars| watch_credentials::Config::from_vars(vars).map(drop),
        },
    ),
];

/// The package that is deployed once for each vendor.
static PUSH_VENDOR: Package = Package {
    name: "push-vendor",
    routes: BTreeSet::new,
    ports: with_client::<push_vendor::Deliver>,
    read_settings: |vars| push_vendor::Config::from_vars(vars).map(drop),
};

/// Returns the logical ids of all functions with their packages.
pub fn functions() -> Vec<(String, &'static Package)> {
    let once = DEPLOYED_ONCE.iter().map(|(function, package)| ((*function).to_owned(), package));
    once.chain(Vendor::ALL.map(|vendor| (format!("Push{}", pascal_name(vendor)), &PUSH_VENDOR))).collect()
}

/// Returns routes as the template writes them. The rest of a path is `{*rest}` in the router and `{rest+}` in API
/// Gateway.
fn listed<S: Clone + Send + Sync + 'static>(routes: &Routes<S>) -> BTreeSet<Route> {
    let path = |path: &str| {
        path.split('/')
            .map(|part| match part.strip_prefix("{*").and_then(|rest| rest.strip_suffix('}')) {
                Some(rest) => format!("{{{rest}+}}"),
                None => part.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("/")
    };
    routes.listed().iter().map(|(method, at)| (method.to_string(), path(at))).collect()
}

/// Returns the ports of a function that calls vendors, with those of its client.
fn with_client<P: NamePorts>() -> Vec<&'static str> {
    [vendors::Deps::port_names(), P::port_names()].concat()
}

/// Returns the ports of an HTTP function, with those of its gate.
fn behind_gate<P: NamePorts>() -> Vec<&'static str> {
    [Gate::port_names(), P::port_names()].concat()
}
