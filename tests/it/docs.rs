//! What the documentation says is what the program does.

use rnn_lsp::config::Settings;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_table_of_settings_is_complete() {
    let text = read("editors/README.md");
    let defaults = Settings::default().to_json();
    for (name, default) in defaults.as_object().expect("an object") {
        let default = match default {
            Value::Null => "none".to_owned(),
            // Settings are 32 bits wide; JSON would show what they are in 64.
            Value::Number(n) => format!("`{}`", n.as_f64().expect("a float") as f32),
            other => format!("`{other}`"),
        };
        let row = format!("| `{name}` | {default} |");
        assert!(text.contains(&row), "editors/README.md lacks the row {row}");
    }
}
