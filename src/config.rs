//! Settings: a plain value, read from JSON in layers and passed down.
//!
//! Later layers win key by key: built in, the user's file, the editor's `initializationOptions`, its
//! `workspace/configuration`, what it pushes by `workspace/didChangeConfiguration`, the command line. Nothing in a
//! layer can reject the rest of it: an unknown key and a bad value each cost one warning.

mod table;

pub use table::{Setting, TABLE, table_as_markdown};

use crate::predict;
use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tracing::level_filters::LevelFilter;

/// The name under which editors keep our settings.
pub const SECTION: &str = "rnn-lsp";

/// How suggestions are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    /// Words in the editor's popup.
    Popup,
    /// Ghost text, in editors that have it.
    Ghost,
    /// Both. An editor that has no ghost text never asks for it.
    #[default]
    Both,
}

/// What a user can choose; [`TABLE`] says what each is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `enabled`: whether anything is offered at all.
    pub enabled: bool,
    /// `show`: how suggestions are shown.
    pub show: Show,
    /// `maxItems`: at most so many words in the popup.
    pub max_items: usize,
    /// `minPrefix`: letters to type before the popup offers anything; 0 offers whole next words.
    pub min_prefix: usize,
    /// `threshold`: nothing is offered when the best word is less probable; if not chosen, it follows what the writer takes.
    pub threshold: Option<f32>,
    /// `phraseThreshold`: ghost text less probable than this is cut short, down to nothing; if not chosen, it follows as well.
    pub phrase_threshold: Option<f32>,
    /// `phraseLength`: at most so many words of ghost text.
    pub phrase_length: usize,
    /// `triggerOnSpace`: whether a typed space may open the popup.
    pub trigger_on_space: bool,
    /// `languages`: on or off by the editor's language id; `"*"` stands for all that are not named.
    pub languages: BTreeMap<String, bool>,
    /// `learn`: whether saved prose is learned, and what was learned is used.
    pub learn: bool,
    /// `learnFolders`: folders whose prose is learned whoever saves it, besides what is saved in the editor.
    pub learn_folders: Vec<PathBuf>,
    /// `learnIgnore`: files never learned, as patterns in the syntax of `.gitignore`.
    pub learn_ignore: Vec<String>,
    /// `train`: whether weights are tuned to the prose that was learned, and those that were are used.
    pub train: bool,
    /// `trainMinutes`: minutes of one processor that this may take on a day.
    pub train_minutes: f32,
    /// `trainOnBattery`: whether it may go on while the machine runs on its battery.
    pub train_on_battery: bool,
    /// `model`: a model file in place of the one compiled in.
    pub model: Option<PathBuf>,
    /// `logLevel`.
    pub log_level: LevelFilter,
}

impl Default for Settings {
    fn default() -> Settings {
        let options = predict::Options::default();
        Settings {
            enabled: true,
            show: Show::default(),
            max_items: options.max_items,
            min_prefix: 0,
            threshold: None,
            phrase_threshold: None,
            phrase_length: options.max_phrase_words,
            trigger_on_space: true,
            languages: BTreeMap::new(),
            learn: true,
            learn_folders: Vec::new(),
            learn_ignore: Vec::new(),
            train: true,
            train_minutes: 10.0,
            train_on_battery: false,
            model: None,
            log_level: LevelFilter::INFO,
        }
    }
}

impl Settings {
    /// Whether documents with this language id are served.
    pub fn serves(&self, language_id: &str) -> bool {
        let by_language = self
            .languages
            .get(language_id)
            .or_else(|| self.languages.get("*"));
        self.enabled && by_language.copied().unwrap_or(true)
    }

    /// As JSON with the names under which they are set.
    pub fn to_json(&self) -> Value {
        let usual = predict::Options::default();
        json!({
            "enabled": self.enabled,
            "show": self.show,
            "maxItems": self.max_items,
            "minPrefix": self.min_prefix,
            "threshold": self.threshold.unwrap_or(usual.threshold),
            "phraseThreshold": self.phrase_threshold.unwrap_or(usual.phrase_threshold),
            "phraseLength": self.phrase_length,
            "triggerOnSpace": self.trigger_on_space,
            "languages": self.languages,
            "learn": self.learn,
            "learnFolders": self.learn_folders,
            "learnIgnore": self.learn_ignore,
            "train": self.train,
            "trainMinutes": self.train_minutes,
            "trainOnBattery": self.train_on_battery,
            "model": self.model.as_ref().map(|path| path.display().to_string()),
            "logLevel": self.log_level.to_string(),
        })
    }

    /// Takes over what `object` sets; returns a sentence for each key that it could not use.
    fn apply(&mut self, object: &Map<String, Value>) -> Vec<String> {
        let mut warnings = Vec::new();
        for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let used = match key.as_str() {
                "enabled" => take(&mut self.enabled, value.as_bool()),
                "show" => take(&mut self.show, show(value)),
                "maxItems" => take(&mut self.max_items, whole(value, 1, 20)),
                "minPrefix" => take(&mut self.min_prefix, whole(value, 0, 20)),
                "threshold" => take(&mut self.threshold, probability(value).map(Some)),
                "phraseThreshold" => take(&mut self.phrase_threshold, probability(value).map(Some)),
                "phraseLength" => take(&mut self.phrase_length, whole(value, 1, 10)),
                "triggerOnSpace" => take(&mut self.trigger_on_space, value.as_bool()),
                "languages" => self.apply_languages(value),
                "learn" => take(&mut self.learn, value.as_bool()),
                "learnFolders" => take(&mut self.learn_folders, folders(value)),
                "learnIgnore" => take(&mut self.learn_ignore, texts(value)),
                "train" => take(&mut self.train, value.as_bool()),
                "trainMinutes" => take(&mut self.train_minutes, minutes(value)),
                "trainOnBattery" => take(&mut self.train_on_battery, value.as_bool()),
                "model" => take(&mut self.model, path(value)),
                "logLevel" => take(&mut self.log_level, level(value)),
                _ => None,
            };
            if used.is_none() {
                warnings.push(format!(
                    "setting {key} = {}: expected {}",
                    brief(value),
                    table::takes(key)
                ));
            }
        }
        warnings
    }

    fn apply_languages(&mut self, value: &Value) -> Option<()> {
        let object = value.as_object()?;
        let mut used = Some(());
        for (language, on) in object {
            match on.as_bool() {
                Some(on) => drop(self.languages.insert(language.clone(), on)),
                None => used = None,
            }
        }
        used
    }
}

/// Where a setting can come from, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The file in the user's configuration folder.
    User,
    /// `initializationOptions`.
    Initialization,
    /// The answer to `workspace/configuration`.
    Workspace,
    /// `workspace/didChangeConfiguration`.
    Pushed,
    /// Arguments of the program.
    CommandLine,
}

/// The JSON of every layer.
#[derive(Clone, Debug, Default)]
pub struct Layers([Value; 5]); // by `Layer`

impl Layers {
    /// Replaces a layer: either our own keys, or an object that holds them under [`SECTION`].
    pub fn set(&mut self, layer: Layer, value: Value) {
        self.0[layer as usize] = value;
    }

    /// The settings that result, and a sentence for each thing that could not be used.
    pub fn settings(&self) -> (Settings, Vec<String>) {
        let mut settings = Settings::default();
        let mut warnings = Vec::new();
        for value in &self.0 {
            match section(value) {
                Value::Object(object) => warnings.extend(settings.apply(object)),
                Value::Null => {}
                other => warnings.push(format!("settings {}: expected an object", brief(other))),
            }
        }
        (settings, warnings)
    }
}

/// Our part of what an editor sent, which may hold the settings of other servers as well.
pub fn section(value: &Value) -> &Value {
    value.get(SECTION).unwrap_or(value)
}

/// Whether what an editor sent holds settings of ours: under [`SECTION`], or at least one by its name.
pub fn is_ours(value: &Value) -> bool {
    let is_setting = |name: &String| table::TABLE.iter().any(|setting| setting.name == name);
    value
        .as_object()
        .is_some_and(|object| object.contains_key(SECTION) || object.keys().any(is_setting))
}

/// Why the user's file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It exists but cannot be read.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not JSON.
    #[error("{path} is not JSON: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

/// The user's settings file: `rnn-lsp/settings.json` where the platform keeps configuration.
pub fn user_file() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.config_dir().join("rnn-lsp").join("settings.json"))
}

/// The folder of what was learned: `rnn-lsp/learned` where the platform keeps a user's data. On Windows that is the local folder of
/// application data: the roaming one is copied to a server where the user's profile lies on one.
pub fn learned_folder() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    let data = match cfg!(windows) {
        true => folders.cache_dir(),
        false => folders.data_dir(),
    };
    Some(data.join("rnn-lsp").join("learned"))
}

/// Reads a settings file; a file that does not exist sets nothing.
pub fn read(path: &Path) -> Result<Value, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Value::Null),
        Err(source) => {
            return Err(Error::Io {
                path: path.to_owned(),
                source,
            });
        }
    };
    let text = text.trim_start_matches('\u{feff}'); // Notepad's and PowerShell's
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(text).map_err(|source| Error::Json {
        path: path.to_owned(),
        source,
    })
}

fn take<T>(target: &mut T, value: Option<T>) -> Option<()> {
    *target = value?;
    Some(())
}

fn show(value: &Value) -> Option<Show> {
    Show::deserialize(value).ok()
}

fn whole(value: &Value, min: u64, max: u64) -> Option<usize> {
    let number = value.as_u64().filter(|number| (min..=max).contains(number));
    usize::try_from(number?).ok()
}

fn probability(value: &Value) -> Option<f32> {
    let number = value.as_f64().filter(|number| (0.0..=1.0).contains(number));
    number.map(|number| number as f32)
}

fn minutes(value: &Value) -> Option<f32> {
    let number = value
        .as_f64()
        .filter(|number| (0.0..=1440.0).contains(number));
    number.map(|number| number as f32)
}

/// A path; the empty string (an editor's way of saying "not set") is the model compiled in.
fn path(value: &Value) -> Option<Option<PathBuf>> {
    match value.as_str()? {
        "" => Some(None),
        text => at_home(text).map(Some),
    }
}

/// `~/` is the home folder, on Windows `~\` as well.
fn at_home(text: &str) -> Option<PathBuf> {
    let below = |start| text.strip_prefix(start);
    match below("~/").or_else(|| below(r"~\").filter(|_| cfg!(windows))) {
        Some(rest) => Some(etcetera::home_dir().ok()?.join(rest)),
        None => Some(PathBuf::from(text)),
    }
}

fn folders(value: &Value) -> Option<Vec<PathBuf>> {
    let folders = texts(value)?;
    let folders: Option<Vec<PathBuf>> = folders.iter().map(|folder| at_home(folder)).collect();
    folders.filter(|folders| folders.iter().all(|folder| folder.is_absolute()))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    list.iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

fn level(value: &Value) -> Option<LevelFilter> {
    value.as_str()?.parse().ok()
}

/// A value for a message, cut short.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(layers: &[(Layer, Value)]) -> (Settings, Vec<String>) {
        let mut all = Layers::default();
        for (layer, value) in layers {
            all.set(*layer, value.clone());
        }
        all.settings()
    }

    #[test]
    fn later_layers_win_key_by_key() {
        let (found, warnings) = settings(&[
            (
                Layer::Pushed,
                json!({"rnn-lsp": {"maxItems": 4}, "python": {"x": 1}}),
            ),
            (
                Layer::User,
                json!({"maxItems": 1, "minPrefix": 1, "threshold": 0.5, "languages": {"tex": false}}),
            ),
            (
                Layer::Initialization,
                json!({"maxItems": 2, "minPrefix": 2, "languages": {"markdown": false}}),
            ),
            (
                Layer::Workspace,
                json!({"maxItems": 3, "threshold": null, "languages": {"tex": true}}),
            ),
        ]);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(
            (found.max_items, found.min_prefix, found.threshold),
            (4, 2, Some(0.5))
        );
        assert!(found.serves("tex") && !found.serves("markdown") && found.serves("plaintext"));
    }

    #[test]
    fn one_bad_key_rejects_nothing_else() {
        let check = |value: Value, expected: &str| {
            let mut object = json!({"minPrefix": 7});
            object
                .as_object_mut()
                .unwrap()
                .extend(value.as_object().unwrap().clone());
            let (found, warnings) = settings(&[(Layer::User, object)]);
            assert_eq!(
                found,
                Settings {
                    min_prefix: 7,
                    ..Settings::default()
                }
            );
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains(expected), "{warnings:?}");
        };
        check(
            json!({"maxItms": 3}),
            "setting maxItms = 3: expected one of",
        );
        check(json!({"maxItems": 0}), "a whole number from 1 to 20");
        check(
            json!({"maxItems": "many"}),
            "setting maxItems = \"many\": expected a whole number",
        );
        check(json!({"threshold": 2}), "a number from 0 to 1");
        check(json!({"learn": "yes"}), "true or false");
        check(json!({"show": "all"}), "\"popup\", \"ghost\" or \"both\"");
        check(json!({"languages": ["tex"]}), "an object of language ids");
        check(json!({"model": 3}), "the path of a model file");
        check(json!({"learnFolders": ["notes"]}), "a list of folders");
        check(json!({"learnIgnore": [1]}), "a list of patterns");
        check(json!({"trainMinutes": -1}), "a number of minutes");
        check(json!({"logLevel": "loud"}), "off, error, warn");
    }

    #[test]
    fn layers_that_are_not_objects_are_left_out() {
        let (found, warnings) = settings(&[
            (Layer::User, json!([1])),
            (Layer::Pushed, json!({"maxItems": 2})),
        ]);
        assert_eq!(found.max_items, 2);
        assert_eq!(warnings, ["settings [1]: expected an object"]);
    }

    #[test]
    fn settings_written_out_are_read_back() {
        let settings = Settings {
            max_items: 2,
            show: Show::Ghost,
            threshold: Some(0.25),
            phrase_threshold: Some(0.5),
            learn_folders: vec![if cfg!(windows) { "C:/notes" } else { "/notes" }.into()],
            learn_ignore: vec!["*.tex".to_owned()],
            model: Some("/m".into()),
            ..Settings::default()
        };
        let mut layers = Layers::default();
        layers.set(Layer::User, settings.to_json());
        assert_eq!(layers.settings(), (settings, Vec::new()));
    }

    #[test]
    fn the_table_has_every_setting_and_no_other() {
        let mut documented = TABLE.map(|setting| setting.name);
        documented.sort_unstable();
        let defaults = Settings::default().to_json();
        let known: Vec<&String> = defaults.as_object().unwrap().keys().collect();
        assert_eq!(documented.to_vec(), known);
    }

    #[test]
    fn a_star_stands_for_all_languages_not_named() {
        let (found, _) = settings(&[(
            Layer::User,
            json!({"languages": {"*": false, "markdown": true}}),
        )]);
        assert!(found.serves("markdown") && !found.serves("plaintext"));
    }

    #[test]
    fn an_empty_model_is_the_one_compiled_in() {
        let (found, _) = settings(&[
            (Layer::User, json!({"model": "/a"})),
            (Layer::Pushed, json!({"model": ""})),
        ]);
        assert_eq!(found.model, None);
    }

    #[test]
    fn files_that_are_missing_or_broken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        assert_eq!(read(&file).unwrap(), Value::Null);
        for mark in ["", "\u{feff}"] {
            std::fs::write(&file, format!("{mark}{{\"maxItems\": 2}}")).unwrap();
            assert_eq!(read(&file).unwrap(), json!({"maxItems": 2}));
        }
        std::fs::write(&file, "{").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("is not JSON"));
        assert!(
            read(folder.path())
                .unwrap_err()
                .to_string()
                .contains("cannot read")
        );
    }
}
