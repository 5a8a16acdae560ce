//! The settings as users see them: what documentation and editors' forms are checked against.

use super::Settings;
use serde_json::Value;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name, the same in every editor.
    pub name: &'static str,
    /// What it takes, as said in warnings and in the table.
    pub takes: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

const fn setting(name: &'static str, takes: &'static str, meaning: &'static str) -> Setting {
    Setting {
        name,
        takes,
        meaning,
    }
}

/// Every setting, in the order in which they are documented.
pub const TABLE: [Setting; 17] = [
    setting(
        "enabled",
        "true or false",
        "whether anything is offered at all",
    ),
    setting(
        "show",
        "\"popup\", \"ghost\" or \"both\"",
        "words in the popup, ghost text (grey words after the cursor, where the editor has it), or both",
    ),
    setting(
        "triggerOnSpace",
        "true or false",
        "whether the popup may come by itself after a space, with whole next words",
    ),
    setting(
        "minPrefix",
        "a whole number from 0 to 20",
        "letters to type before the popup offers anything; 0 offers whole next words",
    ),
    setting(
        "maxItems",
        "a whole number from 1 to 20",
        "at most so many words in the popup",
    ),
    setting(
        "phraseLength",
        "a whole number from 1 to 10",
        "at most so many words of ghost text",
    ),
    setting(
        "threshold",
        "a number from 0 to 1",
        "silence when the best word is less probable than this; lower is chattier; it follows what you take until you set it",
    ),
    setting(
        "phraseThreshold",
        "a number from 0 to 1",
        "ghost text less probable than this is cut short, down to nothing; it follows what you take until you set it",
    ),
    setting(
        "languages",
        "an object of language ids, each true or false",
        "on or off by language id, as in `{\"latex\": false}`; `\"*\"` stands for all others",
    ),
    setting(
        "learn",
        "true or false",
        "whether saved prose is learned, and what was learned is used",
    ),
    setting(
        "learnFolders",
        "a list of folders, each a whole path or one below ~/",
        "folders whose prose is learned whoever saves it, as in `[\"~/notes\"]`",
    ),
    setting(
        "learnIgnore",
        "a list of patterns",
        "files never learned, as patterns in the syntax of `.gitignore`",
    ),
    setting(
        "train",
        "true or false",
        "whether weights are tuned to the prose that was learned, and those that were are used",
    ),
    setting(
        "trainMinutes",
        "a number of minutes from 0 to 1440",
        "minutes of one processor that tuning may take on a day; 0 tunes only when asked",
    ),
    setting(
        "trainOnBattery",
        "true or false",
        "whether it may go on while the machine runs on its battery",
    ),
    setting(
        "model",
        "the path of a model file",
        "a model file in place of the one compiled in",
    ),
    setting(
        "logLevel",
        "off, error, warn, info, debug or trace",
        "how much is logged; `trace` may contain what you write",
    ),
];

/// What a setting takes.
pub(super) fn takes(name: &str) -> String {
    let names = || TABLE.map(|setting| setting.name).join(", ");
    let found = TABLE.iter().find(|setting| setting.name == name);
    match found {
        Some(setting) => setting.takes.to_owned(),
        None => format!("one of {} as the name of a setting", names()),
    }
}

/// The table in Markdown, with the defaults of the program.
pub fn table_as_markdown() -> String {
    let defaults = Settings::default().to_json();
    let mut text = "| Setting | Takes | Default | What it does |\n|---|---|---|---|\n".to_owned();
    for Setting {
        name,
        takes,
        meaning,
    } in TABLE
    {
        let default = match &defaults[name] {
            Value::Null => "none".to_owned(),
            // Settings are 32 bits wide; in 64 they would show more digits than anyone wrote.
            Value::Number(number) => format!("`{}`", number.as_f64().unwrap_or_default() as f32),
            other => format!("`{other}`"),
        };
        text += &format!("| `{name}` | {takes} | {default} | {meaning} |\n");
    }
    text
}
