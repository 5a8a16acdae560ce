//! Between trained weights in f32 and model files in 8 bits.

use std::io;
use std::path::Path;

use super::network::Parameters;
use super::trainer::Trainer;
use crate::model::file::{Bytes, ModelFile, with_known};
use crate::model::known::WordTree;
use crate::model::{self, Config, Model, Network, NetworkLayer, Weights};
use crate::nn::lstm;
use crate::text::Tokenizer;

/// Writes the trainer's weights as a model: a new file that takes the old one's place, so that a server which has the
/// old one mapped keeps it. `words` are the words of several tokens that it was trained on.
pub fn write_model(
    path: &Path,
    trainer: &Trainer,
    tokenizer: &Tokenizer,
    words: &WordTree,
) -> io::Result<()> {
    let config = &trainer.settings.network;
    write_parameters(path, config, &trainer.parameters, tokenizer, words)
}

/// The same, of weights alone.
pub fn write_parameters(
    path: &Path,
    config: &Config,
    parameters: &Parameters,
    tokenizer: &Tokenizer,
    words: &WordTree,
) -> io::Result<()> {
    let bytes = model::model_bytes(config, tokenizer, &network(parameters));
    let file = ModelFile::new(Bytes::Owned(bytes)).expect("bytes that were just made");
    model::write_whole(path, &with_known(&file, words))
}

/// Trained weights as a model file wants them.
pub fn network(parameters: &Parameters) -> Network<'_> {
    let Parameters {
        table,
        bias,
        layers,
        projection,
    } = parameters;
    let layers = layers.iter().map(|layer| NetworkLayer {
        input: &layer.input,
        recurrent: &layer.recurrent,
        bias: &layer.bias,
    });
    Network {
        table,
        bias,
        layers: layers.collect(),
        projection,
    }
}

/// The weights of a model, to go on from; what rounding to 8 bits took is lost.
pub fn parameters(model: &Model) -> Parameters {
    let weights = model.weights();
    let layers = weights.layers.into_iter();
    let layers = layers.map(|(input, recurrent, bias)| lstm::Weights {
        input,
        recurrent,
        bias,
    });
    Parameters {
        table: weights.table,
        bias: weights.bias,
        layers: layers.collect(),
        projection: weights.projection,
    }
}

/// Trained weights to compute with in 32 bits.
pub fn weights(parameters: Parameters) -> Weights {
    let layers = parameters.layers.into_iter();
    Weights {
        table: parameters.table,
        bias: parameters.bias,
        layers: layers.map(|l| (l.input, l.recurrent, l.bias)).collect(),
        projection: parameters.projection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::trainer::Settings;

    #[test]
    fn a_model_survives_being_read_and_written() {
        let model = Model::tiny(4);
        let settings = Settings {
            network: model.config().clone(),
            batch: 1,
            bptt: 1,
            dropout: 0.0,
            rate: 0.001,
            warmup: 0,
            decay: 0.0,
            tokens: 1,
            clip: 1.0,
            classes: 0,
            seed: 1,
            threads: 1,
            bf16: false,
        };
        let counts = vec![1; model.vocabulary_size()];
        let trainer = Trainer::new(settings, parameters(&model), &counts);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model");
        write_model(&path, &trainer, model.tokenizer(), &WordTree::default())
            .expect("space on the disk");
        let again = Model::open(&path).expect("the model just written");
        assert_eq!(again.tokenizer().to_bytes(), model.tokenizer().to_bytes());
        // Rounding what was rounded gives the same weights but for the last bit of a scale.
        let (before, after) = (parameters(&model), parameters(&again));
        let pairs = before.dense().into_iter().zip(after.dense());
        for (before, after) in pairs.chain([(&before.table, &after.table)]) {
            for (before, after) in before.iter().zip(after) {
                assert!(
                    (before - after).abs() <= 1e-5 * before.abs(),
                    "{before} became {after}"
                );
            }
        }
    }
}
