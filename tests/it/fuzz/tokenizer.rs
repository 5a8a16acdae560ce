//! Any text becomes tokens and the same text again, and a tokenizer's file may say anything.

use super::input::Input;
use rnn_lsp::model::Model;
use rnn_lsp::text::{Ending, Tokenizer};
use std::sync::LazyLock;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::tiny(1));

/// An ending and a text; or a tokenizer's file with bytes exchanged.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    match input.byte() {
        250.. => hostile(&mut input),
        choice => {
            let endings = [Ending::Spaced, Ending::Word, Ending::Touching];
            let text = input.text();
            there_and_back(MODEL.tokenizer(), &text, endings[usize::from(choice) % 3]);
        }
    }
}

fn there_and_back(tokenizer: &Tokenizer, text: &str, ending: Ending) {
    let encoded = tokenizer.encode(text, ending);
    assert_eq!(tokenizer.decode(&encoded), text);
    assert_eq!(encoded.ids.len(), encoded.ends.len());
    assert!(encoded.ends.is_sorted());
    assert!(
        encoded
            .ends
            .last()
            .is_none_or(|&end| end as usize <= text.len())
    );
    let size = tokenizer.vocabulary().len();
    assert!(encoded.ids.iter().all(|id| (id.0 as usize) < size));
    // What the network reads is what was written less the layout.
    assert!(tokenizer.read(text, ending).len() <= encoded.ids.len());
}

/// A file that opens is a tokenizer that works.
fn hostile(input: &mut Input<'_>) {
    let mut file = MODEL.tokenizer().to_bytes();
    for _ in 0..1 + input.byte() % 8 {
        let at = input.number() % file.len();
        let removed = usize::from(input.byte() % 8).min(file.len() - at);
        let count = usize::from(input.byte() % 8);
        file.splice(at..at + removed, input.bytes(count).iter().copied());
        if file.is_empty() {
            break;
        }
    }
    if let Ok(tokenizer) = Tokenizer::from_bytes(&file) {
        let text = input.text();
        let encoded = tokenizer.encode(&text, Ending::Spaced);
        let _ = tokenizer.decode(&encoded);
    }
}
