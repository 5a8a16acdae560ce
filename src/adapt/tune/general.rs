//! General prose, for judging what weights forget: excerpts of texts in the public domain of many kinds, which the model
//! shipped did not learn from.

use super::lesson::{NONE, Tokens};
use crate::eval;
use crate::model::Model;
use crate::text::TokenId;
use crate::text::prose::Language;

/// Excerpts, a form feed between two; `models/adaptation/SOURCES.tsv` says where each is from.
const TEXT: &str = include_str!("../../../models/adaptation/general.txt");

/// Its tokens.
pub(super) fn tokens(model: &Model) -> Tokens {
    let mut tokens = Tokens::default();
    for excerpt in TEXT.split('\u{c}') {
        for id in eval::tokens(model, Language::Plain, excerpt) {
            tokens.push(id, if id == TokenId::DOC { NONE } else { id.0 });
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_enough_of_it_and_the_model_knows_its_words() {
        let model = Model::shipped();
        let tokens = tokens(&model);
        let learned = tokens
            .targets
            .iter()
            .filter(|target| **target != NONE)
            .count();
        assert!((3_000..8_000).contains(&learned), "{learned} tokens");
    }
}
