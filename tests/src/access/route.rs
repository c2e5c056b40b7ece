//! The routes in `docs/openapi.yaml`.

use std::{collections::BTreeSet, fmt, fs, path::Path};

use serde_json::Value;

/// A route of the API as the description has it.
#[derive(Debug, Clone)]
pub struct ApiRoute {
    /// the method, in capitals
    pub method: String,
    /// the path, with names in braces
    pub path: String,
    /// the names of the schemes that open it
    schemes: BTreeSet<String>,
    /// the statuses that it may answer
    statuses: BTreeSet<u16>,
    example: Option<String>,
}

impl ApiRoute {
    /// Returns whether the bearer of this scheme opens it.
    pub fn takes(&self, scheme: &str) -> bool {
        self.schemes.contains(scheme)
    }

    /// Returns the names of the schemes that open it. A public route has none.
    pub fn schemes(&self) -> &BTreeSet<String> {
        &self.schemes
    }

    /// Returns whether it is a route of an app, for those who have a token of that app.
    pub fn is_of_app(&self) -> bool {
        self.takes("appToken") || self.takes("userToken")
    }

    /// Returns whether its path names one user.
    pub fn names_a_user(&self) -> bool {
        self.path.contains("{username}")
    }

    /// Returns whether the description has this status.
    pub fn answers(&self, status: u16) -> bool {
        self.statuses.contains(&status)
    }

    /// Returns the description's example of a body, as it is sent.
    pub fn example(&self) -> Option<&str> {
        self.example.as_deref()
    }

    /// Returns its path with a value for each name in braces.
    pub fn path_with(&self, value: impl Fn(&str) -> String) -> String {
        let filled = self.path.split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            name.map_or_else(|| segment.to_owned(), &value)
        });
        filled.collect::<Vec<_>>().join("/")
    }

    fn read(method: &str, path: &str, operation: &Value) -> Self {
        let route = format!("{} {path}", method.to_ascii_uppercase());
        let ways = operation["security"].as_array();
        let ways =
            ways.unwrap_or_else(|| panic!("{route} has no `security`: docs/openapi.yaml must say who may call it"));
        let statuses = operation["responses"].as_object().into_iter().flatten();
        let bodies = operation["requestBody"]["content"].as_object().into_iter().flatten();
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            schemes: ways.iter().filter_map(Value::as_object).flatten().map(|(scheme, _)| scheme.clone()).collect(),
            statuses: statuses.filter_map(|(status, _)| status.parse().ok()).collect(),
            example: bodies.filter_map(|(kind, body)| written(kind, body.get("example")?)).next(),
        }
    }
}

impl fmt::Display for ApiRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Returns every described route.
pub fn described_routes() -> Vec<ApiRoute> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.yaml");
    let text = fs::read_to_string(file).expect("the description of the API can be read");
    let description: Value = serde_yaml_ng::from_str(&text).expect("the description of the API is YAML");
    let paths = description["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten().filter(|(method, _)| *method != "parameters");
        methods.map(move |(method, operation)| ApiRoute::read(method, path, operation))
    });
    operations.collect()
}

/// Returns an example as a body of this media type.
fn written(kind: &str, example: &Value) -> Option<String> {
    match kind {
        "application/x-www-form-urlencoded" => {
            let fields = example.as_object()?.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?)));
            let mut url = reqwest::Url::parse("https://form.example.com").ok()?;
            url.query_pairs_mut().extend_pairs(fields);
            url.query().map(str::to_owned)
        }
        _ => Some(example.to_string()),
    }
}
