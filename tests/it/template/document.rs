//! Reads `infra/template.yaml` and other YAML. CloudFormation's short tags become their long forms.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Map, Value, json};
use serde_yaml_ng as yaml;

/// Returns the repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a YAML file of the repository.
pub fn read_yaml(path: &str) -> Value {
    long_form(yaml::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap())
}

/// The template.
pub struct Template(Value);

impl Template {
    /// Reads the template.
    pub fn read() -> Self {
        Self(read_yaml("infra/template.yaml"))
    }

    /// Returns a part by its JSON pointer.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("the template has no {pointer}"))
    }

    /// Returns a part that may be missing.
    pub fn find(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// Returns the resources of a type, by logical id.
    pub fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let all = self.at("/Resources").as_object().unwrap();
        all.iter()
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), resource))
            .collect()
    }

    /// Returns a function's environment, the common part included.
    pub fn environment(&self, function: &str) -> Map<String, Value> {
        let of = |pointer: &str| self.find(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
        let mut variables = of("/Globals/Function/Environment/Variables");
        variables.extend(of(&format!("/Resources/{function}/Properties/Environment/Variables")));
        variables
    }
}

fn long_form(value: yaml::Value) -> Value {
    match value {
        yaml::Value::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let name = if name == "Ref" { name.to_owned() } else { format!("Fn::{name}") };
            json!({ name: long_form(tagged.value) })
        }
        yaml::Value::Sequence(values) => values.into_iter().map(long_form).collect(),
        yaml::Value::Mapping(mapping) => mapping
            .into_iter()
            .map(|(key, value)| (key.as_str().unwrap().to_owned(), long_form(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => serde_json::to_value(other).unwrap(),
    }
}
