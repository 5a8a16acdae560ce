//! A model's file may say anything: it is refused, or it is a model whose words can be asked for.

use super::input::Input;
use rnn_lsp::model::gates::Gates;
use rnn_lsp::model::known::WordTree;
use rnn_lsp::model::ngram::{Entry, Table, hash};
use rnn_lsp::model::{Model, Scratch};
use rnn_lsp::predict::{self, Boundary, Context, Options, Own, Predictor, Recency};
use rnn_lsp::text::TokenId;
use std::sync::LazyLock;

/// A file with everything that a file can have.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let entry = |i: u32| Entry {
        hash: hash(&[TokenId(i), TokenId(2 * i)]),
        seen: 5 + i,
        followers: vec![(i as u16, 0.25), (300, 0.5)],
    };
    let table = Table::new((0..40).map(entry).collect());
    let open = |bytes| Model::from_bytes(bytes).expect("a whole file");
    let model = open(Model::tiny(5).with_ngram(&table));
    let model = open(model.with_gates(&Gates::default()));
    let words = (0..9).map(|i| (vec![300, 400 + i], 3 + u64::from(i)));
    model.with_known(&WordTree::new(words.collect()))
});

/// Bytes as they are; or patches of a whole file: of its header, which stays in place, or of its data.
pub(crate) fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let file = match input.byte() % 3 {
        0 => input.bytes(usize::MAX).to_vec(),
        1 => header_patched(&mut input),
        _ => data_patched(&mut input),
    };
    let Ok(model) = Model::from_bytes(aligned(file)) else {
        return;
    };
    // A server does not wait for the checksum before it serves.
    suggests(&model);
    let _ = model.verify();
}

/// Memory whose address does not depend on the run: with another one, a tensor may be misaligned.
fn aligned(file: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(file.len().max(1 << 16));
    bytes.extend(file);
    bytes
}

fn header_patched(input: &mut Input<'_>) -> Vec<u8> {
    let whole = &*WHOLE;
    let end = 8 + u64::from_le_bytes(*whole.first_chunk().expect("a length")) as usize;
    let mut header = whole[8..end].trim_ascii_end().to_vec();
    for _ in 0..1 + input.byte() % 4 {
        let at = input.number() % header.len();
        let removed = usize::from(input.byte() % 32).min(header.len() - at);
        let count = usize::from(input.byte() % 32);
        header.splice(at..at + removed, input.bytes(count).iter().copied());
        if header.is_empty() {
            break;
        }
    }
    header.resize((8 + header.len()).next_multiple_of(64) - 8, b' ');
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(&whole[end..]);
    file
}

fn data_patched(input: &mut Input<'_>) -> Vec<u8> {
    let mut file = WHOLE.clone();
    let start = 8 + u64::from_le_bytes(*file.first_chunk().expect("a length")) as usize;
    for _ in 0..1 + input.byte() % 8 {
        let near = (usize::from(input.byte()) << 16 | input.number()) % (file.len() - start);
        let count = usize::from(input.byte() % 16);
        for (byte, new) in file[start + near..].iter_mut().zip(input.bytes(count)) {
            *byte = *new;
        }
    }
    file
}

fn suggests(model: &Model) {
    let mut scratch = Scratch::default();
    let mut state = model.zero_state();
    let mut recency = Recency::new();
    let text = "The old man had been reading, and the ";
    for token in model.tokenizer().read(text, rnn_lsp::text::Ending::Spaced) {
        model.advance(&mut state, token, &mut scratch);
        recency.push(token, model.tokenizer().vocabulary());
    }
    for prefix in ["", "t", "wor", "Z"] {
        let context = Context {
            state: state.clone(),
            prefix_start: text.len(),
            prefix: prefix.to_owned(),
            boundary: Boundary::Spaced,
            curly: false,
        };
        let words = predict::suggest(
            model,
            &context,
            Own::from(&recency),
            &Options::default(),
            &mut Predictor::default(),
        );
        assert!(words.iter().all(|word| !word.text.is_empty()));
    }
}
