//! What the documentation says is what the program does.

use rnn_lsp::config::{self, Settings, TABLE};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_table_of_settings_is_the_programs_own() {
    let table = config::table_as_markdown();
    assert!(
        read("editors/README.md").contains(&table),
        "editors/README.md must contain\n\n{table}"
    );
}

#[test]
fn vs_code_has_the_same_settings() {
    let manifest: Value = serde_json::from_str(&read("editors/vscode/package.json")).expect("JSON");
    let groups = manifest["contributes"]["configuration"].as_array();
    let mut declared = serde_json::Map::new();
    for group in groups.expect("groups of settings") {
        declared.extend(group["properties"].as_object().expect("settings").clone());
    }
    let defaults = Settings::default().to_json();
    for setting in TABLE {
        let name = format!("rnn-lsp.{}", setting.name);
        let found = declared
            .remove(&name)
            .unwrap_or_else(|| panic!("package.json lacks {name}"));
        // Quieter there, as editors/README.md says.
        let is_quieter = ["show", "triggerOnSpace"].contains(&setting.name);
        let (ours, theirs) = (&defaults[setting.name], &found["default"]);
        // Ours are 32 bits wide.
        let is_equal = match (ours.as_f64(), theirs.as_f64()) {
            (Some(ours), Some(theirs)) => ours as f32 == theirs as f32,
            _ => ours == theirs,
        };
        assert!(
            is_quieter || is_equal,
            "{name}: {ours} here, {theirs} in package.json"
        );
        if let Some(limit) = found.get("maximum") {
            let limit = format!("to {limit}");
            assert!(setting.takes.ends_with(&limit), "{name}: {}", setting.takes);
        }
    }
    let others: Vec<&String> = declared.keys().collect();
    assert_eq!(others, ["rnn-lsp.path"]);
}

#[test]
fn the_entry_for_mason_names_the_archives_of_a_release() {
    let entry = read("editors/nvim/submit/mason-registry/packages/rnn-lsp/package.yaml");
    let workflow = read(".github/workflows/release.yml");
    let targets: Vec<&str> = workflow
        .split("{ target: ")
        .skip(1)
        .filter_map(|rest| rest.split(',').next())
        .collect();
    assert_eq!(targets.len(), 5);
    for target in targets {
        let archive = format!(
            "file: rnn-lsp-{target}.{}",
            if target.contains("windows") {
                "zip"
            } else {
                "tar.gz"
            }
        );
        assert!(entry.contains(&archive), "no {archive}");
        assert!(
            entry.contains(&format!("bin: rnn-lsp-{target}/rnn-lsp")),
            "{target}"
        );
    }
    let version = format!("@v{}", env!("CARGO_PKG_VERSION"));
    assert!(entry.contains(&version), "not of version {version}");
}

#[test]
fn vs_code_declares_every_setting_with_its_default() {
    let manifest: Value = serde_json::from_str(&read("editors/vscode/package.json")).unwrap();
    let groups = manifest["contributes"]["configuration"].as_array().unwrap();
    let declared: serde_json::Map<String, Value> = groups
        .iter()
        .flat_map(|group| group["properties"].as_object().unwrap().clone())
        .collect();
    // Quieter there than elsewhere.
    let others = [
        ("show", Value::from("ghost")),
        ("triggerOnSpace", Value::from(false)),
    ];
    let defaults = Settings::default().to_json();
    for (name, default) in defaults.as_object().unwrap() {
        let other = others.iter().find(|(other, _)| other == name);
        let expected = match (other, default) {
            (Some((_, other)), _) => other.to_string(),
            (None, Value::Number(n)) => (n.as_f64().unwrap() as f32).to_string(),
            (None, default) => default.to_string(),
        };
        let setting = &declared[&format!("rnn-lsp.{name}")];
        assert_eq!(
            setting["default"].to_string(),
            expected,
            "{name} in editors/vscode/package.json"
        );
        assert!(
            setting["markdownDescription"].is_string() && setting["scope"].is_string(),
            "{name}"
        );
    }
    assert_eq!(
        declared.len(),
        defaults.as_object().unwrap().len() + 1,
        "rnn-lsp.path and the server's settings"
    );
}
