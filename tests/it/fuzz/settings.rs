//! Settings may be any JSON in any layer: what results can be used, and written out it is read back.

use rnn_lsp::config::{Layer, Layers, Settings};

const LAYERS: [Layer; 5] = [
    Layer::User,
    Layer::Initialization,
    Layer::Workspace,
    Layer::Pushed,
    Layer::CommandLine,
];

/// JSON for the layers, with zeros in between.
pub(crate) fn run(bytes: &[u8]) {
    let mut layers = Layers::default();
    for (layer, json) in LAYERS.into_iter().zip(bytes.split(|&byte| byte == 0)) {
        if let Ok(value) = serde_json::from_slice(json) {
            layers.set(layer, value);
        }
    }
    let (settings, _) = layers.settings();
    in_range(&settings);
    let mut again = Layers::default();
    again.set(Layer::User, settings.to_json());
    let (again, warnings) = again.settings();
    // What was not chosen is chosen now, and the same.
    assert_eq!(
        (again.to_json(), warnings),
        (settings.to_json(), Vec::new())
    );
}

fn in_range(settings: &Settings) {
    assert!((1..=20).contains(&settings.max_items));
    assert!((0..=20).contains(&settings.min_prefix));
    assert!((1..=10).contains(&settings.phrase_length));
    for share in [
        settings.threshold.unwrap_or_default(),
        settings.phrase_threshold.unwrap_or_default(),
    ] {
        assert!((0.0..=1.0).contains(&share));
    }
    assert!((0.0..=1440.0).contains(&settings.train_minutes));
    assert!(
        settings
            .learn_folders
            .iter()
            .all(|folder| folder.is_absolute())
    );
}
